import assert from "node:assert/strict";
import { writeNpy } from "../../../data/files/npy.ts";
import { textKey } from "../../../data/split.ts";
import { prepare } from "../../../runs/prepare/prepare.ts";
import type { PreparedRun } from "../../../runs/prepare/prepared_run.ts";
import { recipes, settingsOf } from "../../../recipes/registry.ts";
import type { GivenSettings } from "../../../recipes/settings/shared.ts";
import type { TrainFiles } from "../../../runs/train_request.ts";
import { join } from "node:path";
import { stageFigures, writeAugmented } from "../../../runs/prepare/augment_report.ts";
import { put, withFolder } from "../../temporary.ts";
import { silent, writeInputs } from "../runs.ts";

/** Every stage that needs no file. */
const everyStage: GivenSettings["augmentation"] = {
  metricSwap: { share: 0.3 },
  relations: "proposed",
  opposite: { share: 1 },
  substitutable: { share: 1, highest: 10 },
  targeted: { low: { share: 1, severity: 0.9 }, mid: { count: 20 } },
  misaligned: { share: 0.5 },
  resample: { share: 0.5 },
};

async function prepareWith(
  files: TrainFiles,
  settings: GivenSettings,
  note: (sentence: string) => void = () => {},
): Promise<PreparedRun> {
  const [recipe] = recipes;
  const config = { recipe: recipe!.name, settings: settingsOf(recipe!, settings), files, maxRows: null };
  return await prepare(config, { ...silent, note });
}

/** Metrics in two pairs of neighbours, so that some are proposed as substitutes. */
async function writeNeighbours(folder: string): Promise<TrainFiles> {
  const files = await writeInputs(folder);
  const rows = [[1, 0, 0, 0, 0], [1, 0.1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 0.1, 0]];
  await writeNpy(files.metricEmbeddings, Float32Array.from(rows.flat()), [4, 5]);
  return files;
}

Deno.test(
  "augment: no row that any stage adds has the texts of a validation record",
  withFolder(async (folder) => {
    const { data, rows: { records, added, tables } } = await prepareWith(await writeNeighbours(folder), {
      augmentation: everyStage,
    });
    const heldOut = new Set([...data.validation.text].map((text) => textKey(records[text]!)));
    const originOf = (text: number) => text < records.length ? text : tables.texts.origins[text - records.length]!;
    assert.ok(heldOut.size > 0 && added.length === 11);
    for (const { stage, rows } of added) {
      assert.equal(rows.text.some((text) => heldOut.has(textKey(records[originOf(text)]!))), false, stage);
    }
    assert.ok(added.filter(({ rows }) => rows.text.length > 0).length >= 10, "all but opposites, which no name has");
    const last = Math.max(...data.train.text), metric = Math.max(...data.train.metric);
    const { texts } = data.tables;
    assert.equal(texts.data.length, (last + 1) * texts.fields * texts.dimension);
    assert.equal(data.tables.statistics.data.length, (last + 1) * data.tables.statistics.dimension);
    assert.equal(data.tables.metrics.data.length, (metric + 1) * data.tables.metrics.dimension);
  }),
);

Deno.test(
  "augment: the validation rows and what they look up are the same with and without any stage",
  withFolder(async (folder) => {
    const files = await writeNeighbours(folder);
    const plain = await prepareWith(files, { augmentation: { metricSwap: { share: 0 } } });
    const more = await prepareWith(files, { augmentation: everyStage });
    assert.deepEqual(more.data.validation, plain.data.validation);
    assert.deepEqual(more.data.mismatched, plain.data.mismatched);
    const { texts, metrics } = plain.data.tables;
    assert.deepEqual(more.data.tables.texts.data.subarray(0, texts.data.length), texts.data);
    assert.deepEqual(more.data.tables.metrics.data.subarray(0, metrics.data.length), metrics.data);
    assert.deepEqual(plain.counts.added, []);
  }),
);

