import { UsageError } from "../kernels/errors.ts";
import { choice, number as numberField, type NumberRange } from "../models/settings/field.ts";

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
