import { Command } from "@commander-js/extra-typings";
import { callOf } from "../data/files/called_as.ts";
import { type Terminal, wrapped } from "./output/terminal.ts";

/** Carries out what a command was asked for. */
export type Action<Request> = (request: Request, terminal: Terminal) => Promise<void>;

/** An example of a call: what follows `deno task` or `metrograd`, and what it is good for. */
export type Example = readonly [call: string, purpose: string];

/**
 * A command with a summary and examples in its help. Errors are thrown, never printed: `main` explains them all in one
 * place.
 */
export function command(name: string, summary: string, examples: readonly Example[]): Command {
  const lines = examples.map(([call, purpose]) => `  ${wrapped(`${purpose}:`, 78)}\n    ${brokenCall(callOf(call))}`);
  return new Command(name)
    .description(summary)
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", lines.length > 0 ? `\nExamples:\n${lines.join("\n")}` : "")
    .helpOption("-h, --help", "show this help")
    .exitOverride();
}

/** A call that a shell takes, in lines that 80 columns hold. */
function brokenCall(call: string): string {
  return wrapped(call, 70).replaceAll("\n", " \\\n      ");
}
