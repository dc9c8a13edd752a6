import { join } from "node:path";
import { bootstrapInterval, rmse } from "../../data/evaluation.ts";
import { type MetricRecord, readRecords } from "../../data/records.ts";
import { generateSample } from "../../data/sample/generate.ts";
import { Engine } from "../../engine/engine.ts";
import { recordOf, sampleSeed } from "../../models/prepare.ts";
import type { TrainReporter } from "../../models/reporter.ts";
import { RunFolder } from "../../models/run_folder.ts";
import { Scorer } from "../../models/scorer.ts";
import { configOf, trainOrResume } from "../../models/train_run.ts";
import type { Cell } from "./cells.ts";

/** Where the folds of FED are: FOLDS/0/train.json, FOLDS/0/train/*.npy, FOLDS/0/test.json and so on. */
export interface FedFiles {
  readonly folds: string;
  readonly metricNames: string;
  readonly metricEmbeddings: string;
}

/** What a cell came to: RMSE on test rows by the model that is kept. */
export interface CellResult {
  readonly rmse: number;
  /** 95 % bootstrap interval. */
  readonly interval: readonly [low: number, high: number];
  readonly rows: number;
}

/** Trains a cell in folders of its own, or goes on with it, and scores its test rows. */
export async function measureCell(
  cell: Cell,
  out: string,
  { fed, reporter }: { readonly fed: FedFiles | null; readonly reporter: TrainReporter },
): Promise<CellResult> {
  const { recipe, settings } = cell, path = join(out, cell.name);
  const request = { recipe, settings, maxRows: null };
  const predicted: number[] = [], truth: number[] = [];
  if (cell.set === "sample") {
    await trained(path, configOf({ ...request, files: null }), reporter);
    const { test, testScores } = generateSample(sampleSeed);
    predicted.push(...await scored(path, test.map(recordOf), null));
    truth.push(...testScores);
  } else {
    const { folds, metricNames, metricEmbeddings } = fed!;
    for (const fold of foldsIn(folds)) {
      const at = (name: string) => join(folds, fold, name), own = join(path, `fold-${fold}`);
      const files = { data: at("train.json"), metricNames, metricEmbeddings, embeddings: at("train"), recover: false };
      reporter.note(`fold ${fold}`);
      await trained(own, configOf({ ...request, files }), reporter);
      const records = await readRecords(at("test.json"), { scores: "required" });
      predicted.push(...await scored(own, records, at("test")));
      truth.push(...records.map(({ score }) => score!));
    }
  }
  return { rmse: rmse(predicted, truth), interval: bootstrapInterval(predicted, truth), rows: truth.length };
}

/** Names of the folds in a folder, in their order. */
function foldsIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].filter(({ name }) => /^\d+$/.test(name)).map(({ name }) => name)
    .sort((a, b) => Number(a) - Number(b));
}

async function trained(path: string, config: ReturnType<typeof configOf>, reporter: TrainReporter): Promise<void> {
  const folder = new RunFolder(path);
  if (!await folder.isFinished()) await trainOrResume(folder, config, { reporter });
}

async function scored(run: string, records: readonly MetricRecord[], embeddings: string | null): Promise<Float32Array> {
  await using engine = await Engine.open();
  const scorer = await Scorer.load(engine, run);
  try {
    return (await scorer.predict(await scorer.features(records, { source: "the test rows", embeddings }))).score;
  } finally {
    scorer.dispose();
  }
}
