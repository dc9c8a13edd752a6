import { parseScore } from "../../data/scores.ts";

/** What the values of one field are like. */
export interface FieldProfile {
  readonly name: string;
  /** Absent or null. */
  readonly missing: number;
  /** Texts without a character. */
  readonly empty: number;
  /** Texts of white space alone. */
  readonly blank: number;
  /** Values that are not what the field is for; of a field that is not known, those not of its most frequent type. */
  readonly wrong: number;
  /** Number of the first record, from 1, with a wrong value; null for none. */
  readonly firstWrong: number | null;
  /** "text 4,990, number 10". */
  readonly types: ReadonlyMap<string, number>;
}

/** Fields that records are read from, and what their values have to be. */
const known: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ["metric_name", isText],
  ["system_prompt", isText],
  ["user_prompt", isText],
  ["response", isText],
  ["prompt", isText],
  ["expected_response", isText],
  ["score", (value) => value === "" || parseScore(value) !== null],
]);

/** Fields beyond these are not told one by one. */
const most = 50;

function isText(value: unknown): boolean {
  return typeof value === "string";
}

/** Describes the fields of the values of a file of records, in the order of their first use; other values have none. */
export function profileFields(values: readonly unknown[]): FieldProfile[] {
  const names = new Set(["metric_name", "system_prompt", "user_prompt", "response", "score"]);
  for (const value of values) {
    if (!isObject(value)) continue;
    for (const name in value) if (names.size < most && Object.hasOwn(value, name)) names.add(name);
  }
  return [...names].map((name) => profile(name, values));
}

/** True for a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function profile(name: string, values: readonly unknown[]): FieldProfile {
  const types = new Map<string, number>(), firsts = new Map<string, number>();
  const fits = known.get(name);
  let missing = 0, empty = 0, blank = 0, wrong = 0, firstWrong: number | null = null;
  values.forEach((record, i) => {
    const value = isObject(record) && Object.hasOwn(record, name) ? record[name] : undefined;
    if (value === undefined || value === null) return missing++;
    const type = typeOf(value);
    types.set(type, (types.get(type) ?? 0) + 1);
    if (!firsts.has(type)) firsts.set(type, i + 1);
    if (value === "") empty++;
    else if (typeof value === "string" && /^\s+$/u.test(value)) blank++;
    if (fits && !fits(value)) {
      wrong++;
      firstWrong ??= i + 1;
    }
  });
  const ordered = new Map([...types].sort(([, a], [, b]) => b - a));
  if (!fits) {
    const others = [...ordered].slice(1);
    wrong = others.reduce((sum, [, count]) => sum + count, 0);
    firstWrong = others.length === 0 ? null : Math.min(...others.map(([type]) => firsts.get(type)!));
  }
  return { name, missing, empty, blank, wrong, firstWrong, types: ordered };
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "list";
  if (typeof value === "string") return "text";
  return typeof value === "object" ? "object" : typeof value;
}
