import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** How long Chromium may take to start, and to answer. */
const most = 120_000;

/** What a page is shown as. */
export interface Appearance {
  readonly scheme: "light" | "dark";
  readonly width: number;
}

/** An answer or an event of the DevTools protocol. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

/** True where tests may start Chromium, and it is there. */
export async function hasChromium(): Promise<boolean> {
  const { state } = await Deno.permissions.query({ name: "run", command: "chromium" });
  if (state !== "granted") return false;
  return await new Deno.Command("chromium", { args: ["--version"], stdout: "null", stderr: "null" }).output()
    .then(({ success }) => success, () => false);
}

/** A headless Chromium with one page in it, driven by its DevTools protocol. */
export class Browser implements AsyncDisposable {
  /** What the page wrote to its console, and errors that it threw. */
  readonly complaints: string[] = [];
  /** Addresses that it asked for. */
  readonly requests: string[] = [];
  readonly #waiting = new Map<number, (message: Message) => void>();
  readonly #events = new Map<string, () => void>();
  #id = 0;

  private constructor(
    readonly process: Deno.ChildProcess,
    readonly profile: string,
    readonly socket: WebSocket,
  ) {
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data) as Message);
  }

  /** Starts it. */
  static async open(): Promise<Browser> {
    const profile = await Deno.makeTempDir({ prefix: "metrograd_chromium_" });
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"];
    const process = new Deno.Command("chromium", {
      args: [...flags, `--user-data-dir=${profile}`, "about:blank"],
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      const socket = new WebSocket(await debuggerUrl(profile));
      await new Promise((resolve, reject) => {
        socket.onopen = resolve;
        socket.onerror = reject;
      });
      const browser = new Browser(process, profile, socket);
      for (const domain of ["Runtime", "Log", "Network", "Page"]) await browser.send(`${domain}.enable`);
      return browser;
    } catch (error) {
      process.kill("SIGKILL");
      await process.status;
      await Deno.remove(profile, { recursive: true }).catch(() => {});
      throw error;
    }
  }

  /** Opens a file and waits until it is there. */
  async goto(path: string, { scheme, width }: Appearance): Promise<void> {
    await this.send("Emulation.setDeviceMetricsOverride", {
      ...{ width, height: 900, deviceScaleFactor: 1, mobile: width < 500 },
    });
    await this.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
    const loaded = new Promise<void>((resolve) => this.#events.set("Page.loadEventFired", resolve));
    await this.send("Page.navigate", { url: pathToFileURL(path).href });
    await loaded;
  }

  /** What an expression comes to in the page. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const answer = await this.send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    const { result, exceptionDetails } = answer as { result: { value: Value }; exceptionDetails?: unknown };
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  }

  /** Presses and releases a key. */
  async press(key: string, code = key): Promise<void> {
    const text = key === "Enter" ? { text: "\r" } : {}, windowsVirtualKeyCode = { Tab: 9, Enter: 13 }[key] ?? 0;
    for (const type of ["keyDown", "keyUp"]) {
      await this.send("Input.dispatchKeyEvent", {
        ...{ type, key, code, windowsVirtualKeyCode },
        ...(type === "keyDown" ? text : {}),
      });
    }
  }

  /** A picture of the page from one height to another. */
  async screenshot(top: number, height: number, width: number): Promise<Uint8Array> {
    const clip = { x: 0, y: top, width, height, scale: 1 };
    const { data } = await this.send("Page.captureScreenshot", { clip, captureBeyondViewport: true });
    return Uint8Array.from(atob(data as string), (letter) => letter.charCodeAt(0));
  }

  /** Calls a method of the protocol. */
  send(method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Chromium gives no answer to ${method}.`)), most);
      this.#waiting.set(id, ({ result, error }) => {
        clearTimeout(timer);
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result ?? {});
      });
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }

  #receive(message: Message): void {
    if (message.id !== undefined) return this.#waiting.get(message.id)?.(message);
    const { method = "", params } = message;
    if (/^(Runtime\.(consoleAPICalled|exceptionThrown)|Log\.entryAdded)$/.test(method)) {
      this.complaints.push(JSON.stringify(params).slice(0, 500));
    }
    if (method === "Network.requestWillBeSent") {
      this.requests.push((params as { request: { url: string } }).request.url);
    }
    this.#events.get(method)?.();
    this.#events.delete(method);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.socket.onclose = resolve);
    this.socket.close();
    await closed;
    this.process.kill("SIGKILL");
    await this.process.status;
    await Deno.remove(this.profile, { recursive: true }).catch(() => {});
  }
}

/** Where a Chromium listens that has just been started. */
async function debuggerUrl(profile: string): Promise<string> {
  for (const end = Date.now() + most; Date.now() < end;) {
    const [port] = await Deno.readTextFile(join(profile, "DevToolsActivePort")).then(
      (text) => text.split("\n"),
      () => [],
    );
    if (port !== undefined) {
      // The file may be there before anybody listens.
      const targets = await fetch(`http://127.0.0.1:${port}/json`).then(
        (answer) => answer.json() as Promise<{ type: string; webSocketDebuggerUrl: string }[]>,
        () => [],
      );
      const page = targets.find(({ type }) => type === "page");
      if (page) return page.webSocketDebuggerUrl;
    }
    await new Promise((resume) => setTimeout(resume, 100));
  }
  throw new Error("Chromium does not start.");
}
