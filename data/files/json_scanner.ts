/** Where JSON text stops being JSON. */
export interface JsonDamage {
  /** Index in the text; its length where the text ends too early. */
  readonly index: number;
  /** What may stand there: `"," or "]"`. */
  readonly expected: string;
}

/** The elements of an array (or of JSON lines) up to the first damage. */
export interface ScannedElements {
  readonly values: readonly unknown[];
  readonly damage?: JsonDamage;
}

class Damage extends Error implements JsonDamage {
  constructor(readonly index: number, readonly expected: string) {
    super(`${expected} expected at ${index}`);
  }
}

/**
 * Reads the elements of a JSON array, or values that follow one another (JSON lines), one at a time, so that those
 * before a damage are kept. Only the extents are found here; `JSON.parse` makes the values.
 */
export function scanElements(text: string): ScannedElements {
  const values: unknown[] = [];
  try {
    let at = skipSpace(text, 0);
    const inArray = text[at] === "[";
    if (inArray) at = skipSpace(text, at + 1);
    let more = inArray ? text[at] !== "]" : at < text.length;
    while (more) {
      const end = endOfValue(text, at);
      values.push(JSON.parse(text.slice(at, end)));
      at = skipSpace(text, end);
      more = inArray ? text[at] !== "]" : at < text.length;
      if (inArray && more) at = expectCharacter(text, at, ",", '"," or "]"');
    }
    if (inArray && skipSpace(text, at + 1) < text.length) {
      throw new Damage(skipSpace(text, at + 1), "the end of the file");
    }
    return { values };
  } catch (error) {
    if (error instanceof Damage) return { values, damage: { index: error.index, expected: error.expected } };
    throw error;
  }
}

/** Where a text that should be one JSON value is damaged; null where it is not. */
export function findDamage(text: string): JsonDamage | null {
  try {
    const end = skipSpace(text, endOfValue(text, 0));
    return end < text.length ? { index: end, expected: "the end of the file" } : null;
  } catch (error) {
    if (error instanceof Damage) return { index: error.index, expected: error.expected };
    throw error;
  }
}

/** Index after the value that starts at `at`. Nested values are followed with a stack, so that depth has no limit. */
function endOfValue(text: string, at: number): number {
  const closers: string[] = [];
  for (;;) {
    at = skipSpace(text, at);
    const opener = text[at];
    if (opener === "{" || opener === "[") {
      const closer = opener === "{" ? "}" : "]";
      at = skipSpace(text, at + 1);
      if (text[at] === closer) at++;
      else {
        closers.push(closer);
        if (opener === "{") at = endOfKey(text, at, 'a quoted field name or "}"');
        continue;
      }
    } else at = endOfScalar(text, at);
    while (closers.length > 0) {
      const closer = closers[closers.length - 1]!;
      at = skipSpace(text, at);
      if (text[at] !== closer) break;
      closers.pop();
      at++;
    }
    const closer = closers.at(-1);
    if (closer === undefined) return at;
    at = expectCharacter(text, at, ",", `"," or "${closer}"`);
    if (closer === "}") at = endOfKey(text, skipSpace(text, at), "a quoted field name");
  }
}

function endOfKey(text: string, at: number, expected: string): number {
  if (text[at] !== '"') throw new Damage(at, expected);
  return expectCharacter(text, skipSpace(text, endOfString(text, at)), ":", '":"');
}

const scalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

function endOfScalar(text: string, at: number): number {
  if (text[at] === '"') return endOfString(text, at);
  scalar.lastIndex = at;
  if (!scalar.test(text)) {
    const isNumber = /^-?(?:NaN|Infinity)\b/.test(text.slice(at, at + 10));
    throw damagedToken(text, at, isNumber ? "null, or another value that JSON has," : "a JSON value");
  }
  return scalar.lastIndex;
}

// deno-lint-ignore no-control-regex -- JSON strings may not hold control characters
const plainCharacters = /[^"\\\u0000-\u001f]*/y;
const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

function endOfString(text: string, at: number): number {
  at++;
  for (;;) {
    plainCharacters.lastIndex = at;
    plainCharacters.test(text);
    at = plainCharacters.lastIndex;
    if (text[at] === '"') return at + 1;
    escapeSequence.lastIndex = at;
    if (!escapeSequence.test(text)) {
      throw damagedToken(text, at, text[at] === "\\" ? "an escape sequence of JSON" : "the closing quote of a string");
    }
    at = escapeSequence.lastIndex;
  }
}

const cutToken = /^(?:t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?|-|\\(?:u[0-9a-fA-F]{0,3})?)$/;

/** A token that the end of the text cuts is damaged there, not where it begins. */
function damagedToken(text: string, at: number, expected: string): Damage {
  const cut = text.length - at < 6 && cutToken.test(text.slice(at));
  return cut ? new Damage(text.length, `the rest of ${JSON.stringify(text.slice(at))}`) : new Damage(at, expected);
}

const space = /[ \t\n\r]*/y;

function skipSpace(text: string, at: number): number {
  space.lastIndex = at;
  space.test(text);
  return space.lastIndex;
}

function expectCharacter(text: string, at: number, character: string, expected: string): number {
  if (text[at] !== character) throw new Damage(at, expected);
  return at + 1;
}
