import assert from "node:assert/strict";
import { join } from "node:path";
import { simpleFigures } from "../../bench/results/real/figures.ts";
import { describeProcessor } from "../../bench/results/real/machine.ts";
import { realResults } from "../../bench/results/real/main.ts";
import { checkCell, realCells, type RealResult } from "../../bench/results/real/measure.ts";
import { findSets, readSet, type RealSet } from "../../bench/results/real/sets.ts";
import { realTables } from "../../bench/results/real/tables.ts";
import { readResults, writeResults } from "../../bench/results/results_file.ts";
import { rmse } from "../../data/evaluation.ts";
import { writeNpy } from "../../data/files/npy.ts";
import { Philox } from "../../kernels/philox.ts";
import { DataError, UsageError } from "../../kernels/errors.ts";
import { withFolder } from "../temporary.ts";

const metrics = ["tone/warm", "tone/clear", "tone/unseen"];

/**
 * Writes a set whose scores depend on a direction of the response's embedding; every response is judged by two metrics.
 *
 * @param shown metrics of the test records
 */
async function writeSet(folder: string, shown: readonly string[] = metrics.slice(0, 2)): Promise<void> {
  const random = new Philox(5);
  const normals = (count: number) => Float32Array.from({ length: count }, () => random.normal());
  const json = (name: string, value: unknown) => Deno.writeTextFile(join(folder, name), JSON.stringify(value));
  for (const [part, texts, names] of [["train", 40, metrics.slice(0, 2)], ["test", 20, shown]] as const) {
    const path = join(folder, "embeddings", part), rows = 2 * texts;
    const doubled = (values: Float32Array) =>
      Float32Array.from({ length: 4 * rows }, (_, i) => values[4 * (i >> 3) + i % 4]!);
    const responses = doubled(normals(4 * texts));
    await Deno.mkdir(path, { recursive: true });
    await writeNpy(join(path, "user_prompt.npy"), doubled(normals(4 * texts)), [rows, 4]);
    await writeNpy(join(path, "response.npy"), responses, [rows, 4]);
    const scores = Array.from({ length: rows }, (_, i) => Math.min(Math.max(5 + 2.5 * responses[4 * i]!, 0), 10));
    const records = scores.map((score, i) => ({
      metric_name: names[i % 2],
      user_prompt: `question ${i >> 1}`,
      response: `answer ${i >> 1}`,
      source: `${part} ${i >> 2}`,
      ...(part === "train" ? { score: score + (i % 2 ? 0.2 : -0.2) * Math.min(score, 10 - score) } : {}),
    }));
    await json(`${part}_data.json`, records);
    if (part === "test") await json("test_scores.json", scores);
  }
  await json("metric_names.json", metrics);
  await writeNpy(join(folder, "metric_embeddings.npy"), normals(15), [3, 5]);
  await json("baselines.json", { constant: { rmse: 2 }, trees: { rmse: 1.25 }, "(oracle)": { rmse: 0.1 } });
}

/** The cells of a table's rows, by the names in its head. */
function rowsOf(tables: string, head: string): Record<string, string>[] {
  const lines = tables.split("\n"), from = lines.findIndex((line) => line.startsWith(`| ${head} `));
  const cells = (line: string) => line.split("|").slice(1, -1).map((cell) => cell.trim());
  const rest = lines.slice(from + 2), until = rest.findIndex((line) => !line.startsWith("|"));
  const names = cells(lines[from]!);
  return rest.slice(0, until < 0 ? undefined : until).map((line) =>
    Object.fromEntries(cells(line).map((cell, i) => [names[i]!, cell]))
  );
}

