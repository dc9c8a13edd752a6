import { rmse } from "../data/evaluation.ts";
import type { EncodingWatch } from "./encode_inputs.ts";
import type { EpochFigures } from "./history.ts";
import type { Predictions } from "./predict_rows.ts";
import { type PreparedRun, recordOf } from "./prepare.ts";
import type { SetFigure } from "./run_readme.ts";
import type { Scorer } from "./scorer.ts";
import { type ClassKnowledge, classShares, fitClasses } from "./shift/held_out.ts";
import { measureShifts, type ShiftFigure } from "./shift/measure_shifts.ts";
import type { HeldOutRows } from "./shift/rows.ts";
import { shiftedPredictions, type ShiftKnowledge } from "./shift/shift_scores.ts";
import type { LabelledRows } from "./training_data.ts";
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
  /** What is kept of the rows' classes. */
  readonly classes: ClassKnowledge;
  /** What each way to allow for shift does on them. */
  readonly shifts: readonly ShiftFigure[];
}

/**
 * What the best epoch reached; what was made of the held-out rows once training is over, null before.
 *
 * @param scorer with the best epoch's model; null while training is not over
 */
export async function measureRun(
  scorer: Scorer | null,
  { data, sample, inputs, metrics, heldOut, gate, counts }: PreparedRun,
  best: EpochFigures,
  watch: EncodingWatch = {},
): Promise<{ readonly figures: readonly SetFigure[]; readonly heldOut: HeldOutMeasures | null }> {
  const figure = (set: string, rmseOfRun: number, scores: Float32Array): SetFigure => {
    const constant = rmse(new Float32Array(scores.length).fill(inputs.trainMean), scores);
    return { set, rows: scores.length, rmse: rmseOfRun, constant };
  };
  const figures = [figure("validation", best.validationRmse, data.validation.score)];
  if (data.mismatched && best.mismatchedRmse !== null) {
    figures.push(figure("mismatched validation", best.mismatchedRmse, data.mismatched.score));
  }
  if (!scorer) return { figures, heldOut: null };
  const { prediction } = scorer.model.settings;
  const score = async (rows: LabelledRows): Promise<HeldOutRows> => {
    const evidence = gate && gate.gate.evidence(gate.posteriors, rows, metrics);
    return { ...await scorer.score({ ...data.tables, metrics, rows, evidence }), score: rows.score, text: rows.text };
  };
  const plain = await score(data.validation), swapped = data.mismatched && await score(data.mismatched);
  const trained = {
    train: classShares(data.train.score.subarray(0, counts.train)),
    mismatched: Math.min(data.mismatchedShare, 0.5),
  };
  const { gate: listenedTo, run } = scorer.shift;
  const knowledgeOf = (plain: HeldOutRows, swapped: HeldOutRows | null): ShiftKnowledge => ({
    gate: listenedTo,
    classes: fitClasses(plain, swapped, trained, listenedTo),
    run,
  });
  const knowledge = knowledgeOf(plain, swapped);
  // With a gate by the share that the rows call for; what classes say of rows that they were calibrated by is no news.
  const finish = (rows: HeldOutRows) =>
    shiftedPredictions(rows, knowledge, { name: listenedTo ? "auto" : "none", target: null }, prediction);
  const predictions = finish(plain), mismatched = swapped && finish(swapped);
  if (gate) {
    // The epoch's figures are those of the network alone.
    figures[0] = figure("validation", rmse(predictions.score, data.validation.score), data.validation.score);
    if (mismatched) {
      const truth = data.mismatched!.score;
      figures[1] = figure("mismatched validation", rmse(mismatched.score, truth), truth);
    }
  }
  if (sample) {
    const features = await scorer.features(sample.test.map(recordOf), { ...watch, source: "the sample's test set" });
    const rows = await scorer.score(features);
    const { score } = shiftedPredictions(rows, knowledge, { name: "auto", target: null }, prediction);
    figures.push(figure("sample test", rmse(score, sample.testScores), sample.testScores));
  }
  const recordOfText = new Map(Array.from(data.validation.text, (text, i) => [text, heldOut[i]!]));
  const rowsOf = (rows: LabelledRows, { score, spread }: Predictions): ValidationRow[] =>
    Array.from(rows.text, (text, i) => ({
      record: recordOfText.get(text)!,
      score: rows.score[i]!,
      predicted: score[i]!,
      spread: spread?.[i] ?? null,
    }));
  return {
    figures,
    heldOut: {
      predicted: {
        validation: rowsOf(data.validation, predictions),
        mismatched: mismatched ? rowsOf(data.mismatched!, mismatched) : [],
      },
      classes: knowledge.classes!,
      shifts: measureShifts(plain, swapped, knowledgeOf, prediction),
    },
  };
}
