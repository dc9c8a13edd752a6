import type { MetricTable } from "../../data/metrics/metric_table.ts";
import { metricsOfTexts, type MismatchOptions } from "../../data/pairs/negatives.ts";
import type { ScoredPairs } from "../../data/pairs/scored_pairs.ts";
import { groupNumbers } from "../../data/split.ts";
import type { Phase } from "../../data/observer.ts";
import type { FitTexts } from "../../scoring/fit/experts.ts";
import { fitFromFile, fitToFile } from "../../scoring/fit/fit_file.ts";
import { FitModel } from "../../scoring/fit/fit_model.ts";
import { calledMisfits, highestMisfitScore, misfitProbability } from "../../scoring/fit/misfits.ts";

/** A fit model, and what it says of the rows that it was prepared with. */
export interface PreparedFit {
  readonly model: FitModel;
  /** Train rows that probably do not fit, [rows]. */
  readonly misfits: readonly boolean[];
  /** Validation rows of which the model, which has not seen them, says the same, [rows]. */
  readonly validationMisfits: readonly boolean[];
}

/** Fits a fit model, and says in a note what it found. Held-out rows of one group, or of the same texts, count as one. */
export async function prepareFit(
  { records, texts, train, validation, metrics, groupBy, pairs }: FitTexts & {
    readonly train: ScoredPairs;
    readonly validation: ScoredPairs;
    readonly metrics: MetricTable;
    readonly groupBy: string | null;
    readonly pairs: Pick<MismatchOptions, "sameText" | "known">;
  },
  { onNote, phase }: { readonly onNote: (sentence: string) => void; readonly phase?: Phase },
): Promise<PreparedFit> {
  const groupsOf = ({ text }: ScoredPairs) => groupNumbers(Array.from(text, (one) => records[one]!), groupBy);
  const { model: fitted, misfit } = await FitModel.fit({
    records,
    texts,
    train,
    trainGroups: groupsOf(train),
    heldOut: { rows: validation, groups: groupsOf(validation), known: metricsOfTexts(pairs) },
    metrics: { data: metrics.embeddings, dimension: metrics.dimension },
  }, phase);
  // As a file keeps it, so that the run is measured by what it will score with.
  const model = fitFromFile(fitToFile(fitted), "the fit model"), { lowShare } = model.state;
  const { ratio, regime } = await model.evidence(
    { records, texts },
    validation,
    metrics,
    (done, total) => phase?.("judging held-out rows", done, total) ?? Promise.resolve(),
  );
  const probable = ratio.map((one, row) =>
    regime[row] === 0 && validation.score[row]! <= highestMisfitScore ? misfitProbability(one, lowShare) : 0
  );
  onNote(describeFit(model));
  return { model, misfits: calledMisfits(misfit), validationMisfits: calledMisfits(probable) };
}

/** What a fit model has found, in a sentence. */
function describeFit({ state: { regimes: { seen, unseen }, trainShare } }: FitModel): string {
  const percent = (share: number) => `${Number((100 * share).toFixed(1))} %`;
  const known = seen.informative
    ? `for metrics of training it tells a record from one with a swapped metric in ${
      percent(seen.accuracy)
    } of the cases, and takes ${percent(trainShare)} of the train rows for misfits`
    : "there is no evidence for metrics of training";
  const added = unseen.informative
    ? `for metrics that training lacks it is right in ${percent(unseen.accuracy)}`
    : "there is none for metrics that training lacks";
  return seen.informative || unseen.informative
    ? `Fit model: ${known}; ${added}.`
    : "Fit model: whether a metric fits its text cannot be told here, so that scores stay as the recipe gives them.";
}
