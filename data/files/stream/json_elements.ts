import { describeValue } from "../../../engine/files/describe_value.ts";
import { closingQuote, repeatedKey } from "../../../engine/files/repeated_key.ts";
import { DataError } from "../../../kernels/errors.ts";
import { findDamage } from "../json_scanner.ts";
import { quoteBeginning } from "../json_value.ts";
import { pause } from "./pause.ts";

const structure = /["{}[\]]/g, space = /[ \t\n\r]*/y, scalar = /"(?:[^"\\]|\\[^])*"|[^\s,{}[\]"]+/y;

/**
 * Takes the text of a JSON array, or of objects that follow one another (JSON lines), piece by piece, and gives the
 * elements that are whole. An empty line between two elements gives `pause`.
 */
export class JsonElements {
  #text = "";
  /** Where the text is not looked at yet. */
  #at = 0;
  /** Where the open element begins; -1 between two. */
  #start = -1;
  #depth = 0;
  #count = 0;
  #newlines = 0;
  /** What may come between two elements; the beginning may be that of an array or of an element. */
  #expects: "anything" | "element" | "separator" | "nothing" = "anything";
  #inArray = false;

  /** @param name what messages call the file */
  constructor(readonly name: string) {}

  /** Elements that end in a further piece of the text. @throws DataError naming the element that is no JSON */
  push(piece: string, isLast = false): unknown[] {
    const values: unknown[] = [];
    this.#text += piece;
    while (this.#start >= 0 ? this.#goOn(values) : this.#begin(values, isLast));
    const kept = this.#start >= 0 ? this.#start : this.#at;
    this.#text = this.#text.slice(kept);
    this.#at -= kept;
    if (this.#start >= 0) this.#start = 0;
    return values;
  }

  /** Elements that end with the text. @throws DataError where it ends too early */
  end(): unknown[] {
    const values = this.push("", true);
    const left = this.#start >= 0 ? findDamage(this.#text)?.expected : this.#inArray ? '"," or "]"' : undefined;
    if (left === undefined) return values;
    throw this.#damage(`the file ends where ${left} is expected, at record ${this.#count + 1}`);
  }

  /** Between two elements; false when there is no more text. */
  #begin(values: unknown[], isLast: boolean): boolean {
    space.lastIndex = this.#at;
    const [skipped] = space.exec(this.#text)!;
    this.#at += skipped.length;
    this.#countLines(skipped, values);
    const character = this.#text[this.#at];
    if (character === undefined) return false;
    if (this.#expects === "anything" && character === "[") {
      this.#inArray = true;
      this.#expects = "element";
      this.#at++;
    } else if (this.#inArray && character === "]" && (this.#expects === "separator" || this.#count === 0)) {
      this.#inArray = false;
      this.#expects = "nothing";
      this.#at++;
    } else if (this.#expects === "separator" && this.#inArray) {
      if (character !== ",") this.#refuse('"," or "]"');
      this.#expects = "element";
      this.#at++;
    } else if (this.#expects === "nothing") this.#refuse("the end of the file");
    else if (character === "{" || character === "[") {
      this.#start = this.#at++;
      this.#depth = 1;
    } else {
      scalar.lastIndex = this.#at;
      const found = scalar.exec(this.#text)?.[0];
      if (!isLast && (found === undefined || scalar.lastIndex === this.#text.length)) return false;
      if (found === undefined) this.#refuse("a JSON value");
      this.#at += found!.length;
      values.push(this.#parse(found!));
    }
    return true;
  }

  /** Within an element; false when it goes on in the next piece. */
  #goOn(values: unknown[]): boolean {
    structure.lastIndex = this.#at;
    for (let match; (match = structure.exec(this.#text)) !== null;) {
      const [character] = match;
      if (character === '"') {
        const end = closingQuote(this.#text, match.index + 1);
        if (end < 0) {
          this.#at = match.index;
          return false;
        }
        structure.lastIndex = end + 1;
        continue;
      }
      this.#depth += character === "{" || character === "[" ? 1 : -1;
      if (this.#depth > 0) continue;
      this.#at = structure.lastIndex;
      values.push(this.#parse(this.#text.slice(this.#start, this.#at)));
      this.#start = -1;
      return true;
    }
    this.#at = this.#text.length;
    return false;
  }

  #parse(text: string): unknown {
    this.#expects = "separator";
    this.#newlines = 0;
    this.#count++;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      const { index, expected } = findDamage(text) ?? { index: 0, expected: "a JSON value" };
      throw this.#damage(
        `${expected} is expected at record ${this.#count}, found ${quoteBeginning(text.slice(index))}`,
      );
    }
    const twice = repeatedKey(text, 0);
    if (!twice) return value;
    throw new DataError(
      `${this.name}, record ${this.#count} has ${describeValue(twice.key)} twice; once is expected.`,
    );
  }

  #countLines(skipped: string, values: unknown[]): void {
    const before = this.#newlines;
    for (const character of skipped) if (character === "\n") this.#newlines++;
    if (this.#count > 0 && !this.#inArray && before < 2 && this.#newlines >= 2) values.push(pause);
  }

  #refuse(expected: string): never {
    const found = quoteBeginning(this.#text.slice(this.#at));
    throw this.#damage(`${expected} is expected at record ${this.#count + 1}, found ${found}`);
  }

  #damage(problem: string): DataError {
    return new DataError(`${this.name} is damaged: ${problem}; the records before it can be saved with --recover.`);
  }
}
