import { MetrogradError, UsageError } from "../kernels/errors.ts";
import type { Observer } from "../data/observer.ts";

/** Runs a program that makes tables of results: an expected error is one sentence and an exit code. */
export async function runCommand(main: (args: readonly string[]) => Promise<void>): Promise<void> {
  try {
    await main(Deno.args);
  } catch (error) {
    if (!(error instanceof MetrogradError)) throw error;
    console.error(`Error: ${error.message}`);
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}

/** Tells of training on stderr, a line an epoch. @param prefix of every line */
export function lineReporter(prefix = ""): Observer {
  const tell = (sentence: string) => console.error(prefix + sentence);
  return {
    adapter() {},
    note: tell,
    warn: tell,
    start() {},
    step() {},
    epoch: ({ epoch, validationRmse }) => tell(`epoch ${epoch}, validation ${validationRmse.toFixed(3)}`),
    end() {},
  };
}
