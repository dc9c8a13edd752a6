import { DataError } from "../kernels/errors.ts";
import type { CorrectionOptions } from "../scoring/calibration/correction.ts";
import { createHandler } from "./handler.ts";
import { authorizeBy } from "./http/authorize.ts";
import { type Address, listen } from "./http/listen.ts";
import { LoadedRuns } from "./model/loaded_runs.ts";
import { ScoreStep } from "./model/score_step.ts";
import { readServedRuns, type RunName, type ServedRun } from "./model/served_run.ts";
import { type ServedModel, Service, type ServiceLimits } from "./service.ts";
import type { AccessLog } from "./watch/access_log.ts";

/** What is served, where and how. */
export interface ServeRequest extends CorrectionOptions, Address {
  /** The runs, the first of them the one that is taken where a request names none. */
  readonly runs: readonly RunName[];
  readonly limits: ServiceLimits;
  /** The bearer token that requests need; null for none. */
  readonly token: string | null;
  /** The runs' encoder by another name; null for the names that they know. */
  readonly encoder: string | null;
  /** How long requests that wait at the end have to be answered. */
  readonly drainSeconds: number;
}

/** How a service is watched and ended. */
export interface ServeOptions {
  /** Ends it once what waits is answered. */
  readonly signal: AbortSignal;
  readonly onNote: (sentence: string) => void;
  readonly onWarning: (sentence: string) => void;
  /** Told of an error that nothing of a request explains. */
  readonly onError: (error: unknown) => void;
  /** Told where it listens once it is ready. */
  readonly onListen: (address: Address) => void;
  /** Told of each request; null for no log. */
  readonly log: AccessLog | null;
  /** True where the log has the bodies of requests too. */
  readonly logBodies: boolean;
}

/** What came of a service. */
export interface ServeSummary {
  /** Requests that were not answered in time at the end. */
  readonly dropped: number;
}

/**
 * Serves runs by HTTP until the signal. It listens once the runs are on the GPU and have scored a record each.
 *
 * @throws DataError when a folder holds no finished run, MetrogradError when the address cannot be had
 */
export async function serve(request: ServeRequest, options: ServeOptions): Promise<ServeSummary> {
  const { encoder, limits, token, drainSeconds } = request, { onNote, onWarning, onError, log, logBodies } = options;
  const runs = await readServedRuns(request.runs);
  // The service counts losses, but is made of models that are loaded before it is.
  let service: Service | null = null;
  const onLoss = (sentence: string) => {
    service?.metrics.loss();
    onWarning(sentence);
  };
  await using loaded = new LoadedRuns(runs, { encoder, onNote, onLoss });
  const models: ServedModel[] = [];
  for (const run of runs) models.push(await modelOf(loaded, run, request, onNote));
  service = new Service({ models, limits, isReady: () => loaded.isReady() });
  const handler = createHandler({ service, authorize: authorizeBy(token), log, logBodies, onError });
  const server = await listen(request, handler);
  options.onListen(server);
  await aborted(options.signal);
  service.isDraining = true;
  if (await within(server.close(), drainSeconds)) return { dropped: 0 };
  const dropped = service.admission.inside;
  server.cut();
  return { dropped };
}

/** A run that has scored a record. */
async function modelOf(
  loaded: LoadedRuns,
  run: ServedRun,
  options: CorrectionOptions,
  onNote: (sentence: string) => void,
): Promise<ServedModel> {
  const step = new ScoreStep(loaded, run, options);
  const embed = async (texts: readonly string[]) => {
    const vectors = await loaded.use(run.name, (folder, encoding) => folder.embed(texts, encoding));
    const dimension = vectors.length / texts.length;
    return texts.map((_, i) => vectors.subarray(i * dimension, (i + 1) * dimension));
  };
  await step.warmUp(onNote);
  const [vector] = await embed(["What is asked?"]).catch((error) => {
    if (error instanceof DataError) return [];
    throw error;
  });
  return { run, level: step.level, dimension: vector?.length ?? null, score: (items) => step.score(items), embed };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Waits for work, but no longer than that. */
async function within(work: Promise<unknown>, seconds: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), 1000 * seconds);
  const isDone = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return isDone;
}
