/** `deno task bench:hardware`: all that a few minutes on a GPU can tell, into one JSON file. */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { UsageError } from "../../kernels/errors.ts";
import { runCommand } from "../command.ts";
import { lines } from "../peers/serve.ts";
import { childPermissions } from "./child.ts";
import { HardwareReport, type StageRecord } from "./report.ts";
import type { Stage, StageResult } from "./stage.ts";
import { stages } from "./stages.ts";
import { resultLine } from "./result_line.ts";

const help = `Usage: deno task bench:hardware [STAGE...] [--minutes N] [--small] [--out FILE]

Measures a GPU from all sides, the most telling first, each stage in a process of its own, beside PyTorch where python3
has it. Needs no network. What is found is written to FILE after every result, so that nothing is lost when it is cut off.

Stages: ${stages.map(({ name }) => `"${name}"`).join(", ")}

  --minutes N  time for everything together (6)
  --small      a rehearsal with small sizes, for a GPU that is a CPU, beside PyTorch on the CPU
  --out FILE   where the results go (hardware.json)
  --help       this text`;

const program = fileURLToPath(new URL("run_stage.ts", import.meta.url));
/** Seconds that a stage may go on once its time is over, to end what it has begun. */
const grace = 3;

async function main(args: readonly string[]): Promise<void> {
  const { names, minutes, small, out, help: wantsHelp } = parse(args);
  if (wantsHelp) return console.log(help);
  const end = performance.now() + minutes * 60_000;
  const report = await HardwareReport.begin(out, { minutes, small });
  const chosen = stages.filter(({ name }) => names.length === 0 || names.includes(name));
  for (const [i, stage] of chosen.entries()) {
    const left = (end - performance.now()) / 1000;
    // What a stage leaves over goes to those after it.
    const share = stage.seconds / chosen.slice(i).reduce((sum, { seconds }) => sum + seconds, 0);
    await runStage(stage, Math.max(left * share - grace, 1), small, report);
    if (stage.name === "doctor") expectGpu(report, small);
  }
  console.log(`\n${out} holds all of it.`);
}

/** Runs a stage until its end or that of its time, and keeps what it has found until then. */
async function runStage(stage: Stage, allowed: number, small: boolean, report: HardwareReport): Promise<void> {
  console.log(`\n${stage.name}: ${stage.about} (${Math.round(allowed)} s)`);
  const record: StageRecord = { name: stage.name, end: "running", allowed, seconds: 0, results: [] };
  report.stages.push(record);
  await report.write();
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", ...childPermissions, program, stage.name, String(allowed), ...(small ? ["small"] : [])],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
  let late = false;
  const stop = () => killGroup(child);
  const timer = setTimeout(() => {
    late = true;
    stop();
  }, (allowed + grace) * 1000);
  addEventListener("unload", stop);
  const said = new Response(child.stderr).text();
  for await (const line of lines(child.stdout)) {
    // Drivers may have something to say too.
    if (!line.startsWith("{")) continue;
    const result: StageResult = JSON.parse(line);
    record.results.push(result);
    record.seconds = (performance.now() - start) / 1000;
    console.log(resultLine(result));
    await report.write();
  }
  const { success } = await child.status;
  clearTimeout(timer);
  removeEventListener("unload", stop);
  record.seconds = (performance.now() - start) / 1000;
  record.end = late ? "out of time" : success ? "done" : "failed";
  const notes = (await said).trim();
  if (notes) record.notes = notes.split("\n").slice(-20);
  if (record.end !== "done") {
    console.log(`  ${record.end}${record.end === "failed" ? `: ${record.notes?.at(-1) ?? ""}` : ""}`);
  }
  await report.write();
}

/** Ends a process and those that it has started. */
function killGroup(child: Deno.ChildProcess): void {
  try {
    if (Deno.build.os === "windows") child.kill("SIGKILL");
    else Deno.kill(-child.pid, "SIGKILL");
  } catch {
    // It has just ended by itself.
  }
}

/** @throws MetrogradError when the full sizes would run on a CPU */
function expectGpu(report: HardwareReport, small: boolean): void {
  const adapter = report.find("doctor", "adapter") as { software: boolean; description: string } | undefined;
  if (small || !adapter?.software) return;
  throw new UsageError(`The adapter found is ${adapter.description}, which is a CPU; --small is for those.`);
}

function parse(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        minutes: { type: "string", default: "6" },
        small: { type: "boolean", default: false },
        out: { type: "string", default: "hardware.json" },
        help: { type: "boolean", default: false },
      },
    });
    const minutes = Number(values.minutes);
    if (!(minutes > 0 && minutes <= 600)) {
      throw new UsageError(`--minutes is "${values.minutes}"; a number above 0 and up to 600 is expected.`);
    }
    const unknown = positionals.find((name) => !stages.some((stage) => stage.name === name));
    if (unknown !== undefined) throw new UsageError(`No stage is called "${unknown}"; see --help.`);
    return { ...values, names: positionals, minutes };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError((error as Error).message.split(". ")[0] + "; see --help.");
  }
}

// The processes of a stage would outlive this one.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  if (Deno.build.os !== "windows" || signal === "SIGINT") Deno.addSignalListener(signal, () => Deno.exit(130));
}
await runCommand(main);
Deno.exit(0);