Deno.test(
  "augment: a stage's rows do not change with the other stages, and follow the seed",
  withFolder(async (folder) => {
    const files = await writeNeighbours(folder);
    const misaligned = async (augmentation: GivenSettings["augmentation"], seed = 1) => {
      const settings = { augmentation: augmentation!, training: { seed }, data: { splitSeed: 1 } };
      const { rows } = await prepareWith(files, settings);
      return rows.added.find(({ stage }) => stage === "misaligned negatives")!.rows;
    };
    const alone = await misaligned({ misaligned: { share: 0.5 } });
    assert.deepEqual(await misaligned(everyStage), alone);
    assert.notDeepEqual(await misaligned(everyStage, 2), alone);
  }),
);

const replyOf = (records: unknown) =>
  JSON.stringify({ metric_name: "metric 1", behaviour: "non-compliant", content: JSON.stringify(records) });

Deno.test(
  "augment: what a language model wrote is learnt from, but for copies of validation records and what is no record",
  withFolder(async (folder) => {
    const files = { ...await writeNeighbours(folder), embeddings: null };
    const plain = await prepareWith(files, {});
    const heldOut = plain.rows.records[plain.data.validation.text[0]!]!;
    const path = await put(
      folder,
      "replies.jsonl",
      replyOf([
        { user_prompt: "new", response: "answer", score: 2 },
        { system_prompt: heldOut.systemPrompt, user_prompt: heldOut.userPrompt, response: heldOut.response, score: 1 },
        { user_prompt: "new", response: "answer", score: 9 },
      ]),
    );
    const notes: string[] = [];
    const augmentation = { metricSwap: { share: 0 }, languageModel: { replies: path } };
    const { data, rows, counts } = await prepareWith(files, { augmentation }, (note) => notes.push(note));
    assert.deepEqual(counts.added, [["language-model samples", 1]]);
    const last = data.train.text.length - 1;
    assert.deepEqual([data.train.metric[last], data.train.score[last]], [1, 2]);
    assert.equal(rows.records[data.train.text[last]!]!.userPrompt, "new");
    const { data: texts, fields, dimension } = data.tables.texts, width = fields * dimension;
    assert.ok(texts.subarray(data.train.text[last]! * width).some((value) => value !== 0), "its text is encoded");
    assert.equal(data.tables.statistics.data.length, rows.records.length * data.tables.statistics.dimension);
    assert.deepEqual(data.validation, plain.data.validation);
    assert.match(notes.join("\n"), /1 records are used, 2 were dropped\.\n.*score is 9; 0 to 5.*\n.*validation record/);
  }),
);

Deno.test(
  "augment: paraphrases are learnt from beside their records, in their groups, and those of held-out records are not",
  withFolder(async (folder) => {
    const files = { ...await writeInputs(folder), embeddings: null }, notes: string[] = [];
    const plain = await prepareWith(files, { data: { groupBy: "user_prompt" } });
    const promptOf = (rows: Uint32Array) => plain.rows.records[rows[0]!]!.userPrompt;
    const train = promptOf(plain.data.train.text), heldOut = promptOf(plain.data.validation.text);
    const lines = [train, heldOut].map((user_prompt) =>
      JSON.stringify({ user_prompt, content: JSON.stringify([`${user_prompt}, in other words`]) })
    );
    const replies = await put(folder, "replies.jsonl", lines.join("\n"));
    const { data, rows, counts } = await prepareWith(files, {
      data: { groupBy: "user_prompt" },
      augmentation: { metricSwap: { share: 0 }, languageModel: { replies } },
    }, (note) => notes.push(note));
    // Two records have each prompt.
    assert.deepEqual(counts.added, [["paraphrases", 2]]);
    const { text, score, metric } = data.train, { groups } = data.tables, first = text.length - 2;
    for (const row of [first, first + 1]) {
      const { userPrompt, response, ...copy } = rows.records[text[row]!]!;
      const of = rows.records.findIndex((one) => one.response === response);
      assert.equal(userPrompt, `${train}, in other words`);
      assert.deepEqual({ ...copy, userPrompt: train, response }, rows.records[of]);
      assert.equal(groups![text[row]!], groups![of]);
      assert.deepEqual([score[row], metric[row]], [score[text.indexOf(of)], metric[text.indexOf(of)]]);
    }
    assert.equal(groups!.length, rows.records.length);
    assert.deepEqual(data.validation, plain.data.validation);
    assert.match(
      notes.join("\n"),
      /2 paraphrases make 2 rows, 0 were dropped\.\n +1 of prompts that no train record has/,
    );
  }),
);

