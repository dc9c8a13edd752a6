import { callOf } from "../../data/files/called_as.ts";
import type { Observer } from "../../data/observer.ts";
import type { FinetunePlan } from "../../runs/finetune/finetune.ts";
import type { FinetuneEpoch } from "../../runs/finetune/trainer.ts";
import { bar, duration } from "./bar.ts";
import { counted } from "../../data/texts/counted.ts";
import type { Terminal } from "./terminal.ts";

/** Least time between two drawings of the progress line, and between two lines where there is no screen. */
const redrawMilliseconds = 100, lineMilliseconds = 30_000;

/** Shows what fine-tuning tells; `end` takes the progress line away. */
export type FinetuneReporter = Required<
  Pick<
    Observer<FinetuneEpoch, FinetunePlan>,
    "note" | "warn" | "debug" | "adapter" | "start" | "step" | "epoch" | "end"
  >
>;

/**
 * Shows fine-tuning: on a screen one line that is written over, else a line every half minute and one an epoch.
 *
 * @param now a clock in milliseconds
 */
export function createFinetuneReporter(
  terminal: Terminal,
  now: () => number = () => performance.now(),
): FinetuneReporter {
  let epochs = 0, batches = 0, first: { readonly at: number; readonly steps: number } | null = null, shownAt = NaN;
  return {
    note: (sentence) => terminal.note(sentence),
    warn: (sentence) => terminal.warn(sentence),
    debug: (sentence) => terminal.debug(sentence),
    adapter({ description, backend, software }) {
      terminal.note(`Runs on ${description} (${backend}).`);
      if (software) {
        terminal.warn(`This adapter computes on the CPU; a GPU is many times faster (see: ${callOf("doctor")}).`);
      }
    },
    start(plan) {
      ({ epochs, batches } = plan);
      const pairs = Object.entries(plan.pairs).map(([kind, count]) => `${count} of ${kind}`).join(", ");
      terminal.note(
        `${counted(plan.texts, "text")} of ${counted(plan.records, "record")}${
          plan.heldOut ? ", others held out to measure on" : ", too few to hold any out to measure on"
        }; pairs an epoch: ${pairs}.`,
      );
      terminal.note(
        `${counted(plan.trainedTensors, "tensor")} of ${
          plan.trainedNumbers.toLocaleString("en")
        } numbers are trained; ` +
          `the rate rises over ${counted(plan.warmup, "step")} of ${epochs * batches}.`,
      );
      shownAt = now();
      terminal.status(`epoch ${Math.floor(plan.stepsDone / batches) + 1}/${epochs}  compiling kernels ...`);
    },
    step({ epoch, batch, loss }) {
      const steps = (epoch - 1) * batches + batch;
      // The first step waits for kernels to be compiled: the rate is counted from its end.
      first ??= { at: now(), steps };
      if (now() - shownAt < (terminal.interactive ? redrawMilliseconds : lineMilliseconds)) return;
      shownAt = now();
      const each = (now() - first.at) / (steps - first.steps) / 1000;
      const words = [
        `epoch ${epoch}/${epochs} ${bar(batch / batches)}`,
        ...Number.isFinite(each) ? [`${duration(each * (epochs * batches - steps))} left`, pace(each)] : [],
        `loss ${loss.toFixed(3)}`,
      ];
      if (terminal.interactive) terminal.status(words);
      else terminal.note(words.join("  "));
    },
    epoch: ({ epoch, loss }) => terminal.note(`epoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}`),
    end: () => terminal.status(""),
  };
}

/** Seconds a step, or steps a second. */
const pace = (each: number) => each > 1 ? `${each.toFixed(1)} s/step` : `${(1 / each).toFixed(1)} steps/s`;
