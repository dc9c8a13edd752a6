import type { Mutant } from "./mutants.ts";
import type { Report } from "./report.ts";

/** What became of a damaged shader. */
export interface Fate extends Mutant {
  readonly path: string;
  readonly fate: "caught" | "survived" | "hung" | "invalid";
}

/** A damaged loop may never end, and nothing but the end of its process stops a GPU on the CPU. */
const patience = { first: 900_000, other: 150_000 };

/** Tries all mutants of families in a process of their own, and in a new one after a mutant that hangs. */
export async function* tryMutants(families: readonly string[]): AsyncGenerator<Fate> {
  for (let done = 0, finished = false; !finished;) {
    const process = new Deno.Command(Deno.execPath(), {
      args: [...permissions(), new URL("worker.ts", import.meta.url).href, families.join(","), String(done)],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const lines = linesOf(process.stdout);
    let running: (Report & { kind: "start" }) | undefined;
    for (;;) {
      const line = await within(running ? patience.other : patience.first, lines.next());
      if (line === "late") {
        process.kill("SIGKILL");
        if (!running) throw new Error("The tests do not end even without damage.");
        yield { ...running, fate: "hung" };
        break;
      }
      if (line.done) {
        finished = true;
        break;
      }
      const report = JSON.parse(line.value) as Report;
      done = report.number;
      if (report.kind === "start") running = report;
      else yield { ...running!, fate: fateOf(report) };
    }
    const { success } = await process.status;
    if (finished && !success) throw new Error("The tests fail even without damage.");
  }
}

function fateOf({ test, reason }: Report & { kind: "end" }): Fate["fate"] {
  if (test === undefined) return "survived";
  return reason!.startsWith("DeviceError") ? "invalid" : "caught";
}

/** What tests of kernels need, SwiftShader's folder among it. */
function permissions(): string[] {
  const cache = Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME")}/.cache`;
  return [
    "run",
    "--no-prompt",
    "--quiet",
    "--allow-read",
    `--allow-write=${cache}/metrograd`,
    `--allow-ffi=${cache}/metrograd`,
    "--allow-env=DENO_WEBGPU_BACKEND,HOME,XDG_CACHE_HOME,XDG_RUNTIME_DIR,VK_DRIVER_FILES,VK_ICD_FILENAMES",
  ];
}

async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | "late"> {
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  const timer = setTimeout(() => resolve("late"), milliseconds);
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
