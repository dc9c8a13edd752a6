import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MetrogradError } from "../../kernels/errors.ts";
import type { Contender } from "../measure.ts";
import { type Answer, lines, type Request } from "./serve.ts";
import type { SharedWork } from "./work.ts";

const folder = new URL("./", import.meta.url);

/** Another engine in a process of its own, which keeps its packages and its device away from ours. */
export class Peer implements Contender {
  readonly #process: Deno.ChildProcess;
  readonly #answers: AsyncGenerator<string>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  #stopped = false;
  /** The first row of its last result, where the work says all that goes in. */
  row: readonly number[] | undefined;

  private constructor(readonly name: string, process: Deno.ChildProcess) {
    this.#process = process;
    this.#answers = lines(process.stdout);
    this.#writer = process.stdin.getWriter();
  }

  /**
   * Starts a process; null, with a line on stderr, where it cannot run here.
   *
   * @param patience seconds that it may take to start
   */
  static async start(
    name: string,
    command: string,
    args: readonly string[],
    patience?: number,
  ): Promise<Peer | null> {
    try {
      const streams = { stdin: "piped", stdout: "piped", stderr: "null" } as const;
      const peer = new Peer(name, new Deno.Command(command, { args: [...args], cwd: folder, ...streams }).spawn());
      await peer.#within(patience, peer.#answer());
      return peer;
    } catch {
      console.error(`${name} cannot run here and is left out.`);
      return null;
    }
  }

  /**
   * Makes the peer ready to do some work.
   *
   * @param patience seconds that it may take; a peer that takes longer is stopped
   * @throws MetrogradError when the peer cannot do it, or not in time
   */
  async prepare(work: SharedWork, patience?: number): Promise<void> {
    if (this.#stopped) throw new MetrogradError(`${this.name}, which was stopped`);
    await this.#within(patience, this.#ask({ prepare: work }));
  }

  async run(rounds: number): Promise<number> {
    const answer = await this.#ask({ run: rounds });
    if (!("milliseconds" in answer)) throw new MetrogradError(`${this.name} gave no time.`);
    this.row = answer.row;
    return answer.milliseconds;
  }

  /** Ends the process. */
  async close(): Promise<void> {
    if (!this.#stopped) await this.#writer.close();
    await this.#process.status;
  }

  /** Waits for an answer; stops the process when it takes longer than so many seconds. */
  async #within(patience: number | undefined, answer: Promise<Answer>): Promise<void> {
    const stop = () => {
      this.#stopped = true;
      this.#process.kill("SIGKILL");
    };
    const timer = patience === undefined ? undefined : setTimeout(stop, patience * 1000);
    try {
      await answer;
    } catch (error) {
      if (this.#stopped) {
        throw new MetrogradError(`${this.name}: it was not ready after ${Math.round(patience!)} seconds`);
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #ask(request: Request): Promise<Answer> {
    await this.#writer.write(new TextEncoder().encode(JSON.stringify(request) + "\n"));
    return this.#answer();
  }

  async #answer(): Promise<Answer> {
    const { value, done } = await this.#answers.next();
    if (done) throw new MetrogradError(`${this.name} ended before it answered.`);
    const answer: Answer = JSON.parse(value);
    if ("error" in answer) throw new MetrogradError(`${this.name}: ${answer.error}`);
    return answer;
  }
}

const deno = (...args: string[]): [string, string[]] => [Deno.execPath(), ["run", "--frozen", "--no-prompt", ...args]];
const small = ["--allow-read=.", "--allow-env", "--config", "deno.json"];
/** Where `deno task onnx` has transformers.js. */
const transformersFolder = fileURLToPath(new URL("../../encoders/transformers_js/", import.meta.url));
const transformers = [
  ...["--allow-read", "--allow-env", "--allow-sys", "--allow-ffi", "--config"],
  ...[join(transformersFolder, "deno.json"), "transformers_js.ts"],
];

/** How each peer is started. */
const commands: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  "jax-js": deno(...small, "jax_js.ts"),
  "tf.js webgpu": deno(...small, "tf_js.ts"),
  "PyTorch CPU": ["python3", ["pytorch.py", "cpu"]],
  "PyTorch CPU compiled": ["python3", ["pytorch.py", "cpu", "compiled"]],
  "PyTorch": ["python3", ["pytorch.py", "gpu"]],
  "PyTorch compiled": ["python3", ["pytorch.py", "gpu", "compiled"]],
  "transformers.js webgpu": deno(...transformers, "webgpu"),
  "transformers.js dawn": deno(...transformers, "dawn"),
  "transformers.js CPU": deno(...transformers, "cpu"),
};

/** The peers that do all shared work of which nothing else is said. */
export const usualPeers = ["jax-js", "tf.js webgpu", "PyTorch CPU"] as const;

/**
 * Starts those of these peers that can run here. Their packages are installed the first time; they have a `deno.json` of
 * their own, so that nobody else needs them.
 *
 * @param patience seconds that each may take to start
 */
export async function startPeers(names: ReadonlySet<string>, patience?: number): Promise<Peer[]> {
  const chosen = Object.entries(commands).filter(([name]) => names.has(name));
  if (chosen.some(([name]) => name.startsWith("transformers.js"))) await installTransformers();
  const peers = await Promise.all(
    chosen.map(([name, [command, args]]) => Peer.start(name, command, args, patience)),
  );
  return peers.filter((peer) => peer !== null);
}

/** Installs transformers.js, which its peer finds by path: its build for browsers is no export that Deno would fetch. */
async function installTransformers(): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet", "--frozen"],
    cwd: transformersFolder,
    stdout: "null",
  }).output();
  if (!success) console.error("transformers.js could not be installed.");
}
