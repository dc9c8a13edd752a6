/** A key that an object of a JSON text has twice, of whose values `JSON.parse` gives the last. */
export interface RepeatedKey {
  readonly key: string;
  /** Where its object stands: the number of the value at the top (there is one, but for JSON lines), then keys and indices. */
  readonly path: readonly (string | number)[];
}

/** An object or list that is open: what comes next is a key, or the value of `at`. */
interface Open {
  readonly keys: Set<string> | null;
  at: string | number;
  expectsKey: boolean;
}

const structure = /["{}[\],]/g;

/**
 * The first key that an object of a JSON text has twice; null where there is none.
 *
 * @param text valid JSON, or values that follow one another
 * @param deepest objects further down are passed over; 0 is the top
 */
export function repeatedKey(text: string, deepest = Infinity): RepeatedKey | null {
  const top: Open = { keys: null, at: 0, expectsKey: false }, open: Open[] = [top];
  structure.lastIndex = 0;
  for (let match; (match = structure.exec(text)) !== null;) {
    const inner = open.at(-1)!, [character] = match;
    if (character === '"') {
      const from = structure.lastIndex, to = closingQuote(text, from);
      if (to < 0) return null;
      structure.lastIndex = to + 1;
      if (!inner.expectsKey) continue;
      inner.expectsKey = false;
      if (open.length - 2 > deepest) continue;
      const written = text.slice(from, to);
      const key: string = written.includes("\\") ? JSON.parse(`"${written}"`) : written;
      if (inner.keys!.has(key)) return { key, path: open.slice(0, -1).map(({ at }) => at) };
      inner.keys!.add(key);
      inner.at = key;
    } else if (character === ",") {
      if (inner.keys) inner.expectsKey = true;
      else (inner.at as number)++;
    } else if (character === "{" || character === "[") {
      const keys = character === "{" ? new Set<string>() : null;
      open.push({ keys, at: 0, expectsKey: keys !== null });
    } else if (open.length > 1) {
      open.pop();
      if (open.length === 1) (top.at as number)++;
    }
  }
  return null;
}

/**
 * Where the JSON string ends whose first character is at `from`; -1 when that is not there yet. A regular expression for it
 * would run out of stack on many escapes.
 */
export function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return -1;
}
