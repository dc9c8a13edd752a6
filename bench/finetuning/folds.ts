import { join } from "node:path";
import { rmse } from "../../data/evaluation.ts";
import { readRecords } from "../../data/records.ts";
import { Engine } from "../../engine/engine.ts";
import { listFolderOrExplain, whatIsAt, writeAtomically } from "../../engine/files/files.ts";
import { DataError } from "../../kernels/errors.ts";
import { Philox } from "../../kernels/philox.ts";
import { finetune, resumeFinetune } from "../../runs/finetune/finetune.ts";
import { FinetuneFolder } from "../../runs/finetune/finetune_folder.ts";
import type { FinetuneSettings } from "../../runs/finetune/settings.ts";
import type { Observer, StepProgress } from "../../data/observer.ts";
import { RunFolder } from "../../runs/run_folder.ts";
import { Scorer } from "../../runs/scorer.ts";
import type { GivenSettings } from "../../recipes/settings/shared.ts";
import { configOf } from "../../runs/configure.ts";
import { trainOrResume } from "../../runs/resume_run.ts";

/** What is measured: an encoder as it is, and tuned on the train rows of each fold. */
export interface TuningTrial {
  /** FOLDS/0/train.json and FOLDS/0/test.json, and so on. */
  readonly folds: string;
  /** JSON file of a text for each metric's name. */
  readonly metricDefinitions: string;
  /** Name of the encoder: "gpu:FOLDER". */
  readonly encoder: string;
  /** Field of the records whose equal values no two folds share. */
  readonly groupBy: string;
  /** How it is tuned. */
  readonly tuning: Partial<FinetuneSettings>;
  /** What is trained on the embeddings, and the settings that differ from its defaults. */
  readonly recipes: ReadonlyMap<string, GivenSettings>;
  /** Folder of tuned encoders and runs; what is done there is not done again. */
  readonly out: string;
  /** File that keeps vectors; null to keep none; the user's own by default. */
  readonly cache?: string | null;
}

/** RMSE over the test rows of all folds, before and after. */
export interface TuningResult {
  readonly recipe: string;
  readonly rows: number;
  /** Of the mean score of each fold's train rows. */
  readonly constant: number;
  /** With the encoder as it is. */
  readonly untuned: number;
  /** With the encoder that was tuned on the fold's train rows. */
  readonly tuned: number;
  /** Interval that holds tuned - untuned for 95 % of draws of as many groups. */
  readonly difference: readonly [low: number, high: number];
  /** RMSE of each fold, before and after. */
  readonly folds: readonly (readonly [untuned: number, tuned: number])[];
}

/** Squared errors of the rows of a group. */
export interface GroupErrors {
  readonly rows: number;
  readonly untuned: number;
  readonly tuned: number;
}

/** What a run says of the test rows of its fold. */
interface Scored {
  readonly score: readonly number[];
  readonly trainMean: number;
}

/** Tunes the encoder for each fold, trains every recipe with and without, and scores rows that neither has seen. */
export async function measureTuning(trial: TuningTrial, reporter: Observer): Promise<TuningResult[]> {
  const { recipes, folds } = trial;
  const names = (await listFolderOrExplain(folds, "a folder of folds")).filter((name) => /^\d+$/.test(name));
  if (names.length === 0) {
    throw new DataError(`${folds} holds no folds; ${join(folds, "0", "train.json")} is expected.`);
  }
  const all: (FoldRows & { readonly recipe: string })[] = [];
  for (const fold of names.sort((a, b) => Number(a) - Number(b))) {
    const encoders = { untuned: trial.encoder, tuned: `gpu:${await tunedFor(trial, fold, reporter)}` };
    const path = join(folds, fold, "test.json");
    const records = await readRecords(path, { scores: "required" });
    const groups: string[] = JSON.parse(await Deno.readTextFile(path)).map((record: Record<string, unknown>) =>
      String(record[trial.groupBy])
    );
    for (const recipe of recipes.keys()) {
      const untuned = await scoresOf(trial, { fold, recipe, encoder: encoders.untuned, name: "untuned" }, reporter);
      const tuned = await scoresOf(trial, { fold, recipe, encoder: encoders.tuned, name: "tuned" }, reporter);
      all.push({ recipe, truth: records.map(({ score }) => score!), groups, untuned, tuned });
    }
  }
  return [...recipes.keys()].map((recipe) => resultOf(recipe, all.filter((one) => one.recipe === recipe)));
}