Deno.test(
  "real results: a set is trained and scored as a bare train and predict do, once, and set beside its baselines",
  withFolder(async (folder) => {
    await Deno.mkdir(join(folder, "sets", "small"), { recursive: true });
    await writeSet(join(folder, "sets", "small"));
    const out = join(folder, "out");
    const request = {
      folder: join(folder, "sets"),
      recipes: "gaussian-process",
      parts: [],
      out,
      list: false,
      say() {},
    };
    const tables = await realResults({ ...request, markdown: true });
    const [row, ...others] = rowsOf(tables, "set");
    assert.deepEqual(others, []);
    assert.deepEqual([row!.set, row!.recipe, row!["best baseline"]], ["small", "`gaussian-process`", "1.250 (trees)"]);
    assert.ok(Number(row!.RMSE) < 0.7 * Number(row!.constant), "the direction is found");
    const [low, high] = row!["95 % interval"]!.split(" to ").map(Number);
    assert.ok(low! < Number(row!.RMSE) && Number(row!.RMSE) < high!);
    assert.ok(Math.abs(Number(row!.ratio) - Number(row!.RMSE) / 1.25) < 0.002);
    assert.ok(Number(row!.Spearman) > 0.7);
    assert.deepEqual(rowsOf(tables, "metric").map(({ metric, rows }) => [metric, rows]), [
      ["tone/warm", "20"],
      ["tone/clear", "20"],
    ]);
    const csv = await Deno.readTextFile(join(out, "real", "small-gaussian-process", "test.csv"));
    const kept = await readResults<RealResult>(join(out, "real", "results.json"));
    const written = csv.trim().split("\n").slice(1).map((line) => Number(line.split(",")[1]));
    const { scores } = kept["small-gaussian-process"]!;
    assert.equal(scores.length, written.length);
    // The file has six digits.
    for (const [i, score] of scores.entries()) assert.ok(Math.abs(score - written[i]!) < 1e-5, `row ${i}`);
    await Deno.remove(join(out, "real", "small-gaussian-process"), { recursive: true });
    assert.equal(await realResults({ ...request, markdown: true }), tables, "what is done is not trained again");
    const both = await realResults({ ...request, recipes: "attention-refiner,gaussian-process", markdown: true });
    assert.match(both, /small-attention-refiner is not measured\. .*system_prompt/);
    assert.equal(rowsOf(both, "set").length, 1, "the others are");
    const own = kept["small-gaussian-process"]!;
    await writeResults(join(out, "real", "results.json"), { "small-gaussian-process": { ...own, scores: [1] } });
    await assert.rejects(realResults({ ...request, markdown: true }), /has 1 score .* has 40 records/);
  }),
);

Deno.test(
  "real results: simple predictors learn from train records, and an unseen metric gets the mean of all",
  withFolder(async (folder) => {
    await writeSet(folder, ["tone/unseen", "tone/warm"]);
    const set = await readSet((await findSets(folder))[0]!);
    assert.deepEqual(set.metrics, ["tone/warm", "tone/unseen"], "in the order of the file of names");
    assert.deepEqual([set.groups[0], set.groups[3], set.groups[4]], [0, 0, 1]);
    const train = set.train.map(({ metric, score }) => ({ metric, score: score! }));
    const mean = (rows: typeof train) => rows.reduce((sum, { score }) => sum + score, 0) / rows.length;
    const warm = mean(train.filter(({ metric }) => metric === "tone/warm")), all = mean(train);
    const { constant, metricMean } = simpleFigures(set);
    const expected = rmse(set.test.map(({ metric }) => metric === "tone/warm" ? warm : all), set.truth);
    assert.ok(Math.abs(metricMean - expected) < 1e-9 && Math.abs(constant - metricMean) > 1e-6);
  }),
);

Deno.test(
  "real results: without --recipes a cell is a bare train, and a misspelt recipe is refused before any training",
  withFolder(async (folder) => {
    await writeSet(folder);
    const sets = await findSets(folder), [bare] = realCells(sets, { recipes: null, out: "runs" });
    assert.ok(!bare!.train.includes("--recipe"));
    assert.equal(bare!.train[bare!.train.indexOf("--group-by") + 1], "source");
    await checkCell(bare!);
    const cells = realCells(sets, { recipes: ["scml", "gausian-process"], out: "runs" });
    await checkCell(cells[0]!);
    await assert.rejects(checkCell(cells[1]!), /gaussian-process/);
    const request = { folder, recipes: undefined, parts: ["nothing"], out: folder, list: true, markdown: false };
    await assert.rejects(realResults(request), UsageError);
    const listed = await realResults({ ...request, recipes: "scml", parts: [] });
    assert.match(listed, /deno task train --recipe scml .*\n.*deno task predict --run /);
  }),
);

Deno.test(
  "real results: a set that is damaged is refused with its file",
  withFolder(async (folder) => {
    await assert.rejects(findSets(folder), /holds no sets/);
    await writeSet(folder);
    const [files] = await findSets(folder);
    const refused = async (name: string, content: unknown, message: RegExp) => {
      const path = join(folder, name), before = await Deno.readTextFile(path);
      await Deno.writeTextFile(path, JSON.stringify(content));
      await assert.rejects(
        readSet(files!),
        (error) => error instanceof DataError && message.test(error.message) && error.message.includes(path),
      );
      await Deno.writeTextFile(path, before);
    };
    await refused("test_scores.json", [1, 2], /has 2 scores, but .* has 40 records/);
    await refused("test_scores.json", new Array(40).fill(11), /score 1 is 11/);
    await refused("baselines.json", { trees: {} }, /rmse of "trees" is undefined/);
    await refused("baselines.json", { "(oracle)": { rmse: 1 } }, /has no baselines/);
    await readSet(files!);
  }),
);

