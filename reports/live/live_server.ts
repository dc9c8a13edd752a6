import { MetrogradError, UsageError } from "../../kernels/errors.ts";
import { refusal, safeHeaders } from "./guard.ts";
import { Journal, type LogLine } from "./journal.ts";
import { livePage, liveStyle } from "./live_page.ts";
import { type Ending, LiveState } from "./live_state.ts";
import script from "./page.js" with { type: "text" };
import { snapshotOf } from "./snapshot.ts";

/** The only address that is listened on. */
const hostname = "127.0.0.1";
/** The first port that is tried where none is named, and how many after it. */
const firstPort = 6116, portsTried = 20;
/** Least time between two states that a page is sent, time between two samples of memory, and of waiting at the end. */
const updateMilliseconds = 500, sampleMilliseconds = 2000, closingMilliseconds = 500;

/** Events that may wait for a browser to read them. */
const mostUnread = 8;

/** A page on this machine that shows a training while it runs. */
export class LivePage implements AsyncDisposable {
  /** What is shown; its observers fill it. */
  readonly state: LiveState;
  readonly #journal = new Journal();
  readonly #title: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #clients = new Set<Client>();
  readonly #sampling: ReturnType<typeof setInterval>;
  readonly #force = new AbortController();
  #update: ReturnType<typeof setTimeout> | null = null;

  private constructor(title: string, port: number | null) {
    this.#title = title;
    this.#server = listen(port, this.#force.signal, (request) => this.#answer(request));
    this.state = new LiveState(() => this.#changed(), () => performance.now());
    this.#sampling = setInterval(() => this.#sample(), sampleMilliseconds);
    this.#sample();
  }

  /**
   * Opens a page.
   *
   * @param title what it is called
   * @param port where it listens; null for the first that is free from 6116 on
   * @throws UsageError when the port is taken, MetrogradError when nothing may be listened on
   */
  static open(title: string, port: number | null = null): LivePage {
    return new LivePage(title, port);
  }

  /** Where it is. */
  get url(): string {
    return `http://${hostname}:${this.#server.addr.port}/`;
  }

  /** Adds a line to its log. */
  log(line: LogLine): void {
    this.#journal.add(line);
    for (const client of this.#clients) this.#sendLog(client);
  }

  /** Shows how the training ended, and closes the page: what browsers have stays there. */
  async close(ending: Ending): Promise<void> {
    this.state.end(ending);
    clearInterval(this.#sampling);
    if (this.#update !== null) clearTimeout(this.#update);
    this.#sendStates();
    for (const client of this.#clients) client.close();
    this.#clients.clear();
    // A browser that does not read must not keep the command waiting.
    let timer;
    const late = new Promise<boolean>((resolve) => timer = setTimeout(resolve, closingMilliseconds, true));
    if (await Promise.race([this.#server.shutdown().then(() => false), late])) this.#force.abort();
    clearTimeout(timer);
  }

  /** Closes the page of a training that was given up. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.state.ending === null) await this.close("stopped");
  }

  #answer(request: Request): Response {
    const refused = refusal(request, this.#server.addr.port);
    if (refused !== null) return answer(403, "text/plain", `${refused}\n`);
    const { pathname } = new URL(request.url);
    if (pathname === "/") return answer(200, "text/html", livePage(this.#title));
    if (pathname === "/style.css") return answer(200, "text/css", liveStyle);
    if (pathname === "/page.js") return answer(200, "text/javascript", script);
    if (pathname === "/events") return this.#stream(request.headers.get("last-event-id"));
    return answer(404, "text/plain", "There is nothing here.\n");
  }

  /** A stream of events; a page that comes back is told what it missed. */
  #stream(lastEventId: string | null): Response {
    const known = this.#journal.known(lastEventId);
    let client: Client;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        client = new Client(controller, known ?? 0);
        this.#clients.add(client);
        client.send(`retry: ${sampleMilliseconds}\n\n`);
        if (known === null) client.send(event("begin", this.#journal.session, this.#journal.session));
        this.#sendStates();
      },
      cancel: () => void this.#clients.delete(client),
    });
    return new Response(body, { headers: { ...safeHeaders, "content-type": "text/event-stream" } });
  }

  #changed(): void {
    this.#update ??= setTimeout(() => {
      this.#update = null;
      this.#sendStates();
    }, updateMilliseconds);
  }

  #sample(): void {
    this.state.sampleMemory(Deno.memoryUsage().rss);
    this.#changed();
  }

  #sendStates(): void {
    if (this.#clients.size === 0) return;
    const data = JSON.stringify(snapshotOf(this.state));
    for (const client of this.#clients) {
      this.#sendLog(client);
      if (!client.isBehind) client.send(event("state", this.#journal.id, data));
    }
  }

  #sendLog(client: Client): void {
    if (client.isBehind) return;
    const lines = this.#journal.after(client.knownLines);
    client.knownLines = this.#journal.length;
    if (lines.length > 0) client.send(event("log", this.#journal.id, JSON.stringify(lines)));
  }
}

/** A browser that is connected. */
class Client {
  constructor(readonly controller: ReadableStreamDefaultController<Uint8Array>, public knownLines: number) {}

  /** True where it has not read what it was sent: it gets the newest state once it has. */
  get isBehind(): boolean {
    return (this.controller.desiredSize ?? 0) < -mostUnread;
  }

  send(text: string): void {
    this.controller.enqueue(new TextEncoder().encode(text));
  }

  close(): void {
    this.controller.close();
  }
}

/** JSON has no line ends of its own, so that the data of an event are one line. */
const event = (name: string, id: string, data: string) => `event: ${name}\nid: ${id}\ndata: ${data}\n\n`;

const answer = (status: number, type: string, body: string) =>
  new Response(body, { status, headers: { ...safeHeaders, "content-type": `${type}; charset=utf-8` } });

/** @throws UsageError when the port is taken, MetrogradError when nothing may be listened on */
function listen(
  port: number | null,
  signal: AbortSignal,
  handler: (request: Request) => Response,
): Deno.HttpServer<Deno.NetAddr> {
  const ports = port === null ? Array.from({ length: portsTried }, (_, i) => firstPort + i) : [port];
  for (const one of ports) {
    try {
      return Deno.serve({ hostname, port: one, signal, onListen() {} }, handler);
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse) continue;
      throw new MetrogradError(
        error instanceof Deno.errors.NotCapable
          ? `--watch may not listen on ${hostname}: run Deno with --allow-net=${hostname}, as deno task train does.`
          : `--watch could not listen on ${hostname}:${one}: ${(error as Error).message}.`,
        { cause: error },
      );
    }
  }
  throw new UsageError(
    port === null
      ? `--watch found no free port from ${firstPort} to ${firstPort + portsTried - 1}; name one with --watch-port.`
      : `--watch-port ${port} is taken by another program; name another.`,
  );
}
