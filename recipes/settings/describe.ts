import { fieldsOf, type Table } from "./table.ts";

/** A setting as a person reads it. */
export interface SettingDescription {
  /** "optimizer.lr". */
  readonly path: string;
  /** Its default, as the command line takes it. */
  readonly default: string;
  /** "a number from 0 to 10". */
  readonly values: string;
  /** What it is for. */
  readonly doc: string;
}

/** Every setting of a table in words, in its order. */
export function describeSettings(table: Table): SettingDescription[] {
  return [...fieldsOf(table)].map(([path, { default: value, kind, doc }]) => ({
    path,
    default: wordOf(value),
    values: kind.expects.replace(/,? (is|are) expected$/, ""),
    doc,
  }));
}

/** A value as the command line takes it, without an exponent. */
function wordOf(value: unknown): string {
  return typeof value === "number" ? value.toFixed(6).replace(/\.?0+$/, "") : String(value);
}
