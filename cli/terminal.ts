/** Where a command's words go: results to stdout, everything said on the way to stderr. */
export interface Terminal {
  /** Prints a result. */
  print(text: string): void;
  /** Prints a line about the work; nothing with `--quiet`. */
  note(sentence: string): void;
  /** Prints a warning. */
  warn(sentence: string): void;
  /** Prints an error. */
  error(text: string): void;
  /** Shows a line that the next one takes the place of, on a terminal only; "" takes it away. */
  status(line: string): void;
  /** True when stderr is a screen, where a line can be written over. */
  readonly interactive: boolean;
  /** Set by `--quiet`. */
  quiet: boolean;
}

/** What a terminal is made of; tests hand in their own. */
export interface TerminalStreams {
  out(text: string): void;
  err(text: string): void;
  readonly interactive: boolean;
  readonly color: boolean;
  columns(): number;
}

const styles = { bold: 1, dim: 2, red: 31, yellow: 33 } as const;

/** A terminal over two streams. */
export function createTerminal(streams: TerminalStreams = processStreams()): Terminal {
  let shown = "";
  const style = (name: keyof typeof styles, text: string) =>
    streams.color ? `\x1b[${styles[name]}m${text}\x1b[0m` : text;
  const status = (line: string) => {
    if (!streams.interactive || terminal.quiet || line === shown) return;
    shown = line;
    streams.err(`\r\x1b[K${fit(line, streams.columns() - 1)}`);
  };
  /** Prints whole lines above the status line. */
  const above = (write: () => void) => {
    const line = shown;
    status("");
    write();
    status(line);
  };
  const terminal: Terminal = {
    quiet: false,
    interactive: streams.interactive,
    status,
    print: (text) => above(() => streams.out(`${text}\n`)),
    note: (sentence) => terminal.quiet || above(() => streams.err(`${sentence}\n`)),
    warn: (sentence) => above(() => streams.err(`${style("yellow", "Warning:")} ${sentence}\n`)),
    error: (text) => {
      status("");
      streams.err(`${style("red", "Error:")} ${text}\n`);
    },
  };
  return terminal;
}

/**
 * Rows of text as lines with aligned columns.
 *
 * @param toLeft how many of the columns are aligned to the left; the others, mostly numbers, to the right
 */
export function alignColumns(rows: readonly (readonly string[])[], toLeft = 1): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => width(row[column] ?? ""))));
  return rows.map((row) =>
    row.map((cell, column) => {
      const space = " ".repeat(widths[column]! - width(cell));
      return column < toLeft ? cell + space : space + cell;
    }).join("  ").trimEnd()
  ).join("\n");
}

const width = (text: string) => Array.from(text).length;

function fit(line: string, columns: number): string {
  return width(line) <= columns ? line : `${Array.from(line).slice(0, Math.max(columns - 1, 0)).join("")}…`;
}

function processStreams(): TerminalStreams {
  const interactive = Deno.stderr.isTerminal();
  return {
    out: (text) => writeText(Deno.stdout, text),
    err: (text) => writeText(Deno.stderr, text),
    interactive,
    color: interactive && !Deno.noColor,
    // Some terminals say that they have none.
    columns: () => Deno.consoleSize().columns || 80,
  };
}

/** Writes all of a text. Whoever reads it may stop reading (`| head`): then the rest is dropped without a word. */
function writeText(stream: typeof Deno.stdout, text: string): void {
  try {
    let bytes = new TextEncoder().encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
