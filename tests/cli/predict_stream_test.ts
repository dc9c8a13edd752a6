import assert from "node:assert/strict";
import { join } from "node:path";
import { parquetReadObjects } from "hyparquet";
import { predict, type PredictCall } from "../../cli/commands/predict.ts";
import { parseShard } from "../../cli/options/shard.ts";
import { RecordStream } from "../../cli/record_stream.ts";
import { Scoring } from "../../cli/scoring.ts";
import { scoreRange } from "../../data/scores.ts";
import { trainRun } from "../../runs/start_run.ts";
import { BlockScorer } from "../../runs/stream/score_blocks.ts";
import { silent, small, writeInputs } from "../runs/runs.ts";
import { put, withFolder } from "../temporary.ts";
import { recordingTerminal } from "./harness.ts";
import { testEngine } from "../engine/harness.ts";

const engine = await testEngine();

interface Record {
  readonly metric_name: string;
  readonly id?: string;
}

/** A run with the built-in encoder, and a file of 60 records, which each test scores in its own way. */
async function prepared(folder: string) {
  const files = { ...await writeInputs(folder, 60), embeddings: null };
  const run = join(folder, "run"), data = join(folder, "test.jsonl");
  await trainRun({ recipe: "bilinear", settings: small, files, maxRows: null, out: run }, { engine, reporter: silent });
  const records: Record[] = JSON.parse(await Deno.readTextFile(files.data));
  const given = records.map((record, i) => i % 2 === 0 ? { ...record, id: `row, ${i}`, tags: ["a", i] } : record);
  await Deno.writeTextFile(data, given.map((record) => `${JSON.stringify(record)}\n`).join(""));
  return { run, data };
}

const plain: Omit<PredictCall, "run" | "data"> = {
  ...{ out: null, force: false, round: false, standardDeviation: null, columns: [], embeddings: null },
  ...{ encoder: null, metrics: null, shift: { name: "none", target: null }, calibrate: "none", interval: null },
  saveFeatures: null,
};

