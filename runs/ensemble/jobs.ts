import { MetrogradError } from "../../kernels/errors.ts";
import type { EpochFigures, Observer, StepProgress, TrainPlan } from "../../data/observer.ts";
import { errorFactor, scoreRange } from "../../data/scores.ts";
import type { RunConfig, RunFolder } from "../run_folder.ts";
import type { RunOptions } from "../run_options.ts";
import { trainOrResume } from "../resume_run.ts";

/** A run that is to be trained. */
export interface Job {
  /** What notes call it. */
  readonly name: string;
  /** Which of the runs it is, from 1. */
  readonly number: number;
  /** How many there are. */
  readonly of: number;
  readonly config: RunConfig;
  readonly folder: RunFolder;
}

/** What a thread is sent: a run to train, or to stop. */
export type JobRequest =
  | { readonly kind: "train"; readonly config: RunConfig; readonly path: string; readonly histograms: boolean }
  | { readonly kind: "stop" };

/** What a thread sends back. */
export type JobReply =
  | { readonly kind: "note" | "debug" | "warn"; readonly sentence: string }
  | { readonly kind: "start"; readonly plan: TrainPlan }
  | { readonly kind: "phase"; readonly name: string; readonly done?: number; readonly total?: number }
  | { readonly kind: "step"; readonly progress: StepProgress }
  | { readonly kind: "epoch"; readonly figures: EpochFigures; readonly best: boolean }
  | { readonly kind: "end" }
  | { readonly kind: "done"; readonly finished: boolean }
  | { readonly kind: "failed"; readonly message: string };

/** Trains runs one after another; how many are done, fewer than all where the signal stopped them. */
export async function trainInTurn(jobs: readonly Job[], options: RunOptions): Promise<number> {
  for (const [i, { name, number, of, config, folder }] of jobs.entries()) {
    options.reporter.note?.(`${name.charAt(0).toUpperCase()}${name.slice(1)}:`);
    const reporter = options.reporter.run?.({ name, number, of, beside: false }) ?? options.reporter;
    const { finished } = await trainOrResume(folder, config, { ...options, reporter, force: false });
    if (!finished) return i;
  }
  return jobs.length;
}

/**
 * Trains runs in threads, `count` at a time, each on an engine of its own. They come to the same bits as one after another.
 *
 * @returns how many are done, fewer than all where the signal stopped them
 * @throws MetrogradError as the first run that failed does; the others are stopped, and all can be resumed
 */
export async function trainApart(
  jobs: readonly Job[],
  count: number,
  { reporter, signal, histograms = false }: RunOptions,
): Promise<number> {
  const stop = new AbortController();
  const stopped = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const waiting = [...jobs];
  let done = 0;
  let failure: unknown = null;
  const work = async () => {
    for (let job = waiting.shift(); job && !stopped.aborted; job = waiting.shift()) {
      try {
        if (await trainInThread(job, { reporter, signal: stopped, histograms })) done++;
      } catch (error) {
        failure ??= error;
        stop.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, jobs.length) }, work));
  if (failure !== null) throw failure;
  return done;
}

async function trainInThread(
  { name, number, of, config, folder }: Job,
  { reporter, signal, histograms }: Required<Pick<RunOptions, "reporter" | "signal" | "histograms">>,
): Promise<boolean> {
  const thread = new Worker(new URL("./job_thread.ts", import.meta.url), { type: "module" });
  const send = (request: JobRequest) => thread.postMessage(request);
  const stop = () => send({ kind: "stop" });
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  reporter.note?.(`${name}: begins`);
  const own: Observer = reporter.run?.({ name, number, of, beside: true }) ?? {};
  let fitted = false, factor = 1;
  thread.onmessage = ({ data }: MessageEvent<JobReply>) => {
    if (data.kind === "note") reporter.note?.(`${name}: ${data.sentence}`);
    else if (data.kind === "debug") reporter.debug?.(`${name}: ${data.sentence}`);
    else if (data.kind === "warn") reporter.warn?.(`${name}: ${data.sentence}`);
    else if (data.kind === "start") {
      ({ fitted } = data.plan);
      factor = errorFactor(data.plan.scoreRange ?? scoreRange);
      own.start?.(data.plan);
    } else if (data.kind === "phase") own.phase?.(data.name, data.done, data.total);
    else if (data.kind === "step") own.step?.(data.progress);
    else if (data.kind === "epoch") {
      const { epoch, validationRmse } = data.figures;
      reporter.note?.(`${name}: ${fitted ? "fitted" : `epoch ${epoch}`}, RMSE ${(factor * validationRmse).toFixed(4)}`);
      own.epoch?.(data.figures, data.best);
    } else if (data.kind === "end") own.end?.();
    else if (data.kind === "done") resolve(data.finished);
    else if (data.kind === "failed") reject(new MetrogradError(data.message));
  };
  thread.onerror = (event) => {
    event.preventDefault();
    reject(new Error(`${name}: ${event.message}`));
  };
  signal.addEventListener("abort", stop);
  try {
    send({ kind: "train", config, path: folder.path, histograms });
    return await promise;
  } finally {
    signal.removeEventListener("abort", stop);
    thread.terminate();
  }
}
