import { parseDecimal } from "../../data/files/decimal.ts";
import { suggestName } from "../../data/texts/nearest_name.ts";
import { describeValue } from "../../engine/files/describe_value.ts";
import { UsageError } from "../../kernels/errors.ts";

/** Lowest and highest value of a number, and whether it has to be whole. */
export type NumberRange = readonly [lowest: number, highest: number, whole: boolean];

/** What the values of a setting are like. */
export interface FieldKind<Value> {
  /** In words: "a whole number from 1 to 9". */
  readonly expects: string;
  /** True for a value that the setting may have. */
  accepts(value: unknown): value is Value;
  /** Reads a word of the command line; what it cannot read comes back as it is, to be refused. */
  parse(word: string): unknown;
  /** The values there are, where they can be named. */
  readonly options?: readonly string[];
}

/** One setting: its default, the values it may have, and what it is for. */
export class Field<Value> {
  /** What it is unless it is given. */
  readonly default: Value;

  /**
   * Describes a setting.
   *
   * @param initial its default
   * @param doc what it is for, in a line
   * @param kind the values it may have
   */
  constructor(initial: Value, readonly doc: string, readonly kind: FieldKind<Value>) {
    this.default = initial;
  }

  /** @deprecated `default` is its name now. */
  get standard(): Value {
    return this.default;
  }

  /** The same setting with another default. */
  withDefault(value: unknown): Field<Value> {
    return new Field(this.check(value, "A default"), this.doc, this.kind);
  }

  /**
   * The value itself, when it is one that the setting may have.
   *
   * @param name what the message calls the setting
   * @throws UsageError naming the setting, what is expected and what was given
   */
  check(value: unknown, name: string): Value {
    if (this.kind.accepts(value)) return value;
    throw this.#refusal(value, name);
  }

  /** Reads a word of the command line. @throws UsageError as `check` does */
  parse(word: string, name: string): Value {
    const value = this.kind.parse(word.trim());
    if (this.kind.accepts(value)) return value;
    throw this.#refusal(word, name);
  }

  #refusal(found: unknown, name: string): UsageError {
    const { expects, options = [] } = this.kind;
    const meant = typeof found === "string" && options.length > 1
      ? ` (did you mean ${suggestName(found, options)}?)`
      : "";
    // JSON alone would say null of NaN and infinity.
    const shown = typeof found === "number" ? describeValue(found) : JSON.stringify(found, finiteOrNamed);
    return new UsageError(`${name} is ${shown}; ${expects}${meant}.`);
  }
}

/** A number in a range. */
export function number(initial: number, range: NumberRange, doc: string): Field<number> {
  return new Field(initial, doc, numberKind(range));
}

/** A number in a range, or null for none. */
export function optionalNumber(initial: number | null, range: NumberRange, doc: string): Field<number | null> {
  const { expects, accepts, parse } = numberKind(range);
  return new Field(initial, doc, {
    expects: expects.replace(" is expected", ", or null, is expected"),
    accepts: (value): value is number | null => value === null || accepts(value),
    parse: (word) => word === "null" ? null : parse(word),
  });
}

/** A list of at least one number, each in a range. */
export function numbers(initial: readonly number[], range: NumberRange, doc: string): Field<readonly number[]> {
  const { accepts, parse } = numberKind(range);
  const [lowest, highest, whole] = range;
  return new Field(initial, doc, {
    expects: `a list of ${whole ? "whole " : ""}numbers from ${lowest} to ${highest} is expected`,
    accepts: (value): value is readonly number[] => Array.isArray(value) && value.length > 0 && value.every(accepts),
    parse: (word) => word.split(",").map((part) => parse(part.trim())),
  });
}

/** One of some names. */
export function choice<const Name extends string>(
  initial: NoInfer<Name>,
  options: readonly Name[],
  doc: string,
): Field<Name> {
  return new Field(initial, doc, {
    expects: `${options.join(" or ")} is expected`,
    accepts: (value): value is Name => options.some((name) => name === value),
    parse: (word) => word,
    options,
  });
}

/** Yes or no. */
export function flag(initial: boolean, doc: string): Field<boolean> {
  return new Field(initial, doc, {
    expects: "true or false is expected",
    accepts: (value) => typeof value === "boolean",
    parse: (word) => word === "true" ? true : word === "false" ? false : word,
  });
}

/** Text that may not be empty. @param expects in words: "the name of an encoder is expected" */
export function text(initial: string, expects: string, doc: string): Field<string> {
  return new Field(initial, doc, {
    expects,
    accepts: (value): value is string => typeof value === "string" && value !== "",
    parse: (word) => word,
  });
}

/** A name that may be left out. */
export function optionalText(initial: string | null, doc: string): Field<string | null> {
  return new Field(initial, doc, {
    expects: "a name, or null, is expected",
    accepts: (value): value is string | null => value === null || (typeof value === "string" && value !== ""),
    parse: (word) => word === "null" ? null : word,
  });
}

/** Text of any kind, or none. */
export function anyText(initial: string | null, doc: string): Field<string | null> {
  return new Field(initial, doc, {
    expects: "text, or null, is expected",
    accepts: (value): value is string | null => value === null || typeof value === "string",
    parse: (word) => word === "null" ? null : word,
  });
}

function numberKind([lowest, highest, whole]: NumberRange): FieldKind<number> {
  return {
    expects: `a ${whole ? "whole " : ""}number from ${lowest} to ${highest} is expected`,
    accepts: (value): value is number =>
      typeof value === "number" && value >= lowest && value <= highest && (!whole || Number.isInteger(value)),
    parse: (word) => parseDecimal(word) ?? word,
  };
}

function finiteOrNamed(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
