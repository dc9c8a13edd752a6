import type { CommanderError } from "@commander-js/extra-typings";
import { MetrogradError, UsageError } from "../kernels/errors.ts";
import { interruptedExitCode, Interruption } from "./interruption.ts";
import { nearest } from "./options.ts";
import type { Terminal } from "./terminal.ts";

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

/** commander's refusal of a command line as one sentence, with the nearest of the names that are known there. */
export function usageError({ code, message }: CommanderError, known: readonly string[]): UsageError {
  const problem = message.replace(/^error: /, "").replace(/\n\(Did you mean .*$/s, "").replace(/\.$/, "");
  const sentence = problem.charAt(0).toUpperCase() + problem.slice(1);
  const [, word] = /^commander\.unknown/.test(code) && /'([^'=]*)/.exec(message) || [];
  return new UsageError(word === undefined ? `${sentence}.` : `${sentence}; did you mean ${nearest(word, known)}?`);
}
