import { MetrogradError } from "../kernels/errors.ts";
import type { Terminal } from "./output/terminal.ts";

/** Thrown by a command that was stopped from outside; its message says what was saved and how to go on. */
export class Interruption extends MetrogradError {
  override name = "Interruption";
}

/** Exit code of a command that was stopped from outside. */
export const interruptedExitCode = 130;

const signals: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

/** Signals so close to each other are one key press: a terminal and the task runner above both pass it on. */
const samePressMilliseconds = 400;

/**
 * Does work that can be stopped with Ctrl-C (or SIGTERM): the first one aborts the signal, so that the work can save
 * what it has; the second one ends the process at once.
 *
 * @param announcement what is said at the first one
 */
export async function interruptible<Result>(
  terminal: Terminal,
  work: (signal: AbortSignal) => Promise<Result>,
  announcement = "Stopping as soon as everything is saved; Ctrl-C again stops at once.",
): Promise<Result> {
  const controller = new AbortController();
  let firstAt = 0;
  const onSignal = () => {
    if (controller.signal.aborted) {
      if (performance.now() - firstAt > samePressMilliseconds) Deno.exit(interruptedExitCode);
      return;
    }
    firstAt = performance.now();
    terminal.warn(announcement);
    controller.abort();
  };
  for (const signal of signals) Deno.addSignalListener(signal, onSignal);
  try {
    return await work(controller.signal);
  } catch (error) {
    // Work that saves as it goes gives up where it is.
    if (controller.signal.aborted && error === controller.signal.reason) {
      throw new Interruption("Stopped. The same call goes on where it was.");
    }
    throw error;
  } finally {
    for (const signal of signals) Deno.removeSignalListener(signal, onSignal);
  }
}
