import { callOf } from "../../data/files/called_as.ts";
import type { EpochFigures, Observer, RowCounts } from "../../data/observer.ts";
import { swapStage } from "../../runs/prepare/augment.ts";
import { errorFactor, scoreRange } from "../../data/scores.ts";
import { StepRate } from "../../data/step_rate.ts";
import { counted } from "../../data/texts/counted.ts";
import { bar, duration } from "./bar.ts";
import { createEncodingReporter } from "./encoding_progress.ts";
import { createPhaseReporter } from "./phase_progress.ts";
import type { Terminal } from "./terminal.ts";

/** Least time between two drawings of the progress line. */
const redrawMilliseconds = 100;

/**
 * Shows training: a line an epoch, or a fit; on a screen also one below that is written over.
 *
 * @param now a clock in milliseconds
 */
export function createTrainReporter(terminal: Terminal, now: () => number = () => performance.now()): Observer {
  let epochs = 0, epochsDone = 0, fitted = false, drawnAt = -Infinity, began = 0;
  let rate: StepRate | null = null, totalSteps = 0, factor = 1;
  let latest: EpochFigures | null = null, best: EpochFigures | null = null;
  const warned = new Set<string>();

  const encoding = createEncodingReporter(terminal, now), phases = createPhaseReporter(terminal, now);
  return {
    note: (sentence) => terminal.note(sentence),
    debug: (sentence) => terminal.debug(sentence),
    warn(sentence) {
      // Folds and members of one call find the same in the same data.
      if (!warned.has(sentence)) terminal.warn(sentence);
      warned.add(sentence);
    },
    ...encoding,
    adapter({ description, backend, software }) {
      terminal.note(`Runs on ${description} (${backend}).`);
      if (software) {
        this.warn!(`This adapter computes on the CPU; a GPU is many times faster (see: ${callOf("doctor")}).`);
      }
    },
    prepared: ({ counts, weights }) => terminal.note(describeRows(counts, weights)),
    start(plan) {
      ({ epochs, epochsDone, fitted } = plan);
      factor = errorFactor(plan.scoreRange ?? scoreRange);
      rate = latest = best = null;
      began = now();
      phases.restart();
      terminal.status(fitted ? "fitting ..." : `epoch ${epochsDone + 1}/${epochs}  compiling kernels ...`);
    },
    phase: (name, done, total) => phases.show(name, done, total),
    step({ epoch, batch, batches, loss }) {
      const steps = (epoch - 1) * batches + batch;
      // The first steps wait for kernels to be compiled: the rate is counted from their end.
      rate ??= new StepRate(now(), steps);
      rate.update(now(), steps);
      totalSteps = epochs * batches;
      if (now() - drawnAt < redrawMilliseconds && batch < batches) return;
      drawnAt = now();
      terminal.status([
        `epoch ${epoch}/${epochs} ${bar(batch / batches)}`,
        ...(latest && best ? [rmse(latest, factor, 3)] : []),
        ...rateWords(rate, totalSteps),
        ...(best ? [`best: epoch ${best.epoch}`] : []),
        `loss ${loss.toFixed(3)}`,
      ]);
    },
    epoch(figures, isBest) {
      latest = figures;
      if (isBest) best = figures;
      if (fitted) {
        terminal.note(`Fitted in ${duration((now() - began) / 1000)}: ${rmse(figures, factor, 4)}`);
        return;
      }
      terminal.note([
        `epoch ${String(figures.epoch).padStart(String(epochs).length)}/${epochs}`,
        rmse(figures, factor, 4),
        isBest ? "best" : "    ",
        `loss ${figures.trainLoss.toFixed(4)}`,
        `lr ${Number(figures.learningRate.toPrecision(3))}`,
        // A screen has these in the line below.
        ...(terminal.interactive ? [] : rateWords(rate, totalSteps)),
      ].join("  "));
    },
    end: () => terminal.status(""),
  };
}

/** What is trained on. */
function describeRows({ train, validation, added }: RowCounts, weights: string): string {
  const plain = `${counted(train, "train row")} and ${counted(validation, "validation row")}`;
  const more = added.filter(([, rows]) => rows > 0).map(([stage, rows]) =>
    `${rows} of ${stage}${stage === swapStage ? " (for metrics that do not fit; --negatives 0 leaves them out)" : ""}`
  );
  return [
    `${plain}.`,
    ...(more.length > 0 ? [`Added to the train rows: ${more.join(", ")}.`] : []),
    ...(weights === "none" ? [] : [`Sample weights: ${weights}.`]),
  ].join(" ");
}

/** The time left if no early stopping comes, and steps a second; nothing before they can be told. */
function rateWords(rate: StepRate | null, totalSteps: number): string[] {
  const perSecond = rate?.perSecond ?? null, left = rate?.secondsTo(totalSteps) ?? null;
  if (perSecond === null || left === null) return [];
  const speed = `${perSecond.toFixed(perSecond < 10 ? 1 : 0)} steps/s`;
  return left > 0 ? [`≤ ${duration(left)} left`, speed] : [speed];
}

/** @param factor what errors are multiplied by to be on the scale of the data */
function rmse({ validationRmse, mismatchedRmse, pairAccuracy }: EpochFigures, factor: number, digits: number): string {
  if (pairAccuracy !== undefined) return `pairs ${(100 * pairAccuracy).toFixed(1)} %`;
  const mismatched = mismatchedRmse === null ? "" : `, mismatched ${(factor * mismatchedRmse).toFixed(digits)}`;
  return `RMSE ${(factor * validationRmse).toFixed(digits)}${mismatched}`;
}
