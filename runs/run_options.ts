import type { Observer } from "../data/observer.ts";
import type { Engine } from "../engine/engine.ts";
import type { Profile } from "../engine/profile/profile.ts";

/** How a run is watched and stopped. */
export interface RunOptions {
  /** Told of progress. */
  readonly reporter: Observer;
  /** Stops the run when it is aborted; all is saved then. */
  readonly signal?: AbortSignal;
  /** Replaces the run that is in the folder. */
  readonly force?: boolean;
  /** File that keeps vectors of pretrained encoders; null to keep none; the user's own by default. */
  readonly cache?: string | null;
  /** Adds histograms of weights and gradients to the TensorBoard event file after each epoch. */
  readonly histograms?: boolean;
  /**
   * Engine to compute on, which stays open. Without it the run opens one of its own, and goes on with another when the GPU
   * is lost.
   */
  readonly engine?: Engine;
  /** Notes what the run's own engine does. */
  readonly profile?: Profile | undefined;
}
