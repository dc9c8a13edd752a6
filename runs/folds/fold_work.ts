import type { ValidationRow } from "../results/validation_file.ts";
import type { RunOptions } from "../run_options.ts";

/** What is trained for each fold. */
export interface FoldWork<Options extends RunOptions = RunOptions> {
  /** Trains what holds a fold out into a folder, or goes on with it; true when it is done. What is done is left alone. */
  train(path: string, fold: number, options: Options): Promise<boolean>;
  /** What was predicted of each fold's records, from the folders of all folds. */
  rows(paths: readonly string[]): Promise<readonly FoldRows[]>;
}

/** What was predicted of a fold's records by what had not seen them. */
export interface FoldRows {
  readonly rows: readonly ValidationRow[];
  /** Mean score of the fold's train rows. */
  readonly trainMean: number;
  /** What else predicted the same rows, the same in all folds; none where it is left out. */
  readonly beside?: readonly { readonly name: string; readonly predicted: ArrayLike<number> }[];
}
