import { Philox } from "../../kernels/philox.ts";
import { BayesPredictor } from "./bayes.ts";
import { type Planted, RecordSource, type SampleTexts } from "./draw.ts";
import { expectedScore, fitScoreMap, type ScoreMap, scoreOf } from "./score_map.ts";
import { sampleWorld } from "./world.ts";

/** A record of the sample set, as it stands in the files. */
export interface SampleRecord {
  /** One of the 145 metric names. */
  metric_name: string;
  /** Null for a third of the records. */
  system_prompt: string | null;
  /** What the user asked. */
  user_prompt: string;
  /** What is judged. */
  response: string;
  /** "0" .. "10"; test records have none. */
  score?: string;
}

/** A generated sample set. What was planted stays in memory: only records and scores go to files. */
export interface SampleSet {
  /** What the set was generated from. */
  readonly seed: number;
  /** Records with scores. */
  readonly train: readonly SampleRecord[];
  /** Records without scores; the metric of 40 % of them does not fit. */
  readonly test: readonly SampleRecord[];
  /** Scores of `train` as numbers. */
  readonly trainScores: Float32Array;
  /** True scores of `test`. */
  readonly testScores: Float32Array;
  /** What was planted in the train records. */
  readonly trainPlanted: readonly Planted[];
  /** What was planted in the test records. */
  readonly testPlanted: readonly Planted[];
  /** From noisy planted values to scores. */
  readonly scoreMap: ScoreMap;
}

/** Sizes of a sample set. */
export interface SampleSize {
  /** 5,000 by default. */
  readonly trainRows?: number;
  /** 3,638 by default. */
  readonly testRows?: number;
}

/** Shares of records whose metric does not fit: train holds as many as the real scores 0 to 5, test 40 %. */
export const MISFIT_SHARE = { train: 35 / 5000, test: 0.4 } as const;

const STREAMS = { train: 0x5a000000, test: 0x5b000000, order: 0x5c000000 } as const;

/**
 * Makes the built-in sample set: the same seed gives the same records on every machine. See docs/sample-set.md.
 *
 * @param seed any integer
 */
export function generateSample(seed: number, { trainRows = 5000, testRows = 3638 }: SampleSize = {}): SampleSet {
  const source = new RecordSource(sampleWorld());
  const rows = (part: "train" | "test", count: number) => {
    const order = new Philox(seed, STREAMS.order + (part === "train" ? 0 : 1)).permutation(count);
    const misfits = Math.round(MISFIT_SHARE[part] * count), close = Math.round(source.world.closeShare * misfits);
    const fit = (rank: number) => rank < close ? "close" : rank < misfits ? "far" : "fits";
    return Array.from(order, (rank, i) => source.draw(new Philox(seed, STREAMS[part] + i), fit(rank)));
  };
  const train = rows("train", trainRows), test = rows("test", testRows);
  const scoreMap = fitScoreMap(train.map(({ planted }) => planted.noisy));
  const score = ({ planted }: { planted: Planted }) => scoreOf(scoreMap, planted.noisy);
  return {
    seed,
    train: train.map((row) => ({ ...toRecord(row.texts), score: String(score(row)) })),
    test: test.map((row) => toRecord(row.texts)),
    trainScores: Float32Array.from(train, score),
    testScores: Float32Array.from(test, score),
    trainPlanted: train.map(({ planted }) => planted),
    testPlanted: test.map(({ planted }) => planted),
    scoreMap,
  };
}

function toRecord({ metric, systemPrompt, userPrompt, response }: SampleTexts): SampleRecord {
  return {
    metric_name: sampleWorld().metrics[metric]!.name,
    system_prompt: systemPrompt,
    user_prompt: userPrompt,
    response,
  };
}

/** E[score | planted value] of the test rows: no scorer can beat it, since only the judge's noise is left. */
export function oraclePredict({ scoreMap, testPlanted }: SampleSet): Float64Array {
  const { noise } = sampleWorld();
  return Float64Array.from(testPlanted, ({ value }) => expectedScore(scoreMap, value, noise));
}

/** E[score | texts] of the test rows, by what `BayesPredictor` knows: the best that can be hoped for from the texts. */
export function bayesPredict({ scoreMap, test }: SampleSet): Float64Array {
  const world = sampleWorld();
  const predictor = new BayesPredictor(world, scoreMap, MISFIT_SHARE.test);
  const index = new Map(world.metrics.map(({ name }, m) => [name, m]));
  return Float64Array.from(test, (record) =>
    predictor.predict({
      metric: index.get(record.metric_name)!,
      systemPrompt: record.system_prompt,
      userPrompt: record.user_prompt,
      response: record.response,
    }));
}
