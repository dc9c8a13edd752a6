import { meanScore } from "../../data/evaluation.ts";
import type { ScoredPairs } from "../../data/pairs/scored_pairs.ts";
import type { OnDone } from "../../data/observer.ts";
import type { SampleSet } from "../../data/sample/generate.ts";
import { groupNumbers } from "../../data/split.ts";
import type { HeldOutEvidence } from "../calibration_rows.ts";
import type { EncodingWatch } from "../../encoders/encode_inputs.ts";
import type { Predictions } from "../../recipes/training/predict_rows.ts";
import { recordOf } from "../prepare/sample_records.ts";
import type { PreparedRun } from "../prepare/prepared_run.ts";
import type { RidgeBaseline } from "../../scoring/ridge_baseline.ts";
import type { ModelScorer } from "../../scoring/model_scorer.ts";
import { pairFigure, type SetFigure, setFigure } from "../../scoring/set_figure.ts";
import { type ClassKnowledge, classShares, fitClasses } from "../../scoring/shift/held_out.ts";
import { shiftHeldOut } from "../../scoring/shift/measure_shifts.ts";
import type { HeldOutRows } from "../../scoring/shift/rows.ts";
import { shiftedPredictions, type ShiftKnowledge } from "../../scoring/shift/shift_scores.ts";
import type { ShiftedRow } from "../../scoring/shift/shifted_rows.ts";
import type { LabelledRows, Rows } from "../../data/pairs/feature_tables.ts";
import type { ValidationRow } from "./validation_file.ts";

/** Predictions of the rows that were held out. */
export interface PredictedSets {
  /** As they are. */
  readonly validation: readonly ValidationRow[];
  /** With a metric that does not fit; empty where there are none. */
  readonly mismatched: readonly ValidationRow[];
}

/** What a finished run made of the rows that were held out. */
export interface HeldOutMeasures {
  /** Their scores. */
  readonly predicted: PredictedSets;
  /** What the fit model says of the plain rows and then of the others; empty where the run has none. */
  readonly evidence: readonly HeldOutEvidence[];
  /** Ridge regression on the run's inputs, fitted to the train rows. */
  readonly ridge: RidgeBaseline;
  /** What is kept of the rows' classes. */
  readonly classes: ClassKnowledge;
  /** What each way to allow for shift makes of them. */
  readonly shifted: readonly ShiftedRow[];
}

/**
 * What was made of the held-out rows once training is over, with figures beside those of the baselines.
 *
 * @param scorer with the best epoch's model
 * @param ridge fitted to the train rows
 * @param onDone awaited whenever some rows of a set are scored
 */
