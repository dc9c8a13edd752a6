import { join } from "node:path";
import { MetricTable } from "../../data/metrics/metric_table.ts";
import { createHandler, type HandlerOptions } from "../../serve/handler.ts";
import type { HttpAnswer, HttpRequest } from "../../serve/http/message.ts";
import type { ServedScore } from "../../serve/model/score_step.ts";
import type { ScoreItem } from "../../serve/model/served_run.ts";
import { type ServedModel, Service, type ServiceLimits } from "../../serve/service.ts";
import type { AccessLine } from "../../serve/watch/access_log.ts";

/** Limits that tests come up against soon. */
export const limits: ServiceLimits = {
  bodyBytes: 20_000,
  records: 20,
  tokens: 1000,
  waiting: 4,
  batchTokens: 100,
  batchItems: 4,
};

/** What a fake run makes of a record: its score tells the record from others. */
export function fakeScore({ record: { userPrompt, response, metric }, definition }: ScoreItem): ServedScore {
  const score = (userPrompt.length + 3 * response.length + metric.length + (definition?.length ?? 0)) % 101 / 25 + 1;
  return { score, standardDeviation: 0.5, interval: [score - 0.5, score + 0.5], fit: 0.75 };
}

/** A run on a scale from 1 to 5 that scores without a GPU and knows two metrics. */
export function fakeModel(name: string, model: Partial<ServedModel> = {}, embedsDefinitions = false): ServedModel {
  const metrics = MetricTable.ofNames(["clarity", "tone"]);
  return {
    // Of the folder only the kind is looked at.
    run: {
      ...{ name, recipe: "bilinear", scoreRange: [1, 5], metrics, embedsDefinitions },
      trained: new Set(["clarity"]),
      folder: { path: join("runs", name), kind: "run" } as ServedModel["run"]["folder"],
    },
    level: 0.9,
    dimension: 2,
    score: (items) => Promise.resolve(items.map(fakeScore)),
    embed: (texts) => Promise.resolve(texts.map((text) => Float32Array.of(text.length, 0.5))),
    ...model,
  };
}

/** A service of fake runs. */
export function fakeService(models: readonly ServedModel[] = [fakeModel("a")], some: Partial<ServiceLimits> = {}) {
  return new Service({ models, limits: { ...limits, ...some }, isReady: () => true });
}

/** A request as a handler gets it. */
export function requestFor(
  method: string,
  target: string,
  { body, headers = {}, signal = new AbortController().signal }: {
    body?: string;
    headers?: Record<string, string>;
    signal?: AbortSignal;
  } = {},
): HttpRequest {
  const all: Record<string, string> = { "content-type": "application/json", ...headers };
  return {
    ...{ method, target, signal },
    header: (name) => all[name] ?? null,
    read: () => Promise.resolve(new TextEncoder().encode(body)),
  };
}

/** What the answers of all routes have together. */
export interface AnswerJson {
  readonly error: { readonly message: string; readonly type: string; readonly code: number };
  readonly model: string;
  readonly scale: readonly number[];
  readonly scores: readonly { readonly score: number; readonly unseen_metric: boolean }[];
  readonly results: readonly { readonly index: number; readonly relevance_score: number }[];
  readonly data: readonly { readonly score: number; readonly embedding: unknown }[];
  readonly rewards: readonly number[];
  readonly usage: object;
}

/** What asks a service's handler, and what its log and its error output had to say. */
export function asking(service: Service, options: Partial<HandlerOptions> = {}) {
  const lines: AccessLine[] = [], errors: unknown[] = [];
  const handler = createHandler({
    service,
    authorize: () => {},
    log: (line) => lines.push(line),
    logBodies: false,
    onError: (error) => errors.push(error),
    ...options,
  });
  const parsed = ({ status, headers, body }: HttpAnswer) => {
    const isJson = headers["Content-Type"] === "application/json";
    return { status, headers, text: body, json: (isJson ? JSON.parse(body) : null) as AnswerJson };
  };
  return {
    ...{ lines, errors, handler },
    post: async (target: string, body: unknown, more: Parameters<typeof requestFor>[2] = {}) =>
      parsed(await handler(requestFor("POST", target, { body: JSON.stringify(body), ...more }))),
    get: async (target: string, more: Parameters<typeof requestFor>[2] = {}) =>
      parsed(await handler(requestFor("GET", target, more))),
  };
}
