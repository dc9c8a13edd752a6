import { nearestName } from "../data/nearest_name.ts";
import { UsageError } from "../kernels/errors.ts";

/** Lowest and highest value of a number, and whether it has to be whole. */
export type NumberRange = readonly [lowest: number, highest: number, whole: boolean];

/** Reads the value of a numeric option. @throws UsageError naming the option, its range and what was given */
export function number(option: string, [lowest, highest, whole]: NumberRange): (value: string) => number {
  return (value) => {
    const parsed = value.trim() === "" ? NaN : Number(value);
    if (!(parsed >= lowest && parsed <= highest) || (whole && !Number.isInteger(parsed))) {
      const kind = whole ? "whole number" : "number";
      throw new UsageError(`${option} is "${value}"; a ${kind} from ${lowest} to ${highest} is expected.`);
    }
    return parsed;
  };
}

/** Reads numbers separated by commas, each in the range. @throws UsageError as `number` does */
export function numbers(option: string, range: NumberRange): (value: string) => readonly number[] {
  const parse = number(option, range);
  return (value) => value.split(",").map((part) => parse(part));
}

/** Reads one of some known names. @throws UsageError naming the nearest one */
export function oneOf<Name extends string>(option: string, known: readonly Name[]): (value: string) => Name {
  return (value) => {
    const found = known.find((name) => name === value);
    if (found !== undefined) return found;
    const expected = known.length > 1
      ? `${known.join(" or ")} is expected (did you mean ${nearest(value, known)}?)`
      : `${known[0]} is expected`;
    throw new UsageError(`${option} is "${value}"; ${expected}.`);
  };
}

/** The known name that begins with a word, or else the one with the fewest edits to it. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  return known.find((name) => name.startsWith(word)) ?? nearestName(word, known);
}

/** Reads text that may not be empty: a path, the name of a field. @throws UsageError */
export function text(option: string): (value: string) => string {
  return (value) => {
    if (value.trim() === "") throw new UsageError(`${option} is empty; a value is expected.`);
    return value;
  };
}

/** Describes an option and its default. */
export function describe(what: string, standard: unknown): string {
  return `${what} (default: ${standard})`;
}

/** The options that were given, without the others; their names and types stay. */
export function given<Options extends object>(
  options: Options,
): { [Key in keyof Options]?: Exclude<Options[Key], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Options]?: Exclude<Options[Key], undefined>;
  };
}

/** "--batch-size" for "batchSize". */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Files of metrics: names and a row of embeddings for each. */
export interface MetricFiles {
  readonly names: string;
  readonly embeddings: string;
}

/**
 * The two options that name metrics belong together.
 *
 * @returns null when neither is given
 * @throws UsageError when only one is
 */
export function metricFiles(
  { metricNames: names, metricEmbeddings: embeddings }: {
    readonly metricNames?: string | undefined;
    readonly metricEmbeddings?: string | undefined;
  },
): MetricFiles | null {
  if (names === undefined && embeddings === undefined) return null;
  if (embeddings === undefined) throw new UsageError("--metric-names needs --metric-embeddings beside it.");
  if (names === undefined) throw new UsageError("--metric-embeddings needs --metric-names beside it.");
  return { names, embeddings };
}
