import assert from "node:assert/strict";
import { join } from "node:path";
import { explore } from "../../cli/commands/explore.ts";
import { writeNpy } from "../../data/files/npy.ts";
import { parseFieldMap } from "../../data/formats/field_map.ts";
import type { Reading } from "../../data/reading.ts";
import { UsageError } from "../../kernels/errors.ts";
import { stageSection } from "../../reports/explore/stage_section.ts";
import { recordingTerminal, run } from "../cli/harness.ts";
import { writeTinyEncoder } from "../encoders/network/tiny_encoder.ts";
import { put, withFolder } from "../temporary.ts";

const call = {
  test: null,
  embeddings: [],
  metrics: null,
  tokenizer: null,
  recipe: null,
  recover: false,
  maxRows: null,
  force: false,
};

const helpSteer = {
  prompt: "How do I boil an egg?",
  response: "Eight minutes in boiling water.",
  ...{ helpfulness: 4, correctness: 3, coherence: 4, complexity: 1, verbosity: 0 },
};

const records = (count: number, shift: number) =>
  Array.from({ length: count }, (_, i) => ({
    metric_name: `category ${i % 3}/metric ${i % 7 + shift}`,
    system_prompt: i % 4 === 0 ? "Be kind." : undefined,
    user_prompt: `What is ${i} times ${i % 13}?`,
    response: i % 5 === 0 ? `Это ${i * (i % 13)}.` : `It is ${"really ".repeat(i % 9)}${i * (i % 13)}.`,
    score: i % 10 === 0 ? 9.5 : Math.max(9 - shift - i % 3, 0),
  }));

async function tableRows(out: string, name: string): Promise<Record<string, unknown>[]> {
  return JSON.parse(await Deno.readTextFile(join(out, "tables", `${name}.json`)));
}

