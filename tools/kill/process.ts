import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

function start(words: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--no-check", "--allow-all", main, ...words],
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

/** Runs a command line to its end; how long it took in milliseconds. @throws what it says when it fails */
export async function runToEnd(words: readonly string[]): Promise<number> {
  const began = performance.now(), { code, stderr } = await start(words).output();
  if (code !== 0) throw new Error(`${words.join(" ")} ended with ${code}: ${new TextDecoder().decode(stderr)}`);
  return performance.now() - began;
}

/** Runs a command line and kills it after some milliseconds; false when it had ended before, well or not. */
export async function runAndKill(words: readonly string[], milliseconds: number): Promise<boolean> {
  const child = start(words);
  const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
  const { signal } = await child.output();
  clearTimeout(timer);
  return signal === "SIGKILL";
}
