import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { MetrogradError } from "../../kernels/errors.ts";
import type { HttpAnswer, HttpRequest } from "./message.ts";
import { tooLarge } from "./read_body.ts";
import { Refusal } from "./refusal.ts";

/** How long a client may take to send a body. */
const patienceMilliseconds = 30_000;

/** A server that takes requests. */
export interface Listening {
  readonly hostname: string;
  readonly port: number;
  /** Takes no more connections and waits until those that are open are done. */
  close(): Promise<void>;
  /** Cuts the connections that are open. */
  cut(): void;
}

/** Where a server listens. */
export interface Address {
  readonly hostname: string;
  /** 0 for any that is free. */
  readonly port: number;
}

/**
 * Answers HTTP requests. By `node:http`: `Deno.serve` does not notice that a client has gone away once a body has come in
 * more than one part.
 *
 * @throws MetrogradError when the address cannot be had
 */
export async function listen(
  { hostname, port }: Address,
  handler: (request: HttpRequest) => Promise<HttpAnswer>,
): Promise<Listening> {
  let isClosing = false;
  const server = createServer((incoming, outgoing) => {
    // An idle connection would keep the server from ending.
    if (isClosing) outgoing.shouldKeepAlive = false;
    outgoing.on("finish", () => isClosing && incoming.socket.end());
    void answer(incoming, outgoing, handler);
  });
  const { promise: failed, reject } = Promise.withResolvers<never>();
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  server.on("error", reject);
  try {
    server.listen({ host: hostname, port }, resolve);
    await Promise.race([listening, failed]);
  } catch (error) {
    throw new MetrogradError(`${hostname}:${port} cannot be listened on: ${whyNot(error)}.`, { cause: error });
  }
  return {
    hostname,
    port: (server.address() as AddressInfo).port,
    close() {
      isClosing = true;
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeIdleConnections();
      return closed;
    },
    cut: () => server.closeAllConnections(),
  };
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handler: (request: HttpRequest) => Promise<HttpAnswer>,
): Promise<void> {
  const gone = new AbortController(), { method = "GET", url: target = "/" } = incoming;
  outgoing.on("close", () => outgoing.writableFinished || gone.abort());
  // Writing to a client that went away is no error of ours.
  outgoing.on("error", () => {});
  const { status, headers, body } = await handler({
    ...{ method, target, signal: gone.signal },
    header: (name) => incoming.headers[name]?.toString() ?? null,
    read: (most) => readBytes(incoming, most),
  });
  // What is left of a body that was refused would be taken for the next request.
  if (!incoming.complete) outgoing.shouldKeepAlive = false;
  outgoing.writeHead(status, { ...headers, "Content-Length": Buffer.byteLength(body) });
  outgoing.end(method === "HEAD" ? undefined : body);
}

async function readBytes(incoming: IncomingMessage, most: number): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Refusal(408, "The body did not arrive in time.")), patienceMilliseconds);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  incoming.on("data", (chunk: Uint8Array) => {
    bytes += chunk.length;
    if (bytes <= most) chunks.push(chunk);
    else reject(tooLarge(most));
  });
  incoming.on("end", resolve);
  incoming.on("close", () => reject(new Refusal(400, "The client went away.")));
  incoming.on("error", reject);
  try {
    await promise;
    return Buffer.concat(chunks);
  } finally {
    clearTimeout(timer);
    incoming.removeAllListeners("data");
  }
}

function whyNot(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message: string };
  if (code === "EADDRINUSE") return "another process has the port (--port takes another)";
  if (error instanceof Deno.errors.NotCapable) return "this process may not; run deno with --allow-net=HOST:PORT";
  return message.replace(/ \(os error \d+\)/, "").replace(/\.$/, "");
}
