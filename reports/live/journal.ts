import { withoutHidden } from "../visible_text.ts";

/** A line of the log. */
export interface LogLine {
  readonly kind: "note" | "warning" | "error" | "result";
  readonly text: string;
}

/** Lines that are kept for pages that are opened later, and characters of each. */
const mostLines = 2000, mostCharacters = 4000;

/**
 * The log of a training. A page that lost its connection says how far it had read, and is told the rest; one that has read
 * the log of an earlier process begins anew.
 */
export class Journal {
  /** Tells this process from others that serve at the same port. */
  readonly session: string = crypto.randomUUID().slice(0, 8);
  #lines: LogLine[] = [];
  /** Lines that are not kept any more. */
  #dropped = 0;

  /** Adds a line. */
  add({ kind, text }: LogLine): void {
    const shown = text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;
    this.#lines.push({ kind, text: withoutHidden(shown) });
    if (this.#lines.length <= mostLines) return;
    this.#dropped += this.#lines.length - mostLines;
    this.#lines = this.#lines.slice(-mostLines);
  }

  /** Lines so far. */
  get length(): number {
    return this.#dropped + this.#lines.length;
  }

  /** What a page is told that knows so many lines. */
  after(count: number): readonly LogLine[] {
    return this.#lines.slice(Math.max(count - this.#dropped, 0));
  }

  /** The id of an event after which a page knows all lines so far. */
  get id(): string {
    return `${this.session}-${this.length}`;
  }

  /** How many lines a page knows by the last id that it got; null for one that knows nothing of this process. */
  known(lastEventId: string | null): number | null {
    const [session, count] = (lastEventId ?? "").split("-"), known = Number(count);
    if (session !== this.session || !Number.isInteger(known) || known < 0) return null;
    return Math.min(known, this.length);
  }
}
