/**
 * `deno task mutate:backward [MODULE.ts...]`: damages the backward rules of engine/ops one at a time and lists those damages
 * that no test notices.
 */
import type { Report } from "../report.ts";
import { isEquivalent } from "./equivalent.ts";

const ops = new URL("../../../engine/ops/", import.meta.url), root = new URL("../../../", import.meta.url);
const known = [...Deno.readDirSync(ops)].map(({ name }) => name).toSorted();
const modules = Deno.args.length > 0 ? Deno.args : known;
const unknown = modules.find((name) => !known.includes(name));
if (unknown) {
  console.error(`No module of engine/ops is called "${unknown}"; there are ${known.join(", ")}.`);
  Deno.exit(2);
}

const start = performance.now(), counts = { caught: 0, equivalent: 0, invalid: 0, survived: 0, ended: 0 };
const folder = Deno.makeTempDirSync({ prefix: "metrograd_mutation_" });
try {
  const map = `${folder}/imports.json`;
  const { imports } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
  const probe = new URL("probe.ts", import.meta.url).href, autograd = new URL("engine/autograd.ts", root).href;
  Deno.writeTextFileSync(map, JSON.stringify({ imports: { ...imports, [autograd]: probe } }));
  let done = 0;
  for (let finished = false; !finished;) {
    const cache = Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME")}/.cache`;
    const worker = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--quiet", `--import-map=${map}`, "--allow-read", "--allow-import"],
        "--allow-write",
        `--allow-ffi=${cache}/metrograd`,
        "--allow-env=DENO_WEBGPU_BACKEND,HOME,XDG_CACHE_HOME,XDG_RUNTIME_DIR,VK_DRIVER_FILES,VK_ICD_FILENAMES",
        ...[new URL("worker.ts", import.meta.url).href, modules.join(","), String(done), folder],
      ],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    let running: (Report & { kind: "start" }) | undefined, rest = "";
    for await (
      const text of worker.stdout.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
    ) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const report = JSON.parse(line) as Report;
        done = report.number;
        if (report.kind === "start") running = report;
        else {
          tell(running!, report);
          running = undefined;
        }
      }
    }
    const { success } = await worker.status;
    if (!success && !running) throw new Error("The tests fail even without damage.");
    // A damage that ends the process is noticed.
    if (running) counts.ended++;
    finished = success;
  }
} finally {
  Deno.removeSync(folder, { recursive: true });
}
const minutes = Math.round((performance.now() - start) / 6000) / 10;
console.log(
  `${counts.caught + counts.ended} caught, ${counts.invalid} do not load, ${counts.equivalent} change nothing, ` +
    `${counts.survived} survived, in ${minutes} min`,
);
Deno.exitCode = counts.survived > 0 || counts.caught === 0 ? 1 : 0;

function tell(mutant: Report & { kind: "start" }, { test, reason }: Report & { kind: "end" }): void {
  if (test !== undefined) return void counts[reason!.startsWith("DeviceError: SyntaxError") ? "invalid" : "caught"]++;
  if (isEquivalent(mutant)) return void counts.equivalent++;
  counts.survived++;
  console.log(`${mutant.path}:${mutant.line + 1}\n  - ${mutant.before}\n  + ${mutant.after}`);
}
