import assert from "node:assert/strict";
import { join } from "node:path";
import { augment } from "../../cli/commands/augment.ts";
import { synthesize } from "../../cli/commands/synthesize.ts";
import { readNpy } from "../../data/files/npy.ts";
import { writeInputs } from "../runs/runs.ts";
import { withFolder } from "../temporary.ts";
import { run } from "./harness.ts";

interface WrittenRow {
  readonly stage: string;
  readonly score: number;
  readonly record: number;
  readonly response: string;
  readonly metric_name: string;
  readonly text_row?: number;
}

/** Rows of a table whose first column may be broken into several lines. */
function joined(table: string): string[] {
  return table.trimEnd().split("\n").reduce<string[]>((rows, line) => {
    if (/ {2}/.test(line)) return [...rows, line];
    // What goes on below belongs to the text above.
    return [...rows.slice(0, -1), rows.at(-1)!.replace(/ {2,}/, (gap) => ` ${line}${gap}`)];
  }, []);
}

Deno.test(
  "augment: shows counts and scores before and after each stage, and writes the rows",
  withFolder(async (folder) => {
    const { data, metricNames, metricEmbeddings } = await writeInputs(folder);
    const inputs = `--data ${data} --metric-names ${metricNames} --metric-embeddings ${metricEmbeddings}`;
    const out = join(folder, "rows");
    const stages = "--set augmentation.metricSwap.share=0.5 --set augmentation.targeted.mid.count=9";
    const line = `augment --recipe bilinear ${inputs} ${stages} --out ${out}`;
    const shown = await run(line, { augment });
    assert.equal(shown.code, 0, shown.err);
    for (const line of shown.out.split("\n")) assert.ok(line.length <= 80, line);
    const lines = joined(shown.out);
    assert.match(lines[0]!, /^after +added +rows +mean +0 +1 .* 10$/);
    assert.deepEqual(lines.slice(1).map((line) => line.split(/ {2,}/).slice(0, 3)), [
      ["records", "73", "73"],
      ["+ metric-swap negatives", "37", "110"],
      ["+ targeted negatives, mid, shuffle", "3", "113"],
      ["+ targeted negatives, mid, noise", "3", "116"],
      ["+ targeted negatives, mid, swap", "3", "119"],
    ]);
    for (const line of lines.slice(1)) {
      const [, rows, , ...classes] = line.match(/-?\d+(\.\d+)?/g)!.map(Number);
      assert.equal(classes.reduce((sum, count) => sum + count, 0), rows, line);
    }
    const rows: WrittenRow[] = JSON.parse(await Deno.readTextFile(join(out, "rows.json")));
    assert.equal(rows.length, 119);
    assert.ok(rows.every(({ record, response }) => response === `answer ${record - 1}`));
    const withOwn = rows.filter(({ text_row }) => text_row !== undefined);
    assert.deepEqual(withOwn.map(({ text_row }) => text_row), [0, 1, 2, 3, 4, 5]);
    assert.deepEqual((await readNpy(join(out, "texts.npy"))).shape, [6, 768]);
    assert.deepEqual((await readNpy(join(out, "metrics.npy"))).shape, [3, 5]);

    const again = await run(line, { augment });
    assert.equal(again.code, 2);
    assert.match(again.err, /--out .* exists already/);
    const json = await run(`augment --recipe bilinear ${inputs} --json`, { augment });
    assert.deepEqual(JSON.parse(json.out).map(({ rows }: { rows: number }) => rows), [73, 80]);
  }),
);

