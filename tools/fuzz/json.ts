/**
 * A JSON parser written for clarity, to compare the readers with: one function a rule of RFC 8259, keys that are there twice
 * refused down to `strictDepth` (1 is the keys of an object at the top, 2 those of the objects in a list at the top).
 */
export class SimpleJson {
  #at = 0;

  constructor(readonly text: string, readonly strictDepth = 0) {}

  /** The one value of the text. @throws SyntaxError */
  whole(): unknown {
    const value = this.value(1);
    this.#space();
    if (this.#at < this.text.length) this.#fail();
    return value;
  }

  /** The elements of a list or values that follow one another, and whether all of the text was read. */
  elements(): { readonly values: unknown[]; readonly whole: boolean } {
    const values: unknown[] = [];
    try {
      this.#space();
      const inList = this.text[this.#at] === "[";
      if (inList && this.#take("[") && this.#next("]")) return { values, whole: this.#atEnd() };
      for (;;) {
        if (!inList && this.#atEnd()) return { values, whole: values.length > 0 };
        values.push(this.value(inList ? 2 : 1));
        if (inList && this.#next("]")) return { values, whole: this.#atEnd() };
        if (inList) this.#take(",");
      }
    } catch (error) {
      if (error instanceof SyntaxError) return { values, whole: false };
      throw error;
    }
  }

  value(depth: number): unknown {
    this.#space();
    const start = this.text[this.#at];
    if (start === "{") return this.#object(depth);
    if (start === "[") return this.#list(depth);
    if (start === '"') return this.#string();
    for (const [word, value] of [["true", true], ["false", false], ["null", null]] as const) {
      if (this.text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return this.#number();
  }

  #object(depth: number): unknown {
    const entries: [string, unknown][] = [];
    this.#take("{");
    if (this.#next("}")) return {};
    for (;;) {
      this.#space();
      const key = this.#string();
      if (depth <= this.strictDepth && entries.some(([known]) => known === key)) throw new RepeatedKey(key);
      this.#take(":");
      entries.push([key, this.value(depth + 1)]);
      if (this.#next("}")) return Object.fromEntries(entries);
      this.#take(",");
    }
  }

  #list(depth: number): unknown[] {
    const values: unknown[] = [];
    this.#take("[");
    if (this.#next("]")) return values;
    for (;;) {
      values.push(this.value(depth + 1));
      if (this.#next("]")) return values;
      this.#take(",");
    }
  }

  #string(): string {
    if (this.text[this.#at] !== '"') this.#fail();
    let found = "";
    for (this.#at++;;) {
      const character = this.text[this.#at++];
      if (character === undefined || character < " ") this.#fail();
      if (character === '"') return found;
      if (character !== "\\") {
        found += character;
        continue;
      }
      const escape = this.text[this.#at++]!, plain = 'bfnrt"\\/'.indexOf(escape ?? "?");
      if (plain >= 0) found += '\b\f\n\r\t"\\/'[plain];
      else if (escape === "u") {
        const digits = this.text.slice(this.#at, this.#at += 4);
        if (digits.length < 4 || [...digits].some((digit) => !"0123456789abcdefABCDEF".includes(digit))) this.#fail();
        found += String.fromCharCode(parseInt(digits, 16));
      } else this.#fail();
    }
  }

  #number(): number {
    const from = this.#at;
    const digits = () => {
      const first = this.#at;
      while (this.text[this.#at]! >= "0" && this.text[this.#at]! <= "9") this.#at++;
      if (this.#at === first) this.#fail();
    };
    if (this.text[this.#at] === "-") this.#at++;
    if (this.text[this.#at] === "0") this.#at++;
    else digits();
    if (this.text[this.#at] === ".") this.#at++, digits();
    if (this.text[this.#at] === "e" || this.text[this.#at] === "E") {
      this.#at++;
      if (this.text[this.#at] === "+" || this.text[this.#at] === "-") this.#at++;
      digits();
    }
    return Number(this.text.slice(from, this.#at));
  }

  #atEnd(): boolean {
    this.#space();
    return this.#at >= this.text.length;
  }

  /** Takes a character if it comes next. */
  #next(character: string): boolean {
    this.#space();
    if (this.text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #take(character: string): true {
    if (!this.#next(character)) this.#fail();
    return true;
  }

  #space(): void {
    while (" \t\n\r".includes(this.text[this.#at] ?? "x")) this.#at++;
  }

  #fail(): never {
    throw new SyntaxError(`not JSON at ${this.#at}`);
  }
}

/** A key that an object has twice. */
export class RepeatedKey extends Error {}
