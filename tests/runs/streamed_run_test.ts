import assert from "node:assert/strict";
import { join } from "node:path";
import { writeNpy } from "../../data/files/npy.ts";
import { Philox } from "../../kernels/philox.ts";
import type { Observer } from "../../data/observer.ts";
import { trainRun } from "../../runs/start_run.ts";
import type { TrainRequest } from "../../runs/train_request.ts";
import { readFigures, type SetFigure } from "../../scoring/set_figure.ts";
import { withFolder } from "../temporary.ts";
import { assertResumesToTheSameBits, silent, widths, writeInputs } from "./runs.ts";

const rows = 300;
/** Less than three times 300 x 6 numbers: 52 rows are shuffled together, and 39 are held out. */
const memory = 20_000, heldOut = 39;
const settings = {
  model: { hidden: [8], dropout: 0 },
  optimizer: { lr: 0.03 },
  features: { texts: "combined" },
  training: { epochs: 3, batchSize: 16, labelNoise: 0 },
} as const;
const request = { recipe: "residual-mlp", settings, maxRows: null };

/** Records whose scores follow from their embeddings. */
async function writeLearnable(folder: string) {
  const files = await writeInputs(folder, rows), random = new Philox(7);
  const texts = Float32Array.from({ length: rows * widths.text }, () => random.normal());
  const records = Array.from({ length: rows }, (_, i) => ({
    metric_name: `metric ${i % widths.metrics}`,
    user_prompt: `A question that is longer than its digest, number ${i}`,
    response: `An answer that is longer than its digest, number ${i}`,
    score: Math.round(Math.min(Math.max(5 + 2 * texts[i * widths.text]!, 0), 10)),
  }));
  await Deno.writeTextFile(files.data, JSON.stringify(records));
  await writeNpy(join(files.embeddings, "text.npy"), texts, [rows, widths.text]);
  return { files, texts };
}

/** A reporter that keeps the notes. */
function noteTaker() {
  const notes: string[] = [];
  return { notes, reporter: { ...silent, note: (sentence: string) => notes.push(sentence) } };
}

/** What a training fails with. */
async function failure(request: TrainRequest, reporter: Observer): Promise<string> {
  try {
    await trainRun(request, { reporter });
  } catch (error) {
    return (error as Error).message;
  }
  assert.fail("it was trained");
}

Deno.test(
  "streamed run: stopped and resumed it ends in the same bits, and it learns as one in memory does",
  withFolder(async (folder) => {
    const { files } = await writeLearnable(folder), { notes, reporter } = noteTaker();
    const streamed = await assertResumesToTheSameBits(folder, { ...request, files: { ...files, memory } });

    const none = { share: 0 }, augmentation = { targeted: { low: none, mid: none } };
    const inMemory = join(folder, "in-memory");
    await trainRun({
      ...request,
      settings: { ...settings, data: { validationCount: heldOut }, augmentation },
      files: { ...files, memory: 1e6 },
      out: inMemory,
    }, { reporter });
    assert.ok(!notes.some((note) => note.includes("streamed")));

    const figure = async (run: string): Promise<SetFigure> => (await readFigures(join(run, "figures.json")))![0]!;
    const own = await figure(streamed), other = await figure(inMemory);
    assert.deepEqual([own.rows, other.rows], [heldOut, heldOut]);
    assert.ok(own.rmse < 0.7 * own.constant, `${own.rmse} beside ${own.constant}`);
    assert.ok(Math.abs(own.rmse - other.rmse) < 0.3 * other.rmse, `${own.rmse} beside ${other.rmse}`);
    assert.ok(own.ridge! < 0.7 * own.constant, `${own.ridge} beside ${own.constant}`);
  }),
);

Deno.test(
  "streamed run: what cannot be streamed, and a damaged file, is named before anything is trained",
  withFolder(async (folder) => {
    const { files: given, texts } = await writeLearnable(folder), files = { ...given, memory };
    const path = join(files.embeddings, "text.npy"), out = join(folder, "run");
    const { notes, reporter } = noteTaker();
    const fails = (change: Partial<TrainRequest>) => failure({ ...request, files, out, ...change }, reporter);
    assert.match(
      await fails({ recipe: "gaussian-process", settings: {} }),
      /take about 0\.0216 MB in training, more than 0\.02 MB, and gaussian-process cannot stream .* --recipe .*residual-mlp/,
    );
    assert.match(
      await fails({ settings: { ...settings, fit: { name: "auto" } } }),
      /^fit\.name is auto, for which all /,
    );
    assert.match(
      await fails({ settings: { ...settings, data: { validationCount: 60 } } }),
      /^data\.validationCount is 60, but memory has room for 39 held-out rows/,
    );
    assert.match(
      await fails({ settings: { ...settings, data: { folds: 2 } } }),
      /^150 records are held out, but memory has room for 52; a smaller part is expected\.$/,
    );
    assert.match(await fails({ files: { ...files, memory: 5000 } }), /have room for 13 rows of 24 bytes .* at least /);

    texts[250 * widths.text + 2] = NaN;
    await writeNpy(path, texts, [rows, widths.text]);
    notes.length = 0;
    assert.match(await fails({}), /text\.npy has NaN in row 251, column 3 \(counted from 1\)/);
    assert.deepEqual(notes, [
      "The embeddings (0.0072 MB as float32) are streamed from disk in blocks of 3 rows, 16 of them shuffled together, to " +
      "train in 0.02 MB.",
      "Targeted negatives are left out: they have embeddings of their own, which could not be streamed.",
      `${heldOut} records are held out instead of 60: held-out rows stay in memory.`,
    ]);
    await Deno.writeFile(path, (await Deno.readFile(path)).subarray(0, -24));
    assert.match(await fails({}), /text\.npy is truncated: its header promises 300 x 6 float32 values/);
    await writeNpy(path, texts.subarray(0, 299 * widths.text), [299, widths.text]);
    assert.match(await fails({}), /text\.npy has 299 rows, but .*train\.json has 300 records/);
    assert.deepEqual([...Deno.readDirSync(folder)].filter(({ name }) => name === "run"), []);
  }),
);
