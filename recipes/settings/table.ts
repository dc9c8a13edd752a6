import { quoteNearest } from "../../data/texts/nearest_name.ts";
import { describeValue } from "../../engine/files/describe_value.ts";
import { UsageError } from "../../kernels/errors.ts";
import { Field } from "./field.ts";
import { currentSetting } from "./renamed.ts";

/** Settings by name, in sections: one table drives checking, the command line, the docs and the types. */
export interface Table {
  /** A setting, or a section of them. */
  readonly [name: string]: Field<unknown> | Table;
}

/** The values that a table's settings have. */
export type Values<T> = {
  readonly [Name in keyof T]: T[Name] extends Field<infer Value> ? Value : Values<T[Name]>;
};

/** Some of the values of a table's settings. */
export type Given<T> = {
  readonly [Name in keyof T]?: T[Name] extends Field<infer Value> ? Value : Given<T[Name]>;
};

/** Every setting of a table by its path, such as "optimizer.lr". */
export function fieldsOf(table: Table, path = ""): Map<string, Field<unknown>> {
  const fields = new Map<string, Field<unknown>>();
  for (const [name, entry] of Object.entries(table)) {
    if (entry instanceof Field) fields.set(path + name, entry);
    else fieldsOf(entry, `${path}${name}.`).forEach((field, below) => fields.set(below, field));
  }
  return fields;
}

/** A table with other defaults. @throws UsageError when a setting is unknown or cannot have that default */
export function withDefaults<T extends Table>(table: T, defaults: Given<T>): T {
  const changed = new Map(leaves(defaults));
  const known = fieldsOf(table);
  for (const path of changed.keys()) if (!known.has(path)) throw unknownSetting(path, table);
  const copy = (from: Table, path: string): Table =>
    Object.fromEntries(
      Object.entries(from).map(([name, entry]) => {
        const at = path + name;
        if (!(entry instanceof Field)) return [name, copy(entry, `${at}.`)];
        return [name, changed.has(at) ? entry.withDefault(changed.get(at)) : entry];
      }),
    );
  return copy(table, "") as T;
}

/**
 * Fills in the defaults and checks every value.
 *
 * @throws UsageError naming the setting, what is expected and what was given; for an unknown one the nearest known
 */
export function resolve<T extends Table>(table: T, given: unknown): Values<T> {
  const fill = (part: Table, values: unknown, path: string): unknown => {
    if (typeof values !== "object" || values === null || Array.isArray(values)) {
      const what = path === "" ? "The settings are" : `${path.slice(0, -1)} is`;
      throw new UsageError(`${what} ${describeValue(values)}; an object is expected.`);
    }
    for (const name of Object.keys(values)) {
      if (!Object.hasOwn(part, name)) throw unknownSetting(path + name, table);
    }
    return Object.fromEntries(
      Object.entries(part).map(([name, entry]) => {
        const value = (values as Record<string, unknown>)[name];
        if (!(entry instanceof Field)) return [name, fill(entry, value ?? {}, `${path}${name}.`)];
        return [name, value === undefined ? entry.default : entry.check(value, path + name)];
      }),
    );
  };
  return fill(table, given, "") as Values<T>;
}

/** Some settings with others over them. */
export function mergeGiven<T extends object>(under: T, over: T): T {
  const isSection = (value: unknown): value is object =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const merged = { ...under } as Record<string, unknown>;
  for (const [name, value] of Object.entries(over)) {
    const below = merged[name];
    merged[name] = isSection(below) && isSection(value) ? mergeGiven(below, value) : value;
  }
  return merged as T;
}

/** The settings that differ from their defaults, as words of the command line. */
export function changedSettings(table: Table, settings: object): [path: string, word: string][] {
  const values = new Map(leaves(settings));
  return [...fieldsOf(table)].flatMap(([path, field]) => {
    const value = values.get(path);
    return value === undefined || String(value) === String(field.default) ? [] : [[path, String(value)]];
  });
}

/**
 * Sets one value among others, by its path and the word that stands for it on the command line.
 *
 * @param name what messages call it
 * @throws UsageError when the table has no such setting or the word is no value of it
 */
export function setByPath<T extends object>(table: Table, given: T, at: string, as: string, name = at): T {
  const [path, word] = currentSetting(at, as);
  const field = fieldsOf(table).get(path);
  if (!field) throw unknownSetting(path, table);
  const value = field.parse(word, name);
  const [first, ...rest] = path.split(".");
  const set = (into: object, head: string, tail: readonly string[]): object => {
    const below = (into as Record<string, object | undefined>)[head] ?? {};
    return { ...into, [head]: tail.length === 0 ? value : set(below, tail[0]!, tail.slice(1)) };
  };
  return set(given, first!, rest) as T;
}

function unknownSetting(path: string, table: Table): UsageError {
  const known = [...fieldsOf(table).keys()];
  const last = (whole: string) => whole.slice(whole.lastIndexOf(".") + 1).toLowerCase();
  const section = known.filter((one) => one.startsWith(path.slice(0, path.lastIndexOf(".") + 1)));
  const sameName = known.find((one) => last(one) === last(path));
  const nearest = quoteNearest(path, sameName ? [sameName] : section.length > 0 ? section : known);
  return new UsageError(`There is no setting ${describeValue(path)}; the nearest one is ${nearest}.`);
}

/** Values that are no sections, by path. */
export function leaves(values: object, path = ""): [path: string, value: unknown][] {
  return Object.entries(values).flatMap(([name, value]): [string, unknown][] =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? leaves(value, `${path}${name}.`)
      : [[path + name, value]]
  );
}