Deno.test(
  "predict: CSV, JSON lines, Parquet, shards, a pipe and a call that was killed give the same scores in order",
  withFolder(async (folder) => {
    const base = await prepared(folder), { terminal, written } = recordingTerminal();
    const call = { ...plain, ...base, columns: ["id", "tags", "unseen_metric"] };
    const at = (name: string) => join(folder, name);
    await predict({ ...call, out: at("whole.csv") }, terminal);
    const csv = await Deno.readTextFile(at("whole.csv")), [, ...whole] = csv.trimEnd().split("\n");
    assert.equal(whole.length, 60);
    const scores = whole.map((line) => Number(line.split(",")[1]));

    await predict({ ...call, out: at("whole.jsonl") }, terminal);
    const lines = (await Deno.readTextFile(at("whole.jsonl"))).trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(lines.map(({ score }) => score), scores);
    assert.deepEqual(lines.slice(0, 2).map(({ score: _, ...others }) => others), [
      { ID: 1, id: "row, 0", tags: ["a", 0], unseen_metric: 0 },
      { ID: 2, id: null, tags: null, unseen_metric: 0 },
    ]);

    const parquet = { ...call, out: at("whole.parquet"), interval: 0.9 };
    await predict(parquet, terminal);
    const file = (await Deno.readFile(at("whole.parquet"))).buffer;
    const rows = await parquetReadObjects({ file });
    assert.deepEqual(rows.map(({ score }) => score), scores);
    assert.deepEqual({ ...rows[59], low: 0, high: 0 }, {
      ...{ ID: 60n, score: scores[59], low: 0, high: 0, id: null, tags: null, unseen_metric: "0" },
    });
    // An earlier file of scores is replaced in each form.
    await predict(parquet, terminal);
    await predict({ ...call, out: at("whole.jsonl") }, terminal);
    assert.match(written.err, /whole\.parquet, in place of an earlier submission\.\n/);

    const parts: string[] = [];
    for (const shard of ["1/3", "2/3", "3/3"]) {
      const out = at(`part-${shard[0]}.csv`);
      await predict({ ...call, shift: { name: "auto", target: null }, shard: parseShard(shard), out }, terminal);
      parts.push(...(await Deno.readTextFile(out)).trimEnd().split("\n").slice(1));
    }
    assert.deepEqual(parts.toSorted((a, b) => parseInt(a) - parseInt(b)), whole);
    const empty = { ...call, shard: parseShard("5/5"), out: at("empty.csv"), standardDeviation: null };
    await predict(empty, terminal);
    assert.equal(await Deno.readTextFile(at("empty.csv")), "ID,score,id,tags,unseen_metric\n");
    await assert.rejects(
      predict({ ...call, shift: { name: "em", target: null }, shard: parseShard("1/2"), out: at("em.csv") }, terminal),
      { message: "--shift em looks at all records together, which --shard does not wait for." },
    );

    // Blocks of 8 records; the first call ends like one that is killed, and leaves its blocks.
    const scored = async (out: string, killAfter: number, weights: string | null = null) => {
      const asked = { ...call, shard: null, blockSize: 8, fixTexts: false, saveEmbeddings: null, weights };
      using stream = await RecordStream.open(asked, () => {});
      await using scorer = new BlockScorer(call.run, { weights, onNote: () => {} });
      const rows = scorer.scoreAll.bind(scorer);
      let blocks = 0, old = 0;
      scorer.scoreAll = (records, options) =>
        rows(records, {
          ...options,
          async take(part, block, isOld) {
            await options.take(part, block, isOld);
            if (isOld) old++;
            if (++blocks === killAfter) throw new Error("killed");
          },
        });
      await new Scoring(asked, scoreRange, stream, scorer, terminal).write(out, "csv");
      return { blocks, old };
    };
    await assert.rejects(scored(at("broken.csv"), 4), { message: "killed" });
    await Deno.writeTextFile(join(at("broken.csv.unfinished"), "00000002.json"), '{"digest":"');
    assert.deepEqual(await scored(at("broken.csv"), NaN), { blocks: 8, old: 3 });
    assert.equal(await Deno.readTextFile(at("broken.csv")), csv);
    await assert.rejects(Deno.stat(at("broken.csv.unfinished")), { name: "NotFound" });
    // Records that were changed meanwhile are scored anew.
    await assert.rejects(scored(at("changed.csv"), 4), { message: "killed" });
    const text = await Deno.readTextFile(call.data);
    await Deno.writeTextFile(call.data, text.replace("answer 0", "answer nobody gave"));
    assert.deepEqual(await scored(at("changed.csv"), NaN), { blocks: 8, old: 3 });
    await Deno.writeTextFile(call.data, text);
    // So are all where the weights are others.
    await assert.rejects(scored(at("weights.csv"), 4), { message: "killed" });
    const weights = join(call.run, "checkpoint.safetensors");
    assert.deepEqual(await scored(at("weights.csv"), NaN, weights), { blocks: 8, old: 0 });

    await put(folder, "bad.jsonl", `${text}{"metric_name":"metric 99","response":"r"}\n`);
    await assert.rejects(predict({ ...call, data: at("bad.jsonl"), out: at("bad.csv") }, terminal), {
      message: /bad\.jsonl, record 61: .*metric 99/,
    });
    await assert.rejects(Deno.stat(at("bad.csv")), { name: "NotFound" });

    const command = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--no-check", "-A", join(import.meta.dirname!, "../../cli/main.ts")],
        ...["predict", "--run", call.run, "--data", "-", "--out", "-", "--out-format", "jsonl", "--quiet"],
      ],
      ...{ stdin: "piped", stdout: "piped", stderr: "null" },
    }).spawn();
    const writer = command.stdin.getWriter(), encoder = new TextEncoder(), input = text.trimEnd().split("\n");
    const answers = command.stdout.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
    const found: { ID: number; score: number }[] = [];
    let rest = "";
    // An empty line asks for the scores of the records before it, while standard input stays open.
    for (const [from, to] of [[0, 25], [25, 60]] as const) {
      await writer.write(encoder.encode(`${input.slice(from, to).join("\n")}\n\n`));
      while (found.length < to) {
        const pieces = (rest + (await answers.next()).value).split("\n");
        rest = pieces.pop()!;
        found.push(...pieces.map((line) => JSON.parse(line)));
      }
    }
    await writer.close();
    assert.equal((await command.status).code, 0);
    assert.deepEqual(found, scores.map((score, i) => ({ ID: i + 1, score })));
  }),
);

Deno.test("predict: --shard is a number and how many parts there are", () => {
  assert.deepEqual(parseShard("2/8"), { index: 2, count: 8 });
  for (const word of ["0/8", "9/8", "1", "1/0", "a/b", "-1/2"]) {
    assert.throws(() => parseShard(word), { name: "UsageError", message: /^--shard is ".*"; a number and how many / });
  }
});
