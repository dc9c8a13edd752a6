import type { Reading } from "../data/reading.ts";
import type { MetricRecord } from "../data/records.ts";
import { recordLanguages } from "../data/texts/record_languages.ts";
import { fromStandard, type ScoreRange } from "../data/scores.ts";
import { MetrogradError } from "../kernels/errors.ts";
import type { ReportedRun } from "../reports/report/reported_run.ts";
import { meanScores } from "../runs/compare.ts";
import { readScoreRange } from "../runs/score_range.ts";
import { intervalLevels } from "../scoring/calibration/conformal.ts";
import { evaluate, type IntervalFigures, intervalFigures } from "../scoring/evaluate.ts";
import { scaleErrors, scaleIntervals, scaleScores } from "../scoring/score_scale.ts";
import { readLabelled } from "./commands/evaluate.ts";
import { corrected, type ScoreCall, type Scored, scoreWith } from "./score_with.ts";
import type { Terminal } from "./output/terminal.ts";

/** Records with their true scores, from 0 to 10. */
interface Labelled {
  readonly records: readonly MetricRecord[];
  readonly actual: Float32Array;
  /** The scale of their file. */
  readonly range: ScoreRange;
}

/** Which records runs are measured on, and how. */
export interface MeasureCall extends Pick<ScoreCall, "data" | "embeddings" | "metrics" | "shift"> {
  readonly reading?: Reading;
  /** CSV file of the true scores; null when they stand in the records. */
  readonly scores: string | null;
}

/** Scores records with all runs; their figures are then those of these records, as `evaluate` has them. */
export async function scoreData(
  runs: readonly ReportedRun[],
  call: MeasureCall,
  terminal: Terminal,
): Promise<ReportedRun[]> {
  const labelled = await readLabelled(call, terminal.note, await readScoreRange(runs[0]!.trained.scorers[0]!));
  const measured: ReportedRun[] = [];
  for (const run of runs) {
    terminal.status(`Scoring with ${run.name}`);
    const each: Scored[] = [];
    for (const scorer of run.trained.scorers) {
      const own = {
        ...call,
        run: scorer,
        embeddings: run.line.needsEmbeddings ? call.embeddings : null,
        encoder: null,
      };
      each.push(await scoreWith({ ...own, definitions: labelled.definitions }, labelled.records, terminal));
    }
    measured.push(await measuredRun(run, each, labelled, call));
  }
  terminal.status("");
  return measured;
}

async function measuredRun(
  run: ReportedRun,
  each: readonly Scored[],
  { records, actual: standard, range }: Labelled,
  { shift }: MeasureCall,
): Promise<ReportedRun> {
  const [only] = each, single = each.length === 1;
  const { score, ridge, trainMean } = meanScores(
    each.map(({ predictions: { score }, ridge, trainMean }) => ({ score, ridge, trainMean })),
  );
  const deviation = single ? only!.predictions.standardDeviation : null;
  const actual = scaleScores(standard, range);
  const scored = {
    score: scaleScores(single ? only!.predictions.score : score, range),
    standardDeviation: deviation && scaleErrors(deviation, range),
    ridge: ridge && scaleScores(ridge, range),
    trainMean: fromStandard(trainMean, range),
  };
  const written = recordLanguages(records);
  const figures = evaluate({ ...scored, intervals: null }, actual, records, written);
  return {
    ...run,
    range,
    sets: [],
    line: {
      ...run.line,
      rows: figures.rows,
      rmse: figures.rmse,
      rmseInterval: figures.rmseInterval,
      ridgeRmse: figures.ridgeRmse,
      constantRmse: figures.constantRmse,
    },
    scored: {
      numbers: [...records.keys()],
      records,
      languages: written.languages,
      actual,
      predicted: scored.score,
      unshifted: single ? scaleScores(only!.predictions.unshifted, range) : null,
      groups: null,
      figures,
      coverage: single ? await coverageOf(run.name, only!, { actual, range, shift }) : [],
    },
  };
}

/** What intervals hold that held-out rows give; levels for which those are too few are left out. */
async function coverageOf(
  run: string,
  scored: Scored,
  { actual, range, shift }: { readonly actual: Float32Array; readonly range: ScoreRange } & Pick<MeasureCall, "shift">,
): Promise<IntervalFigures[]> {
  if (shift.name === "mean") return [];
  const found: IntervalFigures[] = [];
  for (const level of intervalLevels) {
    try {
      const { intervals } = await corrected({ run, shift, calibrate: "none", interval: level }, scored, () => {});
      found.push(intervalFigures({ ...scaleIntervals(intervals!, range), level }, actual));
    } catch (error) {
      if (!(error instanceof MetrogradError)) throw error;
    }
  }
  return found;
}