/** A set of 24 records, two thirds of them of Topical-Chat, named as the one that UniEval was measured on. */
function dialogues(): RealSet {
  const names = ["response/natural", "response/overall"];
  const test = Array.from({ length: 24 }, (_, i) => ({
    metric: names[i % 2]!,
    systemPrompt: null,
    userPrompt: "question",
    response: "answer",
    score: null,
    extra: { system: i < 16 ? "TopicalChat Argmax" : "PersonaChat Seq2Seq" },
  }));
  return {
    name: "usr",
    metrics: names,
    train: test.map((record) => ({ ...record, score: 5 })),
    test,
    truth: Float64Array.from(test, (_, i) => i / 3),
    groups: Uint32Array.from(test, (_, i) => i >> 2),
    bestBaseline: { name: "ridge", rmse: 2 },
  };
}

Deno.test("real results: tables show each recipe, the mean and the worst ratio, and UniEval on its part of usr alone", () => {
  const usr = dialogues(), other = { ...usr, name: "other", bestBaseline: { name: "trees", rmse: 0.5 } };
  const files = (name: string) => ({
    name,
    trainData: "",
    testData: "",
    testScores: "",
    metricNames: "",
    baselines: "",
  });
  const cells = ["usr", "other"].flatMap((name) =>
    realCells([{ ...files(name), metricEmbeddings: "", trainEmbeddings: "", testEmbeddings: "" }], {
      recipes: ["scml", "bilinear"],
      out: "runs",
    })
  );
  const result = (of: (truth: number, row: number) => number) => ({
    trainSeconds: 60,
    predictSeconds: 1.4,
    machine: "a machine",
    scores: Array.from(usr.truth, of),
  });
  // Right order on Topical-Chat, the reverse elsewhere.
  const scml = result((truth, row) => row < 16 ? truth : 20 - truth), bilinear = result((truth) => truth + 1);
  const results = { "usr-scml": scml, "other-scml": bilinear, "usr-bilinear": bilinear };
  const sets = new Map([["usr", usr], ["other", other]]);
  const text = realTables(cells, results, sets, { markdown: true });
  assert.match(text, /^Measured on a machine\.\n/);
  const rows = rowsOf(text, "set");
  assert.deepEqual(rows.map(({ set, recipe }) => [set, recipe]), [
    ["usr", "`scml`"],
    ["", "`bilinear`"],
    ["other", "`scml`"],
  ]);
  assert.deepEqual([rows[1]!.RMSE, rows[1]!.ratio, rows[1]!.Pearson, rows[1]!.seconds], [
    "1.000",
    "0.500",
    "1.000",
    "61",
  ]);
  const worst = Number(rows[0]!.ratio), mean = ((worst + 2) / 2).toFixed(2);
  assert.match(text, new RegExp(`\`scml\`: .* mean of 2 sets ${mean}\\d, worst ${Math.max(worst, 2).toFixed(3)}`));
  assert.match(text, /`bilinear`: .* 1 set 0\.500, worst 0\.500 \(usr\)/);
  const [natural, ...none] = rowsOf(text, "Spearman on Topical-Chat");
  assert.deepEqual(none, [], "UniEval has no figure of the other metric");
  assert.deepEqual([natural!.rows, natural!.UniEval], ["8", "0.514"]);
  assert.match(natural!["`scml`"]!, /^1\.000 \(/);
  assert.match(text, /not like for like/);
  const without = realTables(cells, { "other-scml": bilinear }, sets, { markdown: false });
  assert.doesNotMatch(without, /UniEval|\|/);
});

Deno.test("real results: the machine's line tells a processor's vector instructions where Linux does", () => {
  const info = "processor\t: 0\nmodel name\t: Fast 9000\nflags\t\t: fpu avx2 sse\n\nmodel name\t: Fast 9000\n";
  assert.match(describeProcessor(info), /^Fast 9000, \d+ threads, AVX2 yes, AVX-512 no$/);
  assert.match(describeProcessor(info.replace("avx2", "avx512f")), /AVX2 no, AVX-512 yes$/);
  assert.ok(describeProcessor(null).includes(Deno.build.arch));
});

Deno.test(
  "real results: what is kept is read back, and a damaged file is named",
  withFolder(async (folder) => {
    const file = join(folder, "results.json");
    assert.deepEqual(await readResults(file), {});
    await writeResults(file, { a: { rmse: 1 }, b: { rmse: 2 } });
    assert.equal((await Deno.readTextFile(file)).split("\n").length, 5, "a cell a line");
    assert.deepEqual(await readResults(file), { a: { rmse: 1 }, b: { rmse: 2 } });
    await Deno.writeTextFile(file, "{");
    await assert.rejects(readResults(file), /results\.json is not valid JSON/);
  }),
);
