import { basename, join, resolve } from "node:path";
import { readJsonArray } from "../../../data/files/json_records.ts";
import { type MetricRecord, readRecords } from "../../../data/records.ts";
import { parseScore, scoreExpectation } from "../../../data/scores.ts";
import { groupNumbers } from "../../../data/split.ts";
import { listFolderOrExplain, readFileOrExplain, whatIsAt } from "../../../engine/files/files.ts";
import { DataError } from "../../../kernels/errors.ts";

/** Field of the records whose equal values stay together, in training and in intervals: a conversation, a source text. */
export const groupField = "source";

/** The files of a set. */
export interface SetFiles {
  /** Name of the folder. */
  readonly name: string;
  readonly trainData: string;
  readonly testData: string;
  /** JSON array with the score of each test record. */
  readonly testScores: string;
  readonly metricNames: string;
  readonly metricEmbeddings: string;
  /** Folders of the embeddings of the texts. */
  readonly trainEmbeddings: string;
  readonly testEmbeddings: string;
  /** JSON object: `{name: {rmse}}` of models that were measured on the test records elsewhere. */
  readonly baselines: string;
}

/** A model that was measured elsewhere. */
export interface Baseline {
  readonly name: string;
  readonly rmse: number;
}

/** A set of records with true scores, divided into train and test records. */
export interface RealSet {
  readonly name: string;
  /** Metrics of the test records, in the order of the file of metric names. */
  readonly metrics: readonly string[];
  readonly train: readonly MetricRecord[];
  readonly test: readonly MetricRecord[];
  /** True scores of the test records. */
  readonly truth: Float64Array;
  /** Number of each test record's group. */
  readonly groups: Uint32Array;
  /** The best of those of the file, picked on the test records; entries in parentheses know test scores and are left out. */
  readonly bestBaseline: Baseline;
}

/**
 * The sets in a folder, in the order of their names: each a folder with `train_data.json`, or the folder itself.
 *
 * @throws DataError when there is none
 */
export async function findSets(folder: string): Promise<SetFiles[]> {
  const holdsSet = async (path: string) => await whatIsAt(join(path, "train_data.json")) === "file";
  const names = await listFolderOrExplain(folder, "a folder of sets");
  if (names.includes("train_data.json")) return [filesOf(folder)];
  const sets: SetFiles[] = [];
  for (const name of names.toSorted()) if (await holdsSet(join(folder, name))) sets.push(filesOf(join(folder, name)));
  if (sets.length === 0) throw new DataError(`${folder} holds no sets; folders with a train_data.json are expected.`);
  return sets;
}

function filesOf(folder: string): SetFiles {
  const at = (...names: string[]) => join(folder, ...names);
  return {
    name: basename(resolve(folder)),
    trainData: at("train_data.json"),
    testData: at("test_data.json"),
    testScores: at("test_scores.json"),
    metricNames: at("metric_names.json"),
    metricEmbeddings: at("metric_embeddings.npy"),
    trainEmbeddings: at("embeddings", "train"),
    testEmbeddings: at("embeddings", "test"),
    baselines: at("baselines.json"),
  };
}

/** Reads a set. @throws DataError naming the file, and the record, where something is not what it has to be */
export async function readSet(files: SetFiles): Promise<RealSet> {
  const train = await readRecords(files.trainData, { scores: "required" });
  const test = await readRecords(files.testData, { scores: "ignored" });
  const truth = await readTruth(files, test.length);
  const named = await readJsonArray(files.metricNames, { element: "name" });
  const tested = new Set(test.map(({ metric }) => metric));
  return {
    name: files.name,
    metrics: (named as string[]).filter((name) => tested.has(name)),
    train,
    test,
    truth,
    groups: groupNumbers(test, groupField),
    bestBaseline: await readBestBaseline(files.baselines),
  };
}

async function readTruth({ testScores, testData }: SetFiles, records: number): Promise<Float64Array> {
  const values = await readJsonArray(testScores, { element: "score" });
  if (values.length !== records) {
    throw new DataError(`${testScores} has ${values.length} scores, but ${testData} has ${records} records.`);
  }
  return Float64Array.from(values, (value, i) => {
    const score = parseScore(value);
    if (score !== null) return score;
    throw new DataError(`${testScores}, score ${i + 1} is ${JSON.stringify(value)}; ${scoreExpectation}.`);
  });
}

async function readBestBaseline(path: string): Promise<Baseline> {
  const text = new TextDecoder().decode(await readFileOrExplain(path, "a JSON object of baselines"));
  let content: Readonly<Record<string, { readonly rmse?: unknown } | null>>;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new DataError(`${path} is not valid JSON: ${(error as Error).message}.`, { cause: error });
  }
  const baselines = Object.entries(content ?? {}).filter(([name]) => !name.startsWith("("))
    .map(([name, figures]): Baseline => {
      const found = figures?.rmse;
      if (typeof found === "number" && found > 0) return { name, rmse: found };
      throw new DataError(`${path}: rmse of "${name}" is ${JSON.stringify(found)}; a number above 0 is expected.`);
    });
  if (baselines.length === 0) throw new DataError(`${path} has no baselines; at least one is expected.`);
  return baselines.reduce((best, one) => one.rmse < best.rmse ? one : best);
}
