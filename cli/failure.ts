import type { Command, CommanderError } from "@commander-js/extra-typings";
import { suggestName } from "../data/texts/nearest_name.ts";
import { MetrogradError, UsageError } from "../kernels/errors.ts";
import { interruptedExitCode, Interruption } from "./interruption.ts";
import type { Terminal } from "./output/terminal.ts";

/**
 * Says what went wrong: in one sentence, or with the stack where `debug` asks for it.
 *
 * @returns the exit code: 2 for a call that cannot be carried out, 130 when the work was stopped from outside, else 1
 */
export function explainFailure(error: unknown, terminal: Terminal, debug: boolean): number {
  if (debug) terminal.error(Deno.inspect(error, { colors: false }));
  else if (error instanceof Interruption) terminal.warn(error.message);
  else if (error instanceof MetrogradError) terminal.error(error.message);
  else terminal.error(`This is a bug in metrograd: ${error} (--debug shows where it arose).`);
  return error instanceof Interruption ? interruptedExitCode : error instanceof UsageError ? 2 : 1;
}

/** A command line that commander refuses, in one sentence, with the nearest of the names that are known there. */
export function usageError({ code, message }: CommanderError, program: Command, args: readonly string[]): UsageError {
  const problem = message.replace(/^error: /, "").replace(/\n\(Did you mean .*$/s, "").replace(/\.$/, "");
  const sentence = problem.charAt(0).toUpperCase() + problem.slice(1);
  if (code === "commander.unknownCommand") {
    const names = program.commands.map((command) => command.name());
    return new UsageError(`${sentence}; did you mean ${suggestName(quoted(message), names)}?`);
  }
  // A mistyped option that is required is missing as well; that it is mistyped is what helps.
  if (code === "commander.unknownOption" || code === "commander.missingMandatoryOptionValue") {
    const command = program.commands.find((each) => args.includes(each.name()));
    const known = [...program.options, ...command?.options ?? []].flatMap(({ long }) => long ?? []).concat("--help");
    const unknown = args.map((word) => word.split("=")[0]!).find((word) => /^--./.test(word) && !known.includes(word));
    if (unknown) return new UsageError(`Unknown option '${unknown}'; did you mean ${suggestName(unknown, known)}?`);
  }
  return new UsageError(`${sentence}.`);
}

const quoted = (message: string) => /'(.*?)'/.exec(message)?.[1] ?? "";
