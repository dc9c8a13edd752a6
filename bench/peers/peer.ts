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

  private constructor(readonly name: string, process: Deno.ChildProcess) {
    this.#process = process;
    this.#answers = lines(process.stdout);
    this.#writer = process.stdin.getWriter();
  }

  /** Starts a process; null, with a line on stderr, where it cannot run here. */
  static async start(name: string, command: string, args: readonly string[]): Promise<Peer | null> {
    try {
      const streams = { stdin: "piped", stdout: "piped", stderr: "null" } as const;
      const peer = new Peer(name, new Deno.Command(command, { args: [...args], cwd: folder, ...streams }).spawn());
      await peer.#answer();
      return peer;
    } catch {
      console.error(`${name} cannot run here and is left out.`);
      return null;
    }
  }

  /** @throws MetrogradError when the peer cannot do it */
  async prepare(work: SharedWork): Promise<void> {
    await this.#ask({ prepare: work });
  }

  async run(rounds: number): Promise<number> {
    const answer = await this.#ask({ run: rounds });
    if ("milliseconds" in answer) return answer.milliseconds;
    throw new MetrogradError(`${this.name} gave no time.`);
  }

  /** Ends the process. */
  async close(): Promise<void> {
    await this.#writer.close();
    await this.#process.status;
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

/**
 * Starts all peers that can run here. Their packages are installed beside this file the first time; they have a
 * `deno.json` of their own, so that nobody else needs them.
 */
export async function startPeers(): Promise<Peer[]> {
  const deno = (
    script: string,
  ) => ["run", "--frozen", "--no-prompt", "--allow-read=.", "--allow-env", "--config", "deno.json", script];
  const peers = [
    await Peer.start("jax-js", Deno.execPath(), deno("jax_js.ts")),
    await Peer.start("tf.js webgpu", Deno.execPath(), deno("tf_js.ts")),
    await Peer.start("PyTorch CPU", "python3", ["torch_cpu.py"]),
  ];
  return peers.filter((peer) => peer !== null);
}
