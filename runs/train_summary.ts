import type { EpochFigures, RowCounts } from "../data/observer.ts";
import type { Choice } from "../recipes/choice.ts";
import type { DirectionWeights } from "../recipes/direction_weights.ts";
import type { SetFigure } from "../scoring/set_figure.ts";
import type { ShiftFigure } from "../scoring/shift/measure_shifts.ts";
import type { RunConfig } from "./run_folder.ts";

/** What a run came to. */
export interface TrainSummary {
  /** Where the run is. */
  readonly folder: string;
  /** Its recipe, settings and data. */
  readonly config: RunConfig;
  /** True where the model is fitted in closed form, so that there are no epochs to speak of. */
  readonly fitted: boolean;
  /** Rows of each kind. */
  readonly counts: RowCounts;
  /** False when it was stopped by its signal; it can be resumed. */
  readonly finished: boolean;
  /** Epochs that are done. */
  readonly epochs: number;
  /** The epoch whose weights are kept; null before the first. */
  readonly best: EpochFigures | null;
  /** Of validation rows, of such with a metric that does not fit, and of the sample set's test rows; empty until it is finished. */
  readonly figures: readonly SetFigure[];
  /** What a recipe that chooses has chosen; null for others and until the run is finished. */
  readonly choice: Choice | null;
  /** Weights of the directions that its metrics are composed of; null for recipes without, and until it is finished. */
  readonly directions: DirectionWeights | null;
  /** Where predicted scores are drawn against true ones, once it is finished. */
  readonly picture: string;
  /** The data in a sentence. */
  readonly about: string;
  /** RMSE on held-out rows under each way to allow for shift; empty until the run is finished. */
  readonly shifts: readonly ShiftFigure[];
}
