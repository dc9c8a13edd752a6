import { MetrogradError } from "../../kernels/errors.ts";

/** Where a command's words go: results to stdout, everything said on the way to stderr. */
export interface Terminal {
  /** Prints a result. */
  print(text: string): void;
  /** Prints a line about the work; nothing with `--quiet`. */
  note(sentence: string): void;
  /** Prints a detail that helps to find the cause of something; nothing without `--debug`. */
  debug(sentence: string): void;
  /** Prints a warning. */
  warn(sentence: string): void;
  /** Prints an error. */
  error(text: string): void;
  /**
   * Shows a line that the next one takes the place of, on a terminal only; "" takes it away.
   *
   * @param line its parts, what matters most first: those that the screen has no room for are left out
   */
  status(line: string | readonly string[]): void;
  /** True when stderr is a screen, where a line can be written over. */
  readonly interactive: boolean;
  /** Characters in a line of the screen; 80 where there is none. */
  readonly columns: number;
  /** Set by `--quiet`. */
  quiet: boolean;
  /** Set by `--debug`. */
  details: boolean;
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
  let line: string | readonly string[] = "";
  const status = (next: string | readonly string[]) => {
    const text = fit(next, terminal.columns - 1);
    if (!streams.interactive || terminal.quiet || text === shown) return;
    line = next;
    shown = text;
    streams.err(`\r\x1b[K${text}`);
  };
  /** Prints whole lines above the status line. */
  const above = (write: () => void) => {
    const before = line;
    status("");
    write();
    status(before);
  };
  const prose = (text: string) => streams.interactive ? wrapped(text, terminal.columns) : text;
  const warning = style("yellow", "Warning:"), failure = style("red", "Error:");
  const terminal: Terminal = {
    quiet: false,
    details: false,
    interactive: streams.interactive,
    get columns() {
      return streams.columns();
    },
    status,
    print: (text) => above(() => streams.out(`${text}\n`)),
    note: (sentence) => terminal.quiet || above(() => streams.err(`${prose(sentence)}\n`)),
    debug: (sentence) => terminal.details && above(() => streams.err(`${prose(sentence)}\n`)),
    warn: (sentence) => above(() => streams.err(`${prose(`Warning: ${sentence}`).replace("Warning:", warning)}\n`)),
    error: (text) => {
      status("");
      streams.err(`${prose(`Error: ${text}`).replace("Error:", failure)}\n`);
    },
  };
  return terminal;
}

/** Characters that a table may be wide, on any screen. */
const tableWidth = 80;

/**
 * Rows of text as lines with aligned columns. A table of more than 80 characters comes in parts, each with the first column
 * again, and long texts in it are broken between words.
 *
 * @param toLeft how many of the columns are aligned to the left; the others, mostly numbers, to the right
 */
export function alignColumns(rows: readonly (readonly string[])[], toLeft = 1): string {
  const count = rows[0]?.length ?? 0, natural = (rows[0] ?? []).map((_, column) => widest(rows, column));
  // The longest texts give way first, down to a width at which they can still be read.
  const longest = natural.indexOf(Math.max(...natural.slice(0, toLeft)));
  const others = natural.reduce((sum, one, column) => column === longest ? sum : sum + gap + one, 0);
  const room = tableWidth - others >= leastText ? tableWidth - others : tableWidth / 2;
  const fitting = rows.map((row) => row.map((cell, column) => column === longest ? wrapped(cell, room) : cell));
  const widths = (fitting[0] ?? []).map((_, column) => widest(fitting, column));
  const parts: number[][] = [[0]];
  for (let column = 1, used = widths[0] ?? 0; column < count; column++) {
    used += gap + widths[column]!;
    if (used > tableWidth && parts.at(-1)!.length > 1) {
      parts.push([0]);
      used = widths[0]! + gap + widths[column]!;
    }
    parts.at(-1)!.push(column);
  }
  return parts.map((columns) =>
    fitting.flatMap((row) => rowLines(columns.map((column) => row[column] ?? ""), columns, widths, toLeft)).join("\n")
  ).join("\n\n");
}

/** Spaces between two columns. */
const gap = 2;

/** Least width that texts are broken to so that a table is narrow enough. */
const leastText = 16;

/** A row of a table, whose cells may have several lines each. */
function rowLines(
  cells: readonly string[],
  columns: readonly number[],
  widths: readonly number[],
  toLeft: number,
): string[] {
  const split = cells.map((cell) => cell.split("\n"));
  const height = Math.max(...split.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    split.map((lines, i) => {
      const text = lines[line] ?? "", space = " ".repeat(widths[columns[i]!]! - width(text));
      return columns[i]! < toLeft ? text + space : space + text;
    }).join(" ".repeat(gap)).trimEnd());
}

const widest = (rows: readonly (readonly string[])[], column: number) =>
  Math.max(...rows.flatMap((row) => (row[column] ?? "").split("\n").map(width)));

const width = (text: string) => Array.from(text).length;

/** As many parts of a line as there is room for, in their order; at least the first, cut off where it has to be. */
function fit(line: string | readonly string[], columns: number): string {
  const [first = "", ...others] = typeof line === "string" ? [line] : line;
  const whole = others.reduce((so, part) => width(so) + 2 + width(part) <= columns ? `${so}  ${part}` : so, first);
  return width(whole) <= columns ? whole : `${Array.from(whole).slice(0, Math.max(columns - 1, 0)).join("")}…`;
}

/** Text in lines of at most so many characters, broken between words. Indented lines, such as calls, stay whole. */
export function wrapped(text: string, columns: number): string {
  return text.split("\n").flatMap((line) => {
    if (line.startsWith(" ") || width(line) <= columns) return [line];
    const lines: string[] = [];
    let last = "";
    for (const word of line.split(" ")) {
      const longer = last === "" ? word : `${last} ${word}`;
      if (width(longer) <= columns || last === "") last = longer;
      else {
        lines.push(last);
        last = word;
      }
    }
    return [...lines, last];
  }).join("\n");
}

function processStreams(): TerminalStreams {
  const interactive = Deno.stderr.isTerminal();
  return {
    out: (text) => writeText(Deno.stdout, text),
    err: (text) => writeText(Deno.stderr, text),
    interactive,
    color: interactive && !Deno.noColor,
    // Some terminals say that they have none.
    columns: () => interactive || Deno.stdout.isTerminal() ? Deno.consoleSize().columns || 80 : 80,
  };
}

/**
 * Writes all of a text. Whoever reads it may stop reading (`| head`), and a terminal may be closed: then the rest is dropped
 * without a word.
 *
 * @throws MetrogradError when the disk beneath stdout is full
 */
function writeText(stream: typeof Deno.stdout | typeof Deno.stderr, text: string): void {
  try {
    let bytes = new TextEncoder().encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  } catch (error) {
    // What is said on the way is not worth ending the work for.
    const code = (error as { readonly code?: unknown }).code;
    if (stream === Deno.stderr || error instanceof Deno.errors.BrokenPipe || code === "EIO") return;
    const why = code === "ENOSPC" || code === "EDQUOT" ? "no space is left on the device" : (error as Error).message;
    throw new MetrogradError(`The result could not be written to stdout: ${why}.`, { cause: error });
  }
}
