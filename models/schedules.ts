import { type PlateauState, ReduceLROnPlateau } from "../engine/optim/reduce_lr_on_plateau.ts";

/** Schedules that settings can name. */
export const scheduleNames = ["plateau", "none"] as const;

/** The section `schedule`. */
interface ScheduleSettings {
  readonly name: (typeof scheduleNames)[number];
  readonly patience: number;
  readonly factor: number;
  readonly minimumLr: number;
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

/** Makes the schedule that the settings name. */
export function makeSchedule(
  optimizer: { lr: number },
  { name, patience, factor, minimumLr }: ScheduleSettings,
): Schedule {
  switch (name) {
    case "plateau": {
      const plateau = new ReduceLROnPlateau(optimizer, { factor, patience, minLr: minimumLr });
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
    case "none":
      return { beforeStep() {}, afterEpoch() {}, state: null };
  }
}
