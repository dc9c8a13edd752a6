import { UsageError } from "../../kernels/errors.ts";
import { choice, number as numberField, type NumberRange } from "../../recipes/settings/field.ts";

/** Reads the value of a numeric option. @throws UsageError naming the option, its range and what was given */
export function number(option: string, range: NumberRange): (value: string) => number {
  const field = numberField(range[0], range, "");
  return (value) => field.parse(value, option);
}

/** Reads one of some known names. @throws UsageError naming the nearest one */
export function oneOf<Name extends string>(option: string, known: readonly Name[]): (value: string) => Name {
  const field = choice<Name>(known[0]!, known, "");
  return (value) => field.parse(value, option);
}

/** Reads text that may not be empty: a path, the name of a field. @throws UsageError */
export function text(option: string): (value: string) => string {
  return (value) => {
    if (value.trim() === "") throw new UsageError(`${option} is empty; a value is expected.`);
    return value;
  };
}

/** Units of bytes, by powers of 1000. */
const byteUnits = ["B", "kB", "MB", "GB", "TB"];

/** Reads an amount of memory, as 4GB, in bytes. @throws UsageError naming the option */
export function bytes(option: string): (value: string) => number {
  return (value) => {
    const [, amount, unit] = /^\s*([0-9]+(?:\.[0-9]+)?)\s*([kMGT]?B)\s*$/.exec(value) ?? [];
    const count = Math.round(Number(amount) * 1000 ** byteUnits.indexOf(unit ?? ""));
    if (amount !== undefined && count > 0 && Number.isSafeInteger(count)) return count;
    throw new UsageError(`${option} is "${value}"; an amount of memory, such as 4GB or 500MB, is expected.`);
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

/** Files of metrics: names and a row of embeddings for each, or the texts that define them. */
export type MetricFiles =
  | { readonly names: string; readonly embeddings: string; readonly definitions: null }
  | { readonly names: null; readonly embeddings: null; readonly definitions: string };

/**
 * The options that name metrics: two that belong together, or one for both.
 *
 * @returns null when none is given
 * @throws UsageError when they do not go together
 */
export function metricFiles(
  { metricNames: names, metricEmbeddings: embeddings, metricDefinitions: definitions }: {
    readonly metricNames?: string | undefined;
    readonly metricEmbeddings?: string | undefined;
    readonly metricDefinitions?: string | undefined;
  },
): MetricFiles | null {
  if (definitions !== undefined) {
    if (names === undefined && embeddings === undefined) return { names: null, embeddings: null, definitions };
    const other = names === undefined ? "--metric-embeddings" : "--metric-names";
    throw new UsageError(`--metric-definitions and ${other} exclude each other.`);
  }
  if (names === undefined && embeddings === undefined) return null;
  if (embeddings === undefined) throw new UsageError("--metric-names needs --metric-embeddings beside it.");
  if (names === undefined) throw new UsageError("--metric-embeddings needs --metric-names beside it.");
  return { names, embeddings, definitions: null };
}

/** Reads the share of the true scores that intervals should hold. @throws UsageError */
export const intervalLevel = number("--interval", [0.01, 0.999, false]);
