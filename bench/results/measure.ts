import { join } from "node:path";
import { bootstrapInterval, rmse } from "../../data/evaluation.ts";
import { type MetricRecord, readRecords } from "../../data/records.ts";
import { generateSample } from "../../data/sample/generate.ts";
import { Engine } from "../../engine/engine.ts";
import { combine } from "../../runs/ensemble/combine.ts";
import { holdsEnsemble } from "../../runs/ensemble/config.ts";
import { EnsembleScorer } from "../../runs/ensemble/scorer.ts";
import { resumeEnsemble, trainEnsemble } from "../../runs/ensemble/train.ts";
import { finishScore } from "../../scoring/finish_score.ts";
import { recordOf, sampleSeed } from "../../runs/prepare/sample_records.ts";
import type { Observer } from "../../data/observer.ts";
import { RunFolder } from "../../runs/run_folder.ts";
import { Scorer } from "../../runs/scorer.ts";
import { configOf } from "../../runs/configure.ts";
import { trainOrResume } from "../../runs/resume_run.ts";
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
  /** The same of each member of an ensemble alone, and of each way to combine them. */
  readonly beside?: readonly BesideResult[];
}

/** What a member or a way to combine members came to on the same rows. */
export interface BesideResult {
  readonly name: string;
  readonly rmse: number;
  readonly interval: readonly [low: number, high: number];
}

/** Scores of test rows by the model that is kept, and by what stands beside it. */
interface Scores {
  readonly score: ArrayLike<number>;
  readonly beside: readonly { readonly name: string; readonly score: ArrayLike<number> }[];
}

/** Trains a cell in folders of its own, or goes on with it, and scores its test rows. */
export async function measureCell(
  cell: Cell,
  out: string,
  { fed, reporter }: { readonly fed: FedFiles | null; readonly reporter: Observer },
): Promise<CellResult> {
  const { recipe, settings, members } = cell, path = join(out, cell.name);
  const request = { recipe, settings, maxRows: null };
  const sets: Scores[] = [], truth: number[] = [];
  if (cell.set === "sample") {
    await trained(path, configOf({ ...request, files: null }), reporter);
    const { test, testScores } = generateSample(sampleSeed);
    sets.push(await scored(path, test.map(recordOf), null));
    truth.push(...testScores);
  } else {
    const { folds, metricNames, metricEmbeddings } = fed!;
    for (const fold of foldsIn(folds)) {
      const at = (name: string) => join(folds, fold, name), own = join(path, `fold-${fold}`);
      const files = { data: at("train.json"), metricNames, metricEmbeddings, embeddings: at("train"), recover: false };
      reporter.note?.(`fold ${fold}`);
      const records = await readRecords(at("test.json"), { scores: "required" });
      if (members.length === 0) {
        await trained(own, configOf({ ...request, files }), reporter);
        sets.push(await scored(own, records, at("test")));
      } else {
        const asked = { files, members, settings: { data: settings.data ?? {} }, maxRows: null };
        if (await holdsEnsemble(own)) await resumeEnsemble(own, { reporter });
        else await trainEnsemble({ ...asked, out: own }, { reporter });
        sets.push(await scoredByMembers(own, records, at("test")));
      }
      truth.push(...records.map(({ score }) => score!));
    }
  }
  const figures = (of: (set: Scores) => ArrayLike<number>) => {
    const predicted = sets.flatMap((set) => Array.from(of(set)));
    return { rmse: rmse(predicted, truth), interval: bootstrapInterval(predicted, truth) };
  };
  const beside = sets[0]!.beside.map(({ name }, i) => ({ name, ...figures((set) => set.beside[i]!.score) }));
  return {
    ...figures(({ score }) => score),
    rows: truth.length,
    ...(beside.length > 0 ? { beside } : {}),
  };
}

/** Names of the folds in a folder, in their order. */
function foldsIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].filter(({ name }) => /^\d+$/.test(name)).map(({ name }) => name)
    .sort((a, b) => Number(a) - Number(b));
}

async function trained(path: string, config: ReturnType<typeof configOf>, reporter: Observer): Promise<void> {
  const folder = new RunFolder(path);
  if (!await folder.isFinished()) await trainOrResume(folder, config, { reporter });
}

async function scored(run: string, records: readonly MetricRecord[], embeddings: string | null): Promise<Scores> {
  await using engine = await Engine.open();
  const scorer = await Scorer.load(engine, run);
  try {
    const features = await scorer.features(records, { source: "the test rows", embeddings });
    return { score: (await scorer.predict(features)).score, beside: [] };
  } finally {
    scorer.dispose();
  }
}

/** Scores by an ensemble, by each of its members alone, and by the members combined in each way. */
async function scoredByMembers(
  path: string,
  records: readonly MetricRecord[],
  embeddings: string | null,
): Promise<Scores> {
  await using engine = await Engine.open();
  const ensemble = await EnsembleScorer.load(engine, path);
  const { scores } = await ensemble.predictEach(records, { source: "the test rows", embeddings });
  const ways = await ensemble.fitEachWay();
  const { members, settings: { combine: { name: own }, prediction } } = ensemble.config;
  const combined = ways.map(([name, combination]) => ({
    name,
    score: combine(scores, combination).map((score) => finishScore(score, prediction)),
  }));
  return {
    score: combined.find(({ name }) => name === own)!.score,
    beside: [...members.map(({ recipe }, i) => ({ name: `${i + 1}, ${recipe}`, score: scores[i]! })), ...combined],
  };
}