Deno.test(
  "explore: the numbers of a report are those of its records, train beside test",
  withFolder(async (folder) => {
    const data = await put(folder, "train.json", JSON.stringify(records(300, 0)));
    const test = await put(folder, "test.json", JSON.stringify(records(200, 5)));
    const names = [...new Set(records(300, 0).map(({ metric_name }) => metric_name))];
    await put(folder, "names.json", JSON.stringify(names));
    const embeddings = Float32Array.from({ length: names.length * 4 }, (_, i) => i < 4 ? 0 : Math.cos(i));
    await writeNpy(join(folder, "m.npy"), embeddings, [names.length, 4]);
    for (const [set, count] of [["a", 300], ["b", 200]] as const) {
      const vectors = Float32Array.from({ length: count * 4 }, (_, i) => i < 4 ? 0 : Math.sin(i));
      await writeNpy(join(folder, set, "user_prompt.npy"), vectors, [count, 4]);
      await writeNpy(join(folder, set, "response.npy"), vectors, [count, 4]);
    }
    await writeTinyEncoder(join(folder, "encoder"), "bert");
    await put(join(folder, "encoder"), "sentence_bert_config.json", JSON.stringify({ max_seq_length: 8 }));
    const out = join(folder, "report"), again = join(folder, "again");
    const all = {
      ...call,
      data,
      test,
      tokenizer: `gpu:${join(folder, "encoder")}`,
      metrics: { names: join(folder, "names.json"), embeddings: join(folder, "m.npy"), definitions: null },
      embeddings: [join(folder, "a"), join(folder, "b")],
    };
    const { terminal, written } = recordingTerminal();
    await explore({ ...all, out }, terminal);
    assert.match(written.out, /records of train: 300\n/);
    const [train, other] = await tableRows(out, "score-statistics");
    assert.equal(train!["between whole numbers"], 30);
    const scores = records(300, 0).map(({ score }) => score);
    assert.equal(train!.mean, scores.reduce((sum, score) => sum + score, 0) / 300);
    assert.equal(other!.scores, 200);
    const shares = await tableRows(out, "score-shares");
    for (const set of ["train", "test"]) {
      const sum = shares.filter((row) => row.set === set).reduce((sum, { share }) => sum + Number(share), 0);
      assert.ok(Math.abs(sum - 1) < 1e-9);
    }
    // Each word and each mark is a token, between the two that begin and end a text.
    const lengths = await tableRows(out, "lengths");
    const systems = lengths.find(({ text, unit, set }) =>
      text === "system prompt" && unit === "tokens" && set === "train"
    );
    assert.deepEqual([systems!.texts, systems!.shortest, systems!.longest], [75, 5, 5]);
    const limits = (await tableRows(out, "token-limit")).filter(({ set }) => set === "train");
    const longer = Array.from({ length: 300 }, (_, i) => i).filter((i) => i % 5 !== 0 && i % 9 > 2).length;
    assert.deepEqual(limits.map((row) => [row.text, row["tokens that are read"], row["longer texts"]]), [
      ["system prompt", 8, 0],
      ["prompt", 8, 0],
      ["response", 8, longer],
    ]);
    const mismatches = await tableRows(out, "script-mismatches");
    assert.equal(mismatches.filter(({ set }) => set === "train").length, 60);
    assert.deepEqual((await tableRows(out, "unseen-metrics")).length, 15);
    assert.deepEqual((await tableRows(out, "zero-embeddings")).map(({ metric }) => metric), [names[0]]);
    assert.equal((await tableRows(out, "metrics-without-embedding")).length, 15);
    assert.deepEqual((await tableRows(out, "text-embeddings")).map((row) => row["zero rows"]), [1, 1, 1, 1]);
    const order = (await tableRows(out, "largest-differences")).map(({ property }) => property);
    assert.deepEqual(order.slice(0, 2), ["score", "metric"]);
    const html = await Deno.readTextFile(join(out, "index.html"));
    assert.equal(html.match(/<svg role="img" aria-label="/g)!.length, html.match(/<figure /g)!.length);
    assert.doesNotMatch(html.replace(/--\w+:#\w+/g, ""), /(?:fill|stroke)="#0072b2"/);
    await explore({ ...all, out: again }, recordingTerminal().terminal);
    assert.equal((await Deno.readTextFile(join(again, "index.html"))).replaceAll(again, out), html);
  }),
);

Deno.test(
  "explore: records that training refuses are looked at, and a report is replaced but nothing else is",
  withFolder(async (folder) => {
    const odd = [{ metric_name: 5, response: ["x"], score: "eleven" }, 7, { metric_name: "m", response: "y" }, {}];
    const data = await put(folder, "odd.json", JSON.stringify(odd)), out = join(folder, "report");
    const { terminal } = recordingTerminal();
    await explore({ ...call, data, out }, terminal);
    const fields = await tableRows(out, "fields");
    assert.deepEqual(fields.map((row) => [row.field, row["wrong type"]]), [
      ["metric_name", 1],
      ["system_prompt", 0],
      ["user_prompt", 0],
      ["response", 1],
      ["score", 1],
    ]);
    await assert.rejects(explore({ ...call, data, out }, terminal), UsageError);
    await explore({ ...call, data, out, force: true }, terminal);
    await put(out, "notes.txt", "mine");
    await assert.rejects(explore({ ...call, data, out, force: true }, terminal), /holds something else than a report/);
  }),
);

Deno.test(
  "explore: records of other forms are understood as train understands them, and definitions stand for embeddings",
  withFolder(async (folder) => {
    const rows = Array.from({ length: 40 }, (_, i) => ({
      question: `What is ${i}?`,
      output: `It is ${i}.`,
      rating: i === 0 ? "none" : i % 5 + 1,
      criterion: `tone ${i % 3}`,
    }));
    const data = await put(folder, "rows.json", JSON.stringify(rows)), out = join(folder, "report");
    const definitions = await put(
      folder,
      "d.json",
      JSON.stringify({
        "tone 0": "The words are kind and friendly.",
        "tone 1": "The words are short.",
        other: "It is true.",
      }),
    );
    const map = { user_prompt: "question", response: "output", score: "rating", metric_name: "criterion" };
    const reading: Reading = {
      map: parseFieldMap(Object.entries(map).map((pair) => pair.join("=")).join()),
      scoreRange: [1, 5],
    };
    const metrics = { names: null, embeddings: null, definitions };
    await explore({ ...call, data, reading, metrics, out }, recordingTerminal().terminal);
    const [scores] = await tableRows(out, "score-statistics");
    assert.deepEqual([scores!.scores, scores!.lowest, scores!.highest], [39, 0, 10]);
    const fields = await tableRows(out, "fields");
    assert.equal(fields.find(({ field }) => field === "score")!["wrong type"], 1);
    assert.deepEqual((await tableRows(out, "metrics-without-embedding")).map(({ metric }) => metric), ["tone 2"]);
    const known = await put(folder, "known.json", JSON.stringify([helpSteer]));
    await explore({ ...call, data: known, out: join(folder, "other") }, recordingTerminal().terminal);
    assert.equal((await tableRows(join(folder, "other"), "metrics")).length, 5);
    const html = await Deno.readTextFile(join(out, "index.html"));
    assert.match(html, /3 embeddings of \d+ numbers\. 0 embeddings zero/);
    assert.match(html, /--map [^ ]*score=rating[^ ]* --score-range 1\.\.5/);
  }),
);

Deno.test("explore: the stages of augmentation show the share of each score", () => {
  const classes = (low: number, high: number) => [low, ...new Array<number>(9).fill(0), high];
  const { figures } = stageSection("residual-mlp", [
    { stage: "records", added: 4, rows: 4, mean: 10, classes: classes(0, 4) },
    { stage: "metric-swap", added: 4, rows: 8, mean: 5, classes: classes(4, 4) },
  ]);
  assert.match(figures[0]!.reading, /^4 train rows with a mean score of 10\.00 become 8 rows with a mean of 5\.00\.$/);
  assert.deepEqual(figures[0]!.data.rows[1]!.slice(0, 5), ["+ metric-swap", 4, 8, 5, 4]);
});

Deno.test("command line: explore's options arrive typed, and those that do not go together are refused", async () => {
  const { calls } = await run(
    "explore --data a.json --test b.json --embeddings e f --tokenizer t --max-rows 10 --out r",
  );
  assert.deepEqual(calls, [{
    command: "explore",
    call: { ...call, data: "a.json", test: "b.json", embeddings: ["e", "f"], tokenizer: "t", maxRows: 10, out: "r" },
  }]);
  for (
    const line of [
      "explore --data a.json --embeddings e f",
      "explore --data a.json --recipe bilinear",
      "explore --data a.json --metric-names n.json",
      "explore",
    ]
  ) assert.equal((await run(line)).code, 2, line);
});

Deno.test("explore: nothing but explore loads reports, and charts only when figures are drawn", async () => {
  const root = new URL("../../", import.meta.url);
  for (const folder of ["kernels", "engine", "data", "encoders", "recipes", "scoring", "runs", "cli", "reports"]) {
    for (const path of await sources(new URL(`${folder}/`, root))) {
      const text = await Deno.readTextFile(path);
      const loads = [...text.matchAll(/^(?:import|export) (?!type)[^;]*?from "([^"]+)"/gm)].map(([, from]) => from!);
      const charts = loads.filter((from) => /^(?:npm:)?vega/.test(from));
      assert.deepEqual(charts, [], `${path} loads charts at once`);
      if (folder !== "reports") {
        assert.ok(!loads.some((from) => from.includes("reports/")), `${path} loads reports at once`);
      }
      if (folder === "reports") {
        assert.ok(!loads.some((from) => from.includes("/cli/")), `${path} imports the commands`);
      }
    }
  }
});

async function sources(folder: URL): Promise<URL[]> {
  const found: URL[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (name === "node_modules") continue;
    if (isDirectory) found.push(...await sources(new URL(`${name}/`, folder)));
    else if (name.endsWith(".ts")) found.push(new URL(name, folder));
  }
  return found;
}
