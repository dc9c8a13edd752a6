import { MetrogradError } from "../../kernels/errors.ts";
import type { LivePage } from "../../reports/live/live_server.ts";
import type { LiveState } from "../../reports/live/live_state.ts";
import { Interruption } from "../interruption.ts";
import type { Watching } from "../options/watch_options.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Trains, beside a page that shows it where one is asked for.
 *
 * @param title of the page
 * @param work takes the terminal to write to, and what the page shows; null for no page
 */
export async function watched(
  { watch }: Watching,
  title: string,
  terminal: Terminal,
  work: (terminal: Terminal, page: LiveState | null) => Promise<void>,
): Promise<void> {
  if (!watch) return await work(terminal, null);
  const { LivePage } = await import("../../reports/live/live_server.ts");
  const page = LivePage.open(title, watch.port);
  terminal.note(`Watch it at ${page.url}`);
  try {
    await work(beside(page, terminal), page.state);
    await page.close("done");
  } catch (error) {
    const stopped = error instanceof Interruption;
    page.log({ kind: stopped ? "warning" : "error", text: messageOf(error) });
    await page.close(stopped ? "stopped" : "failed");
    throw error;
  }
}

/** A terminal whose lines the log of a page has too. */
function beside(page: LivePage, terminal: Terminal): Terminal {
  return {
    print(text) {
      terminal.print(text);
      page.log({ kind: "result", text });
    },
    note(sentence) {
      terminal.note(sentence);
      page.log({ kind: "note", text: sentence });
    },
    warn(sentence) {
      terminal.warn(sentence);
      page.log({ kind: "warning", text: sentence });
    },
    debug: (sentence) => terminal.debug(sentence),
    error: (text) => terminal.error(text),
    status: (line) => terminal.status(line),
    interactive: terminal.interactive,
    get columns() {
      return terminal.columns;
    },
    get quiet() {
      return terminal.quiet;
    },
    set quiet(on) {
      terminal.quiet = on;
    },
    get details() {
      return terminal.details;
    },
    set details(on) {
      terminal.details = on;
    },
  };
}

const messageOf = (error: unknown) => error instanceof MetrogradError ? error.message : String(error);
