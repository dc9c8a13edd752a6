import { rmse } from "../data/evaluation.ts";
import type { Engine } from "../engine/engine.ts";
import type { EpochFigures } from "./history.ts";
import type { Predictions } from "./predict_rows.ts";
import { type PreparedRun, recordOf } from "./prepare.ts";
import type { RunFolder } from "./run_folder.ts";
import type { SetFigure } from "./run_readme.ts";
import { Scorer } from "./scorer.ts";
import type { LabelledRows } from "./training_data.ts";
import type { ValidationRow } from "./validation_file.ts";

/** Predictions of the rows that were held out. */
export interface PredictedSets {
  /** As they are. */
  readonly validation: readonly ValidationRow[];
  /** With a metric that does not fit; empty where there are none. */
  readonly mismatched: readonly ValidationRow[];
}

/** What the best epoch reached; the predictions of the validation rows once training is over. */
export async function measureRun(
  engine: Engine,
  folder: RunFolder,
  { data, sample, inputs, metrics, heldOut, gate }: PreparedRun,
  best: EpochFigures,
  finished: boolean,
): Promise<{ readonly figures: readonly SetFigure[]; readonly predicted: PredictedSets }> {
  const figure = (set: string, rmseOfRun: number, scores: Float32Array): SetFigure => {
    const constant = rmse(new Float32Array(scores.length).fill(inputs.trainMean), scores);
    return { set, rows: scores.length, rmse: rmseOfRun, constant };
  };
  const figures = [figure("validation", best.validationRmse, data.validation.score)];
  if (data.mismatched && best.mismatchedRmse !== null) {
    figures.push(figure("mismatched validation", best.mismatchedRmse, data.mismatched.score));
  }
  if (!finished) return { figures, predicted: { validation: [], mismatched: [] } };
  const scorer = await Scorer.load(engine, folder.path);
  const score = (rows: LabelledRows) => {
    const evidence = gate && gate.gate.evidence(gate.posteriors, rows, metrics);
    return scorer.predict({ ...data.tables, metrics, rows, evidence });
  };
  const predictions = await score(data.validation);
  const mismatched = data.mismatched && await score(data.mismatched);
  if (gate) {
    // The epoch's figures are those of the network alone.
    figures[0] = figure("validation", rmse(predictions.score, data.validation.score), data.validation.score);
    if (mismatched) {
      const truth = data.mismatched!.score;
      figures[1] = figure("mismatched validation", rmse(mismatched.score, truth), truth);
    }
  }
  if (sample) {
    const features = await scorer.features(sample.test.map(recordOf), { source: "the sample's test set" });
    const { score } = await scorer.predict(features);
    figures.push(figure("sample test", rmse(score, sample.testScores), sample.testScores));
  }
  scorer.dispose();
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
    predicted: {
      validation: rowsOf(data.validation, predictions),
      mismatched: mismatched ? rowsOf(data.mismatched!, mismatched) : [],
    },
  };
}
