import { describeValue } from "../../engine/files/describe_value.ts";
import { DataError } from "../../kernels/errors.ts";
import type { JsonObject } from "../../data/files/json_object.ts";

/** Settings, and the file that messages name. */
export interface ConfigSource {
  readonly config: JsonObject;
  readonly path: string;
}

/** Reads a number. @throws DataError naming the key when it is none that fits */
export function numberOf(
  { config, path }: ConfigSource,
  key: string,
  { fits, what, fallback }: { fits: (value: number) => boolean; what: string; fallback?: number | undefined },
): number {
  const value = config[key] ?? fallback;
  if (typeof value === "number" && fits(value)) return value;
  throw new DataError(`${path}: "${key}" is ${describeValue(value)}; ${what} is expected.`);
}

/** Reads a whole number of at least `least`. @throws DataError */
export function sizeOf(source: ConfigSource, key: string, least = 1, fallback?: number): number {
  const fits = (value: number) => Number.isInteger(value) && value >= least;
  return numberOf(source, key, { fits, what: `an integer from ${least}`, fallback });
}

/** Reads a positive number. @throws DataError */
export function positiveOf(source: ConfigSource, key: string, fallback?: number): number {
  return numberOf(source, key, { fits: (value) => value > 0, what: "a positive number", fallback });
}

/** Reads a probability that leaves something. @throws DataError */
export function shareOf(source: ConfigSource, key: string, fallback: number): number {
  const fits = (value: number) => value >= 0 && value < 1;
  return numberOf(source, key, { fits, what: "a number from 0 to below 1", fallback });
}

/** Reads a switch. @throws DataError */
export function flagOf({ config, path }: ConfigSource, key: string, fallback: boolean): boolean {
  const value = config[key] ?? fallback;
  if (typeof value === "boolean") return value;
  throw new DataError(`${path}: "${key}" is ${describeValue(value)}; true or false is expected.`);
}

/** Reads one of several names. @throws DataError listing them */
export function namedOf<T>(
  { config, path }: ConfigSource,
  key: string,
  known: ReadonlyMap<unknown, T>,
  usual: string,
): T {
  const name = config[key] ?? usual, found = known.get(name);
  if (found !== undefined) return found;
  throw new DataError(`${path}: "${key}" is ${describeValue(name)}; known are ${[...known.keys()].join(", ")}.`);
}

/** Refuses a setting that changes an encoder's numbers in a way that is not known. @throws DataError */
export function expectValue({ config, path }: ConfigSource, key: string, ...known: unknown[]): void {
  const value = config[key] ?? null;
  if (known.includes(value)) return;
  throw new DataError(
    `${path}: "${key}" is ${describeValue(value)}; ${known.map(describeValue).join(" or ")} is expected.`,
  );
}
