import { DataError, DeviceError } from "../kernels/errors.ts";
import type { Authorize } from "./http/authorize.ts";
import { parseBody } from "./http/parse_body.ts";
import { type HttpAnswer, type HttpRequest, jsonAnswer } from "./http/message.ts";
import { readBody } from "./http/read_body.ts";
import { Refusal } from "./http/refusal.ts";
import type { Route } from "./http/route.ts";
import { routes } from "./routes.ts";
import type { CallNote, Service } from "./service.ts";
import type { AccessLog } from "./watch/access_log.ts";

/** How requests are answered. */
export interface HandlerOptions {
  readonly service: Service;
  readonly authorize: Authorize;
  /** Told of each request; null for no log. */
  readonly log: AccessLog | null;
  /** True where the log has the bodies of requests too. */
  readonly logBodies: boolean;
  /** Told of an error that nothing of a request explains. */
  readonly onError: (error: unknown) => void;
}

/** The status that is logged where the client went away before it was answered. */
const clientGone = 499;

/** Identifiers of requests that are taken from clients. */
const idPattern = /^[\w.:-]{1,64}$/;

/** What is found out about a request on the way. */
interface Trace {
  route: Route | null;
  bytes: number;
  body: unknown;
  note: CallNote | null;
}

/** What answers HTTP requests to a service. */
export function createHandler(options: HandlerOptions): (request: HttpRequest) => Promise<HttpAnswer> {
  const { service, log, logBodies, onError } = options;
  return async (request) => {
    const began = performance.now(), trace: Trace = { route: null, bytes: 0, body: undefined, note: null };
    const given = request.header("x-request-id") ?? "", id = idPattern.test(given) ? given : crypto.randomUUID();
    let found: HttpAnswer, refusal: Refusal | null = null;
    try {
      found = await answer(request, options, trace);
    } catch (error) {
      refusal = refusalOf(error, request, onError);
      found = refusal.toAnswer();
    }
    const status = refusal && request.signal.aborted ? clientGone : found.status;
    const milliseconds = performance.now() - began, route = trace.route?.paths[0] ?? "unknown";
    service.metrics.request({ route, status, seconds: milliseconds / 1000 });
    log?.({
      ...{ time: new Date().toISOString(), id, method: request.method, route, status },
      ...{ milliseconds: Number(milliseconds.toFixed(1)), bytes: trace.bytes, ...trace.note },
      ...(refusal && logBodies ? { refusal: refusal.message } : {}),
      ...(logBodies && trace.body !== undefined ? { body: trace.body } : {}),
    });
    return { ...found, headers: { ...found.headers, "X-Request-Id": id } };
  };
}

async function answer(
  request: HttpRequest,
  { service, authorize }: HandlerOptions,
  trace: Trace,
): Promise<HttpAnswer> {
  const [path = "", ...rest] = request.target.split("?"), query = new URLSearchParams(rest.join("?"));
  const route = trace.route = routeAt(path, request.method);
  if (!route.isOpen) authorize(request);
  const call = { service, query, path, signal: request.signal, note: (what: CallNote) => trace.note = what };
  if (!route.request) return toAnswer(await route.answer({ ...call, body: undefined }));
  if (service.isDraining) throw new Refusal(503, "The service is ending.", { "Retry-After": "1" });
  // Before the body is read: those that wait for their bodies take memory too.
  const leave = service.admission.enter();
  try {
    const { value, bytes } = await readBody(request, service.limits.bodyBytes);
    Object.assign(trace, { bytes, body: value });
    return toAnswer(await route.answer({ ...call, body: parseBody(route.request, value) }));
  } finally {
    leave();
  }
}

/** @throws Refusal 404, or 405 where the path takes another method */
function routeAt(path: string, method: string): Route {
  const [route] = routes.filter(({ paths }) => paths.includes(path));
  if (!route) {
    const known = routes.flatMap(({ paths }) => paths).join(", ");
    throw new Refusal(404, `There is nothing at this path; ${known} are known.`);
  }
  if (route.method === method || (route.method === "GET" && method === "HEAD")) return route;
  throw new Refusal(405, `${path} is asked for with ${route.method}.`, { Allow: route.method });
}

function toAnswer(value: unknown): HttpAnswer {
  if (typeof value !== "string") return jsonAnswer(value);
  return { status: 200, headers: { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" }, body: value };
}

/** What a client is told of an error. What is wrong with this machine stays here. */
function refusalOf(error: unknown, { signal }: HttpRequest, onError: (error: unknown) => void): Refusal {
  if (error instanceof Refusal) return error;
  if (signal.aborted) return new Refusal(400, "The client went away.");
  // Its message may hold texts of the request.
  if (error instanceof DataError) return new Refusal(400, error.message);
  onError(error);
  if (error instanceof DeviceError) return new Refusal(503, "The GPU is lost.", { "Retry-After": "5" });
  return new Refusal(500, "This is a bug in metrograd; the service's own output says more.");
}