export async function measureRun(
  scorer: ModelScorer,
  { data, inputs, metrics, heldOut, fit, counts, rows }: PreparedRun,
  ridge: RidgeBaseline,
  onDone?: OnDone,
): Promise<{ readonly figures: readonly SetFigure[]; readonly heldOut: HeldOutMeasures }> {
  const { trainMean } = inputs, { texts } = data.tables;
  const tables = { texts, metrics: { data: metrics.embeddings, dimension: metrics.dimension } };
  const meanOf = metricMeans(rows.plain);
  const { prediction, data: { groupBy } } = scorer.model.settings;
  const heldOutRecords = Array.from(data.validation.text, (text) => rows.records[text]!);
  const groups = groupBy === null ? null : groupNumbers(heldOutRecords, groupBy);
  const groupsOf = ({ text }: LabelledRows) =>
    groupBy === null ? null : Array.from(text, (row) => groupOfText.get(row)!);
  const figure = (set: string, { score }: Predictions, rows: LabelledRows) =>
    setFigure(
      set,
      score,
      rows.score,
      { trainMean, ridge: ridge.predict(tables, rows), metricMean: meanOf(rows) },
      groupsOf(rows),
    );
  const groupOfText = new Map(Array.from(data.validation.text, (text, i) => [text, groups?.[i] ?? null]));
  const { records } = rows;
  const score = async (given: LabelledRows): Promise<HeldOutRows> => {
    const evidence = fit && await fit.model.evidence({ records, texts }, given, metrics, onDone);
    const scored = await scorer.score({ ...data.tables, metrics, rows: given, evidence }, { onDone });
    const group = groupBy === null ? null : given.text.map((text) => groupOfText.get(text)!);
    return { ...scored, score: given.score, text: given.text, group };
  };
  const plain = await score(data.validation), swapped = data.mismatched && await score(data.mismatched);
  const trained = {
    train: classShares(data.train.score.subarray(0, counts.train)),
    mismatched: Math.min(data.mismatchedShare, 0.5),
  };
  const { fit: informative, run } = scorer.shift;
  const knowledgeOf = (plain: HeldOutRows, swapped: HeldOutRows | null): ShiftKnowledge => ({
    fit: informative,
    classes: fitClasses(plain, swapped, trained, informative),
    run,
  });
  const knowledge = knowledgeOf(plain, swapped);
  // With a fit model by the share that the rows call for; what classes say of rows that they were calibrated by is no news.
  const finish = (rows: HeldOutRows) =>
    shiftedPredictions(rows, knowledge, { name: informative ? "auto" : "none", target: null }, prediction);
  const predictions = finish(plain), mismatched = swapped && finish(swapped);
  const { preferredTo } = data.validation;
  const pairs = preferredTo && pairFigure(predictions.score, ridge.predict(tables, data.validation), preferredTo);
  const figures = [{ ...figure("validation", predictions, data.validation), ...(pairs && { pairs }) }];
  if (mismatched) figures.push(figure("mismatched validation", mismatched, data.mismatched!));
  if (data.nearMisses) figures.push(figure("near misses", finish(await score(data.nearMisses)), data.nearMisses));
  const recordOfText = new Map(Array.from(data.validation.text, (text, i) => [text, heldOut[i]!]));
  const rowsOf = (rows: LabelledRows, { score, standardDeviation }: Predictions): ValidationRow[] =>
    Array.from(rows.text, (text, i) => ({
      record: recordOfText.get(text)!,
      score: rows.score[i]!,
      predicted: score[i]!,
      standardDeviation: standardDeviation?.[i] ?? null,
      group: groupOfText.get(text)!,
    }));
  return {
    figures,
    heldOut: {
      predicted: {
        validation: rowsOf(data.validation, predictions),
        mismatched: mismatched ? rowsOf(data.mismatched!, mismatched) : [],
      },
      evidence: [plain, swapped].flatMap((rows) => rows ? evidenceOf(rows) : []),
      ridge,
      classes: knowledge.classes!,
      shifted: shiftHeldOut(plain, swapped, knowledgeOf, prediction, (text) => recordOfText.get(text)!),
    },
  };
}

/** Figures of the sample set's test rows, which no part of a run has seen, by the model that is kept. */
export async function measureSample(
  scorer: ModelScorer,
  { test, testScores }: SampleSet,
  { plain, ridge }: { readonly plain: ScoredPairs; readonly ridge: RidgeBaseline },
  watch: EncodingWatch = {},
): Promise<SetFigure> {
  const features = await scorer.features(test.map(recordOf), { ...watch, source: "the sample's test set" });
  const { score } = await scorer.predict(features);
  const { metrics: { embeddings, dimension }, rows } = features;
  const tables = { ...features, metrics: { data: embeddings, dimension } };
  const beside = {
    trainMean: scorer.inputs.trainMean,
    ridge: ridge.predict(tables, rows),
    metricMean: metricMeans(plain)(rows),
  };
  return setFigure("sample test", score, testScores, beside);
}

/** The mean score of each row's metric over train rows. */
function metricMeans({ metric, score }: ScoredPairs): (rows: Rows) => Float64Array {
  const sums = new Map<number, [sum: number, rows: number]>();
  metric.forEach((one, row) => {
    const [sum, rows] = sums.get(one) ?? [0, 0];
    sums.set(one, [sum + score[row]!, rows + 1]);
  });
  const all = meanScore(score);
  return ({ metric }) =>
    Float64Array.from(metric, (one) => {
      const [sum, rows] = sums.get(one) ?? [all, 1];
      return sum / rows;
    });
}

function evidenceOf({ predictions: { score }, evidence }: HeldOutRows): HeldOutEvidence[] {
  return evidence
    ? Array.from(
      score,
      (recipe, i) => ({
        recipe,
        ratio: evidence.ratio[i]!,
        regime: evidence.regime[i]!,
        misfit: evidence.misfitScore[i]!,
      }),
    )
    : [];
}
