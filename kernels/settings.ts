import { UsageError } from "./errors.ts";

/** Numbers that a setting may be: finite ones within these bounds. */
export interface NumberRule {
  /** The least. */
  readonly from?: number;
  /** What it has to be greater than. */
  readonly above?: number;
  /** The greatest. */
  readonly to?: number;
  /** What it has to be less than. */
  readonly below?: number;
  /** True for whole numbers alone. */
  readonly whole?: boolean;
  /** True where infinity is one of them. */
  readonly infinite?: boolean;
  /** True where there is no default. */
  readonly required?: boolean;
}

/** What a setting may be: a number within bounds, or one of some words. */
export type SettingRule = NumberRule | readonly string[];

/**
 * Fails where a setting is not what it may be. A number without a rule may be any but NaN; what is undefined has a
 * default, unless its rule says otherwise.
 *
 * @param where whose settings they are, for the message
 * @throws UsageError naming the first setting that cannot be taken, what was expected and what was found
 */
export function expectSettings<Settings extends object>(
  where: string,
  settings: Settings,
  rules: { readonly [Name in keyof Settings]?: SettingRule } = {},
): void {
  for (const [name, value] of Object.entries(settings) as [string & keyof Settings, unknown][]) {
    const rule = rules[name];
    if (value === undefined ? !isRequired(rule) : (rule ? follows(value, rule) : !Number.isNaN(value))) continue;
    const found = typeof value === "number" ? value : JSON.stringify(value) ?? "missing";
    throw new UsageError(`${where}: ${name} is ${found}; ${wordsOf(rule ?? {})} is expected.`);
  }
}

/**
 * Fails where a setting has a name that there is none for, such as one of another library.
 *
 * @param where whose settings they are, for the message
 * @throws UsageError naming the first such setting and those that there are
 */
export function expectNames(where: string, settings: object, names: readonly string[]): void {
  const unknown = Object.keys(settings).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new UsageError(`${where} has no setting ${JSON.stringify(unknown)}; its settings are ${names.join(", ")}.`);
}

function isRequired(rule: SettingRule | undefined): boolean {
  return rule !== undefined && !isWords(rule) && rule.required === true;
}

function follows(value: unknown, rule: SettingRule): boolean {
  if (isWords(rule)) return rule.includes(value as string);
  if (typeof value !== "number") return false;
  const { from = -Infinity, above = -Infinity, to = Infinity, below = Infinity, whole, infinite } = rule;
  if (!Number.isFinite(value)) return infinite === true && value >= from && value > above && value <= to;
  return value >= from && value > above && value <= to && value < below && (!whole || Number.isInteger(value));
}

/** Says what a rule asks for. */
function wordsOf(rule: SettingRule): string {
  if (isWords(rule)) return `one of ${rule.join(", ")}`;
  const { from, above, to, below, whole } = rule;
  const end = to !== undefined ? ` to ${to}` : below !== undefined ? ` to below ${below}` : "";
  const start = from !== undefined
    ? ` from ${from}${end || " on"}`
    : above !== undefined
    ? ` above ${above}${end}`
    : end;
  return `a ${whole ? "whole number" : "number"}${start}`;
}

function isWords(rule: SettingRule): rule is readonly string[] {
  return Array.isArray(rule);
}