/** Folder of the encoder that was tuned on a fold's train rows. */
async function tunedFor(trial: TuningTrial, fold: string, reporter: Observer): Promise<string> {
  const out = join(trial.out, `encoder-${fold}`);
  if (await whatIsAt(out) === "folder") return out;
  const options = {
    note: (sentence: string) => reporter.note?.(sentence),
    warn: (sentence: string) => reporter.warn?.(sentence),
    step: ({ batch, batches, loss }: StepProgress) =>
      reporter.note?.(`fold ${fold}: batch ${batch} of ${batches}, loss ${loss.toFixed(3)}`),
  };
  const { encoder, metricDefinitions, tuning: settings } = trial;
  if (await whatIsAt(new FinetuneFolder(out).work) === "folder") await resumeFinetune(out, options);
  else {
    const data = [join(trial.folds, fold, "train.json")];
    await finetune({ data, metricDefinitions, encoder, settings, out }, options);
  }
  return out;
}

/** Trains a run on a fold's train rows, or finds it trained, and scores the fold's test rows. */
async function scoresOf(
  { folds, metricDefinitions, groupBy, recipes, out, cache }: TuningTrial,
  { fold, recipe, encoder, name }: Readonly<Record<"fold" | "recipe" | "encoder" | "name", string>>,
  reporter: Observer,
): Promise<Scored> {
  const path = join(out, `${recipe}-${name}-${fold}`), done = `${path}.json`;
  if (await whatIsAt(done) === "file") return JSON.parse(await Deno.readTextFile(done));
  reporter.note?.(`fold ${fold}: ${recipe}, ${name}`);
  const given = recipes.get(recipe)!;
  const settings: GivenSettings = {
    ...given,
    data: { ...given.data, groupBy },
    features: { ...given.features, encoder },
  };
  const data = join(folds, fold, "train.json");
  const files = {
    data,
    metricNames: null,
    metricEmbeddings: null,
    metricDefinitions,
    embeddings: null,
    recover: false,
  };
  const kept = cache === undefined ? {} : { cache };
  await trainOrResume(new RunFolder(path), configOf({ recipe, settings, files, maxRows: null }), { reporter, ...kept });
  const source = join(folds, fold, "test.json"), records = await readRecords(source, { scores: "ignored" });
  await using engine = await Engine.open();
  const scorer = await Scorer.load(engine, path);
  try {
    const { score } = await scorer.predict(await scorer.features(records, { source, ...kept }), "none");
    const scored = { score: [...score], trainMean: scorer.inputs.trainMean };
    await writeAtomically(done, JSON.stringify(scored));
    return scored;
  } finally {
    scorer.dispose();
  }
}

/** The test rows of a fold, and what two runs say of them. */
export interface FoldRows {
  readonly truth: readonly number[];
  /** Group of each row. */
  readonly groups: readonly string[];
  readonly untuned: Scored;
  readonly tuned: Scored;
}

/** Pools the rows of all folds. */
export function resultOf(recipe: string, folds: readonly FoldRows[]): TuningResult {
  const truth = folds.flatMap(({ truth }) => truth), groups = folds.flatMap(({ groups }) => groups);
  const untuned = folds.flatMap(({ untuned: { score } }) => score), tuned = folds.flatMap(({ tuned }) => tuned.score);
  const constant = folds.flatMap(({ untuned: { score, trainMean } }) => score.map(() => trainMean));
  const sum = (rows: readonly number[], of: readonly number[]) =>
    rows.reduce((sum, row) => sum + (of[row]! - truth[row]!) ** 2, 0);
  const errors = [...Map.groupBy(truth.keys(), (row) => groups[row]!).values()].map((rows) => ({
    rows: rows.length,
    untuned: sum(rows, untuned),
    tuned: sum(rows, tuned),
  }));
  return {
    recipe,
    rows: truth.length,
    constant: rmse(constant, truth),
    untuned: rmse(untuned, truth),
    tuned: rmse(tuned, truth),
    difference: differenceInterval(errors),
    folds: folds.map(({ untuned, tuned, truth }) => [rmse(untuned.score, truth), rmse(tuned.score, truth)]),
  };
}

/**
 * Interval that holds how much greater the RMSE is with the tuned encoder for 95 % of draws, whole groups drawn anew with
 * replacement: rows of one conversation have their errors in common.
 *
 * @see Field, Welsh, "Bootstrapping clustered data" (2007)
 */
export function differenceInterval(groups: readonly GroupErrors[], draws = 2000): [low: number, high: number] {
  const random = new Philox(1, 0xb008);
  const differences = Float64Array.from({ length: draws }, () => {
    let rows = 0, untuned = 0, tuned = 0;
    for (let i = 0; i < groups.length; i++) {
      const group = groups[random.integer(groups.length)]!;
      rows += group.rows;
      untuned += group.untuned;
      tuned += group.tuned;
    }
    return Math.sqrt(tuned / rows) - Math.sqrt(untuned / rows);
  }).sort();
  return [differences[Math.floor(0.025 * draws)]!, differences[Math.floor(0.975 * draws)]!];
}
