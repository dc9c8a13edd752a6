import type { ScoredPairs } from "../data/negatives.ts";
import type { MetricTable } from "../data/metric_table.ts";
import type { MetricRecord } from "../data/records.ts";
import { FitGate } from "./gate/fit_gate.ts";
import { highestMisfitScore, misfitProbability } from "./gate/mixture_fit.ts";

/** A gate, and what it says of the rows that it was prepared with. */
export interface PreparedGate {
  readonly gate: FitGate;
  /** p(topic | texts) of all records, [records][topics]. */
  readonly posteriors: readonly Float64Array[];
  /** Train rows that probably do not fit, [rows]. */
  readonly misfits: readonly boolean[];
  /** Validation rows of which the gate, which has not seen them, says the same, [rows]. */
  readonly validationMisfits: readonly boolean[];
}

/** Fits a gate, and says so in a note. */
export function prepareGate(
  { records, train, validation, mismatched, metrics }: {
    readonly records: readonly MetricRecord[];
    readonly train: ScoredPairs;
    readonly validation: ScoredPairs;
    readonly mismatched: ScoredPairs;
    readonly metrics: MetricTable;
  },
  onNote: (sentence: string) => void,
): PreparedGate {
  const { gate: fitted, misfit } = FitGate.fit({
    records,
    train,
    validation,
    mismatched: mismatched.score.length > 0 ? mismatched : null,
    metrics: metrics.names.length,
  });
  onNote(describeGate(fitted, train.score.length));
  // As a file keeps it, so that the run is measured by what it will score with.
  const gate = FitGate.fromFile(fitted.toFile(), "the gate");
  const posteriors = gate.posteriors(records);
  const { odds } = gate.evidence(posteriors, validation, metrics);
  const isMisfit = (probability: number) => probability > 0.5;
  return {
    gate,
    posteriors,
    misfits: Array.from(misfit, isMisfit),
    validationMisfits: Array.from(
      odds,
      (one, row) => validation.score[row]! <= highestMisfitScore && isMisfit(misfitProbability(one, gate.trainShare)),
    ),
  };
}

/** What a gate has found, in a sentence. */
function describeGate({ topics: { topics }, accuracy, informative, trainShare }: FitGate, rows: number): string {
  const percent = (share: number) => `${Number((100 * share).toFixed(1))} %`;
  if (topics < 2) {
    return `Gate: no topics found in the words of ${rows} records, so that scores stay as the recipe gives them.`;
  }
  const found = `Gate: ${topics} topics; it tells a record from one with a swapped metric in ${
    percent(accuracy)
  } of the cases`;
  return informative
    ? `${found}, and holds ${percent(trainShare)} of the train rows for such that do not fit.`
    : `${found}, too few to be listened to: scores stay as the recipe gives them.`;
}
