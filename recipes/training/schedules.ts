import { type PlateauState, ReduceLROnPlateau } from "../../engine/optim/reduce_lr_on_plateau.ts";
import { CosineAnnealingLR, type Schedule as StepSchedule, WarmupLinearLR } from "../../engine/optim/schedules.ts";

/** Schedules that settings can name. */
export const scheduleNames = ["plateau", "cosine", "warmup-linear", "none"] as const;

/** The section `schedule`. */
interface ScheduleSettings {
  readonly name: (typeof scheduleNames)[number];
  readonly patience: number;
  readonly factor: number;
  readonly minimumLr: number;
  readonly warmup: number;
}

/** What a schedule remembers, as a checkpoint keeps it; null for one that follows from the step alone. */
export type ScheduleState = PlateauState | null;

/** Changes an optimiser's learning rate. */
export interface Schedule {
  /** Called before each step, counted from 0 over all epochs. */
  beforeStep(step: number): void;
  /** Called after each epoch with its selection figure. */
  afterEpoch(figure: number): void;
  state: ScheduleState;
}

/**
 * Makes the schedule that the settings name.
 *
 * @param totalSteps steps of a training that is not ended early
 */
export function makeSchedule(
  optimizer: { lr: number },
  { name, patience, factor, minimumLr: minLr, warmup }: ScheduleSettings,
  totalSteps: number,
): Schedule {
  switch (name) {
    case "plateau":
      return overEpochs(new ReduceLROnPlateau(optimizer, { factor, patience, minLr, thresholdMode: "rel_abs" }));
    case "cosine":
      return overSteps(new CosineAnnealingLR(optimizer, { total: totalSteps, minLr }));
    case "warmup-linear":
      return overSteps(new WarmupLinearLR(optimizer, { warmup: Math.round(warmup * totalSteps), total: totalSteps }));
    case "none":
      return { beforeStep() {}, afterEpoch() {}, state: null };
  }
}

function overEpochs(plateau: ReduceLROnPlateau): Schedule {
  return {
    beforeStep() {},
    afterEpoch: (figure) => void plateau.step(figure),
    get state() {
      return plateau.state;
    },
    set state(state) {
      if (state) plateau.state = state;
    },
  };
}

function overSteps({ optimizer, rateAt }: StepSchedule): Schedule {
  return {
    beforeStep: (step) => optimizer.lr = rateAt(step),
    afterEpoch() {},
    state: null,
  };
}
