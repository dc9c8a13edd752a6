import type { ScoredPairs } from "../data/negatives.ts";
import type { MetricTable } from "../data/metric_table.ts";
import { groupNumbers } from "../data/split.ts";
import { counted } from "./counted.ts";
import { FitGate } from "./gate/fit_gate.ts";
import type { GateReading, GateTexts } from "./gate/gate_rows.ts";
import { highestMisfitScore, misfitProbability } from "./gate/mixture_fit.ts";

/** A gate, and what it says of the rows that it was prepared with. */
export interface PreparedGate {
  readonly gate: FitGate;
  /** What its experts say of all records. */
  readonly readings: readonly GateReading[];
  /** Train rows that probably do not fit, [rows]. */
  readonly misfits: readonly boolean[];
  /** Validation rows of which the gate, which has not seen them, says the same, [rows]. */
  readonly validationMisfits: readonly boolean[];
}

/** Fits a gate, and says so in a note. Held-out rows of one group, or of the same texts, count as one. */
export function prepareGate(
  { records, texts, train, validation, mismatched, metrics, groupBy }: GateTexts & {
    readonly train: ScoredPairs;
    readonly validation: ScoredPairs;
    readonly mismatched: ScoredPairs;
    readonly metrics: MetricTable;
    readonly groupBy: string | null;
  },
  onNote: (sentence: string) => void,
): PreparedGate {
  const heldOut = Array.from(validation.text, (text) => records[text]!);
  const { gate: fitted, misfit } = FitGate.fit({
    records,
    texts,
    train,
    validation,
    sources: new Set(groupNumbers(heldOut, groupBy)).size,
    mismatched: mismatched.score.length > 0 ? mismatched : null,
    metrics: { data: metrics.embeddings, dimension: metrics.dimension },
  });
  onNote(describeGate(fitted));
  // As a file keeps it, so that the run is measured by what it will score with.
  const gate = FitGate.fromFile(fitted.toFile(), "the gate");
  const readings = gate.read({ records, texts });
  const { odds } = gate.evidence(readings, validation, metrics);
  const isMisfit = (probability: number) => probability > 0.5;
  return {
    gate,
    readings,
    misfits: Array.from(misfit, isMisfit),
    validationMisfits: Array.from(
      odds,
      (one, row) =>
        validation.score[row]! <= highestMisfitScore && isMisfit(misfitProbability(one, gate.state.lowShare!)),
    ),
  };
}

/** What a gate has found, in a sentence. */
function describeGate({ experts: { topics: { topics } }, state, trainShare }: FitGate): string {
  const percent = (share: number) => `${Number((100 * share).toFixed(1))} %`;
  const [words, places] = state.calibration.slopes;
  const by = [
    words ? `the words of ${counted(topics, "topic")}` : [],
    places ? "the texts' embeddings" : [],
  ].flat().join(" and ");
  const found = `Gate: by ${by || "nothing"} it tells a record from one with a swapped metric in ${
    percent(state.accuracy)
  } of the cases`;
  return state.informative
    ? `${found}, and holds ${percent(trainShare)} of the train rows for such that do not fit.`
    : `${found}, too few to be listened to: scores stay as the recipe gives them.`;
}