Deno.test(
  "synthesize: sends the prompts that augment writes, and keeps replies that augment reads",
  withFolder(async (folder) => {
    const { data, metricNames, metricEmbeddings } = await writeInputs(folder);
    const inputs = `--data ${data} --metric-names ${metricNames} --metric-embeddings ${metricEmbeddings}`;
    const prompts = join(folder, "prompts.jsonl"), replies = join(folder, "replies.jsonl");
    assert.equal((await run(`augment ${inputs} --prompts ${prompts} --samples 2`, { augment })).code, 0);
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
      const { messages: [{ content: asked }] } = await request.json();
      const content = JSON.stringify([{ user_prompt: "a", response: "b", score: asked.includes("fail at") ? 1 : 9 }]);
      return Response.json({ choices: [{ message: { content: `${content}` } }] });
    });
    try {
      const endpoint = `http://127.0.0.1:${server.addr.port}/v1`;
      const line = `synthesize --prompts ${prompts} --endpoint ${endpoint} --model small --out ${replies}`;
      const { code, out, err } = await run(line, { synthesize });
      assert.equal(code, 0, err);
      assert.match(out, /8 replies to 8 prompts, 8 records, 0 dropped\.\n$/);
    } finally {
      await server.shutdown();
    }
    const existing = await run(
      `synthesize --prompts ${prompts} --endpoint http://localhost --model m --out ${replies}`,
      {
        synthesize,
      },
    );
    assert.match(existing.err, /--out .* exists already/);
    const { out } = await run(`augment ${inputs} --set augmentation.languageModel.replies=${replies}`, { augment });
    assert.match(joined(out).join("\n"), /\+ language-model samples +8 +88 /);
    const refused = await run(`synthesize --prompts ${prompts} --endpoint nowhere --model m --out ${replies}2`, {
      synthesize,
    });
    assert.equal(refused.code, 2);
    assert.match(refused.err, /--endpoint is "nowhere"; an address/);
  }),
);

Deno.test(
  "synthesize: paraphrases are asked for by prompt, and what was cut short is taken up without asking twice",
  withFolder(async (folder) => {
    const { data, metricNames, metricEmbeddings } = await writeInputs(folder, 30);
    const inputs = `--data ${data} --metric-names ${metricNames} --metric-embeddings ${metricEmbeddings}`;
    const prompts = join(folder, "prompts.jsonl"), replies = join(folder, "replies.jsonl"), asked: string[] = [];
    assert.equal((await run(`augment ${inputs} --prompts ${prompts} --paraphrases 2`, { augment })).code, 0);
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
      const { messages: [{ content }] } = await request.json(), [, prompt] = /"(question \d+)"/.exec(content)!;
      asked.push(prompt!);
      return Response.json({ choices: [{ message: { content: JSON.stringify([`say ${prompt}`, `ask ${prompt}`]) } }] });
    });
    const endpoint = `--endpoint http://127.0.0.1:${server.addr.port}/v1 --model small`;
    const line = `synthesize --prompts ${prompts} ${endpoint} --out ${replies}`;
    try {
      const whole = await run(line, { synthesize });
      assert.equal(whole.code, 0, whole.err);
      const count = asked.length;
      assert.match(
        whole.out,
        new RegExp(`: ${count} replies to ${count} prompts, ${2 * count} paraphrases, 0 dropped`),
      );
      assert.equal(new Set(asked).size, count);
      // As if it had been killed while it wrote the fourth reply.
      const lines = (await Deno.readTextFile(replies)).split("\n");
      await Deno.writeTextFile(replies, `${lines.slice(0, 3).join("\n")}\n${lines[3]!.slice(0, 20)}`);
      asked.length = 0;
      const again = await run(`${line} --resume`, { synthesize });
      assert.equal(again.code, 0, again.err);
      assert.equal(asked.length, count - 3);
      assert.equal(await Deno.readTextFile(replies), lines.join("\n"));
      assert.equal(again.out, whole.out);
    } finally {
      await server.shutdown();
    }
    const { out } = await run(`augment ${inputs} --set augmentation.languageModel.replies=${replies}`, { augment });
    assert.match(joined(out).join("\n"), /\+ paraphrases +56 +84 /);
    for (
      const [call, message] of [
        [`augment ${inputs} --paraphrases 2`, /--prompts, and neither --samples nor --examples, are expected/],
        [`augment ${inputs} --prompts ${prompts}2 --paraphrases 2 --samples 3`, /neither --samples nor --examples/],
        [`${line} --resume --force`, /--force replaces what --resume goes on with; one of them is expected/],
      ] as const
    ) {
      const { code, err } = await run(call, { augment, synthesize });
      assert.equal(code, 2);
      assert.match(err, message);
    }
  }),
);
