import assert from "node:assert/strict";
import { serve, type ServeOptions, type ServeRequest } from "../../serve/serve.ts";
import type { AccessLine } from "../../serve/watch/access_log.ts";
import { limits } from "./fake_service.ts";

/** A service of a folder's run, on a port of its own, until the body is done. */
export async function withService(
  path: string,
  body: (url: string, watched: { lines: AccessLine[]; warnings: string[]; end: () => void }) => Promise<void>,
  some: Partial<ServeRequest> = {},
): Promise<void> {
  const stop = new AbortController(), listening = Promise.withResolvers<string>();
  const lines: AccessLine[] = [], warnings: string[] = [];
  const options: ServeOptions = {
    signal: stop.signal,
    onNote() {},
    onWarning: (sentence) => warnings.push(sentence),
    onError: (error) => warnings.push(String(error)),
    onListen: ({ hostname, port }) => listening.resolve(`http://${hostname}:${port}`),
    log: (line) => lines.push(line),
    logBodies: false,
  };
  const request: ServeRequest = {
    ...{ runs: [{ name: "tiny", path }], hostname: "127.0.0.1", port: 0, token: null, encoder: null, drainSeconds: 20 },
    ...{ interval: 0.5, calibrate: "none", limits: { ...limits, records: 1000, bodyBytes: 1e6, waiting: 100 } },
    ...some,
  };
  const served = serve(request, options);
  try {
    await body(await Promise.race([listening.promise, served.then(() => assert.fail("it ended at once"))]), {
      ...{ lines, warnings, end: () => stop.abort() },
    });
  } finally {
    stop.abort();
    await served;
  }
}

/** Sends JSON. */
export async function post(url: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const headers = { "Content-Type": "application/json" };
  return await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal: signal ?? null });
}