Deno.test(
  "augment: scores are smoothed over the nearest train records of a metric, those of held-out records stay",
  withFolder(async (folder) => {
    const files = await writeInputs(folder), augmentation = { metricSwap: { share: 0 } };
    const plain = await prepareWith(files, { augmentation });
    const { data, rows } = await prepareWith(files, {
      augmentation: { ...augmentation, smoothing: { share: 0.5, neighbors: 2 } },
    });
    const { data: texts, fields, dimension } = data.tables.texts, width = fields * dimension;
    const { text, metric, score } = plain.data.train;
    const distance = (a: number, b: number) => {
      const [x, y] = [a, b].map((row) => texts.subarray(text[row]! * width, (text[row]! + 1) * width));
      return Math.hypot(...x!.map((value, i) => value - y![i]!));
    };
    for (const row of score.keys()) {
      const own = [...score.keys()].filter((other) => metric[other] === metric[row]);
      const near = own.sort((a, b) => distance(row, a) - distance(row, b)).slice(0, 3);
      const wanted = 0.5 * score[row]! + 0.5 * near.reduce((sum, other) => sum + score[other]!, 0) / 3;
      assert.ok(Math.abs(data.train.score[row]! - wanted) < 1e-5, `row ${row}`);
    }
    assert.deepEqual(data.validation, plain.data.validation);
    assert.deepEqual(rows.plain, plain.rows.plain);
    const last = stageFigures(rows).at(-1)!, mean = data.train.score.reduce((sum, one) => sum + one, 0) / score.length;
    assert.deepEqual([last.stage, last.added, last.rows], ["smoothed scores", 0, score.length]);
    assert.ok(Math.abs(last.mean - mean) < 1e-4);
  }),
);

Deno.test(
  "augment: written records need an encoder",
  withFolder(async (folder) => {
    const files = await writeInputs(folder);
    const replies = await put(folder, "replies.jsonl", replyOf([]));
    await assert.rejects(prepareWith(files, { augmentation: { languageModel: { replies } } }), /have no embeddings in/);
  }),
);

Deno.test(
  "augment: counts of related metrics and of validation records are kept, and more than there are records is refused",
  withFolder(async (folder) => {
    const files = await writeNeighbours(folder), data = { validationCount: 30 };
    const with3 = { relations: "proposed", substitutable: { share: 1, highest: 10, count: 3 } } as const;
    const { counts } = await prepareWith(files, { data, augmentation: { metricSwap: { share: 0 }, ...with3 } });
    assert.deepEqual(counts.added, [["substitutable metrics", 3]]);
    assert.ok(Math.abs(counts.validation - 30) <= 2, `${counts.validation}`);
    await assert.rejects(
      prepareWith(files, { data: { validationCount: 90 } }),
      /data\.validationCount is 90, but there are 90 records; fewer are expected/,
    );
  }),
);

