import { MetrogradError } from "../../kernels/errors.ts";
import type { Split } from "../split.ts";
import { MersenneTwister } from "./mersenne_twister.ts";

/**
 * The folds of scikit-learn's `StratifiedKFold(n_splits=folds, shuffle=True, random_state=seed)`, to the row: each class is
 * dealt to the folds on its own, as evenly as its rows allow. Nothing keeps rows with the same texts together.
 *
 * @param classes of the rows
 * @returns each fold in turn as the validation side of a split
 * @throws MetrogradError when every class has fewer rows than there are folds, as scikit-learn does
 * @see `StratifiedKFold._make_test_folds` of scikit-learn 1.9, sklearn/model_selection/_split.py
 */
export function stratifiedKFold(
  classes: readonly number[],
  { folds, seed }: { readonly folds: number; readonly seed: number },
): Split[] {
  const rowsOf = Map.groupBy(classes.keys(), (row) => classes[row]!);
  const members = [...rowsOf.values()];
  const most = Math.max(0, ...members.map(({ length }) => length));
  if (most < folds) {
    throw new MetrogradError(
      `The most frequent score has ${most} records; at least ${folds}, one a fold, are expected.`,
    );
  }
  // The rows sorted by class (classes in order of their first row) are dealt one by one to the folds in turn.
  let dealt = 0;
  const random = new MersenneTwister(seed), foldOf = new Uint32Array(classes.length);
  for (const rows of members) {
    const ids = rows.map((_, i) => (dealt + i) % folds).sort((a, b) => a - b);
    dealt += rows.length;
    random.shuffle(ids);
    rows.forEach((row, i) => foldOf[row] = ids[i]!);
  }
  const side = (wanted: (fold: number) => boolean) =>
    Uint32Array.from(foldOf.keys()).filter((row) => wanted(foldOf[row]!));
  return Array.from({ length: folds }, (_, fold) => ({
    validation: side((one) => one === fold),
    train: side((one) => one !== fold),
  }));
}
