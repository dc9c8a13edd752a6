import { CommanderError } from "@commander-js/extra-typings";
import { augment } from "./commands/augment.ts";
import { compare } from "./commands/compare.ts";
import { convert } from "./commands/convert.ts";
import { doctor } from "./commands/doctor.ts";
import { download } from "./commands/download.ts";
import { embed } from "./commands/embed.ts";
import { evaluate } from "./commands/evaluate.ts";
import { explore } from "./commands/explore.ts";
import { explainFailure, usageError } from "./failure.ts";
import { finetune } from "./commands/finetune.ts";
import { predict } from "./commands/predict.ts";
import { type Actions, createProgram } from "./program.ts";
import { recipes } from "./commands/recipes.ts";
import { report } from "./commands/report.ts";
import { sample } from "./commands/sample.ts";
import { serveRuns } from "./commands/serve.ts";
import { synthesize } from "./commands/synthesize.ts";
import { train } from "./commands/train.ts";
import { createTerminal, type Terminal } from "./output/terminal.ts";

const actions: Actions = {
  train,
  evaluate,
  compare,
  predict,
  convert,
  recipes,
  explore,
  report,
  augment,
  synthesize,
  embed,
  finetune,
  download,
  sample,
  doctor,
  serve: serveRuns,
};

/** Carries out a command line and returns its exit code: 0, 1 (failed), 2 (usage) or 130 (stopped from outside). */
export async function main(args: readonly string[], terminal: Terminal, what: Actions = actions): Promise<number> {
  const program = createProgram(what, terminal);
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    const debug = args.includes("--debug");
    if (!(error instanceof CommanderError)) return explainFailure(error, terminal, debug);
    // Help and version have been printed, also the help that answers a call without a command.
    if (error.exitCode === 0) return 0;
    if (error.code === "commander.help") return 2;
    return explainFailure(usageError(error, program, args), terminal, debug);
  }
}

if (import.meta.main) {
  const terminal = createTerminal();
  const fail = (error: unknown) => Deno.exit(explainFailure(error, terminal, Deno.args.includes("--debug")));
  globalThis.addEventListener("unhandledrejection", (event) => fail(event.reason));
  globalThis.addEventListener("error", (event) => fail(event.error));
  Deno.exit(await main(Deno.args, terminal));
}