Deno.test(
  "augment: rows that were written are learnt from again, and none of a validation record",
  withFolder(async (folder) => {
    const files = await writeNeighbours(folder), rows = join(folder, "rows");
    const made = await prepareWith(files, { augmentation: everyStage });
    await writeAugmented(rows, made);
    const again = await prepareWith(files, { augmentation: { rows } });
    assert.deepEqual(again.counts.added, made.counts.added.filter(([, count]) => count > 0));
    assert.deepEqual(again.data.train.score, made.data.train.score);
    const pick = (numbers: Uint32Array, table: Float32Array, size: number) =>
      [...numbers].map((row) => [...table.subarray(row * size, (row + 1) * size)]);
    const textsOf = ({ data: { train, tables: { texts } } }: PreparedRun) =>
      pick(train.text, texts.data, texts.dimension * texts.fields);
    assert.deepEqual(textsOf(again), textsOf(made));

    // Another split: copies of what is held out there are no train rows.
    const notes: string[] = [];
    const other = await prepareWith(
      files,
      { augmentation: { rows }, training: { seed: 5 } },
      (note) => notes.push(note),
    );
    assert.match(notes.join("\n"), /rows\.json: \d+ rows are left out, whose records are not learnt from in this run/);
    assert.ok(other.data.train.score.length < made.data.train.score.length);

    const { texts, metrics } = made.data.tables, width = texts.dimension * texts.fields;
    const { metric, score } = made.data.train;
    const left = textsOf(made), right = pick(metric, metrics.data, metrics.dimension);
    const matrices = join(folder, "matrices");
    await Deno.mkdir(matrices);
    await writeNpy(
      join(matrices, "X.npy"),
      Float32Array.from(left.flatMap((row, i) => [...row, ...right[i]!])),
      [score.length, width + metrics.dimension],
    );
    await writeNpy(join(matrices, "y.npy"), score, [score.length]);
    const fed = await prepareWith(files, { augmentation: { rows: matrices } });
    assert.deepEqual(fed.counts.added, [["rows of X.npy", score.length]]);
    assert.deepEqual([...fed.data.train.score].slice(-score.length), [...score]);
    await assert.rejects(prepareWith(files, { augmentation: { rows: folder } }), /holds neither rows\.json nor X\.npy/);
  }),
);

Deno.test(
  "augment: paraphrases and samples that were written are learnt from again, in their groups, where there is an encoder",
  withFolder(async (folder) => {
    const inputs = await writeNeighbours(folder), files = { ...inputs, embeddings: null };
    const rows = join(folder, "rows");
    const shared = { data: { groupBy: "user_prompt" }, fit: { name: "none" } } as const, notes: string[] = [];
    const note = (sentence: string) => notes.push(sentence);
    const plain = await prepareWith(files, shared);
    const { userPrompt } = plain.rows.records[plain.data.train.text[0]!]!;
    const replies = await put(
      folder,
      "replies.jsonl",
      [
        replyOf([{ user_prompt: "new", response: "answer", score: 2 }]),
        JSON.stringify({ user_prompt: userPrompt, content: JSON.stringify([`${userPrompt}, in other words`]) }),
      ].join("\n"),
    );
    const made = await prepareWith(files, { ...shared, augmentation: { ...everyStage, languageModel: { replies } } });
    await writeAugmented(rows, made);
    const again = await prepareWith(files, { ...shared, augmentation: { rows } }, note);
    assert.deepEqual(again.counts.added.slice(-2), [["paraphrases", 2], ["language-model samples", 1]]);
    assert.deepEqual(again.counts.added, made.counts.added.filter(([, count]) => count > 0));
    assert.deepEqual(again.data.train.score, made.data.train.score);
    assert.deepEqual(again.data.tables.groups, made.data.tables.groups);
    assert.deepEqual(again.rows.records, made.rows.records);
    assert.deepEqual(notes, []);

    const other = await prepareWith(files, { ...shared, augmentation: { rows }, training: { seed: 5 } }, note);
    const held = new Set([...other.data.validation.text].map((row) => other.rows.records[row]!.userPrompt));
    const paraphrases = other.counts.added.find(([stage]) => stage === "paraphrases");
    assert.equal(paraphrases?.[1] ?? 0, held.has(userPrompt) ? 0 : 2);

    const all: { readonly record: unknown }[] = JSON.parse(await Deno.readTextFile(join(rows, "rows.json")));
    await Deno.remove(rows, { recursive: true });
    await Deno.mkdir(rows);
    await put(rows, "rows.json", JSON.stringify(all.filter(({ record }) => record === null)));
    await prepareWith(inputs, { ...shared, augmentation: { rows } }, note);
    assert.match(notes.join("\n"), /rows\.json: 3 rows with texts of their own are left out, whose texts have no emb/);
  }),
);
