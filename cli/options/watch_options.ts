import { Option } from "@commander-js/extra-typings";
import { UsageError } from "../../kernels/errors.ts";
import { number } from "./options.ts";

// The options of commands that train which show how it goes.

/** How a training is shown while it runs, and afterwards in TensorBoard. */
export interface Watching {
  /** The page that shows it; absent for none. */
  readonly watch?: {
    /** Where it listens; null for the first port that is free. */
    readonly port: number | null;
  };
  /** Adds histograms of weights and gradients to the event file. */
  readonly histograms?: true;
}

/** Whether a page is served. */
export const watch = new Option("--watch", "serve a page on this machine that shows the training while it runs");

/** Where it is served. */
export const watchPort = new Option(
  "--watch-port <port>",
  "port of that page (default: the first free one from 6116 on)",
)
  .argParser(number("--watch-port", [1024, 65535, true]));

/** Whether there are histograms for TensorBoard. */
export const histograms = new Option(
  "--histograms",
  "add histograms of weights and gradients to the TensorBoard event file after each epoch",
);

/** What the options say, to be put into a call. @throws UsageError for a port without a page */
export function watchingOf(
  { watch, watchPort, histograms }: {
    readonly watch?: true | undefined;
    readonly watchPort?: number | undefined;
    readonly histograms?: true | undefined;
  },
): Watching {
  if (watchPort !== undefined && !watch) throw new UsageError("--watch-port needs --watch beside it.");
  return { ...(watch ? { watch: { port: watchPort ?? null } } : {}), ...(histograms ? { histograms } : {}) };
}
