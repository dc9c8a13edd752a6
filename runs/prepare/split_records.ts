import { drawnRows } from "../../data/pairs/drawn_rows.ts";
import { stratifiedKFold } from "../../data/folds/stratified_k_fold.ts";
import { haveBeenCompared } from "../../data/pairs/preferred.ts";
import type { MetricRecord } from "../../data/records.ts";
import { holdoutSplit, type Split, stratifiedFolds } from "../../data/split.ts";
import { UsageError } from "../../kernels/errors.ts";
import { Philox } from "../../kernels/philox.ts";
import type { Settings } from "../../recipes/settings/shared.ts";

const rowsStream = 0xba66;

/** Which records are learnt from and which are held out; of the train rows the share that the settings ask for. */
export function splitRecords(records: readonly MetricRecord[], settings: Settings): Split {
  return drawnFrom(splitOf(records, settings), settings);
}

function splitOf(records: readonly MetricRecord[], { data, training }: Settings): Split {
  const { groupBy, validationShare, validationCount: count, folds, fold, folding } = data;
  const seed = data.splitSeed ?? training.seed, options = { seed, groupBy };
  if (folds === 0) {
    return holdoutSplit(records, {
      ...options,
      share: count === null ? validationShare : shareOf(count, records.length),
    });
  }
  if (folding === "grouped") return stratifiedFolds(records, { ...options, folds })[fold]!;
  if (haveBeenCompared(records)) {
    throw new UsageError(
      "data.folding is scikit-learn, which deals records by their scores; pairs of responses have none.",
    );
  }
  // As document 004 has it, int(float(score)): 9.5 is dealt with the nines.
  return stratifiedKFold(records.map(({ score }) => Math.floor(score!)), { seed, folds })[fold]!;
}

/** @throws UsageError when there are no more records than that */
function shareOf(count: number, records: number): number {
  if (count < records) return count / records;
  throw new UsageError(`data.validationCount is ${count}, but there are ${records} records; fewer are expected.`);
}

/** Of the train rows those that are learnt from, at least one. */
function drawnFrom({ train, validation }: Split, { training: { rowShare, seed } }: Settings): Split {
  const count = Math.max(Math.round(rowShare * train.length), 1);
  return { train: drawnRows(train, count, new Philox(seed, rowsStream)), validation };
}
