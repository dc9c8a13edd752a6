import fc from "fast-check";
import { text } from "./bytes.ts";

/** A change of a JSON value: one of its parts becomes another value, is left out or gets another name. */
interface JsonChange {
  /** Which part, counted in the order of the text. */
  readonly part: number;
  readonly by: { readonly value: unknown } | "nothing" | { readonly key: string };
}

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }),
  text,
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    0.5,
    1e9,
    2 ** 53,
    [],
    {},
    [null],
    { type: "BPE" },
    "Sequence",
    "Replace",
  ),
);
const jsonChange: fc.Arbitrary<JsonChange> = fc.record({
  part: fc.nat(400),
  by: fc.oneof(fc.record({ value }), fc.constant("nothing" as const), fc.record({ key: text })),
});

/** A few changes of a JSON value. */
export const jsonChanges: fc.Arbitrary<readonly JsonChange[]> = fc.array(jsonChange, { maxLength: 3 });

/** The value after changes; parts are counted round and round. */
export function changeJson(whole: unknown, changes: readonly JsonChange[]): unknown {
  return changes.reduce((value, { part, by }) => {
    const copy = structuredClone(value), parts = partsOf(copy);
    if (parts.length === 0) return copy;
    const { holder, key } = parts[part % parts.length]!;
    if (by === "nothing") Array.isArray(holder) ? holder.splice(Number(key), 1) : delete holder[key];
    else if ("value" in by) set(holder, key, by.value);
    else if (!Array.isArray(holder)) {
      set(holder, by.key, holder[key]);
      if (by.key !== key) delete holder[key];
    }
    return copy;
  }, whole);
}

type Holder = Record<string, unknown> | unknown[] & Record<string, unknown>;

function partsOf(value: unknown): { readonly holder: Holder; readonly key: string }[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => [{ holder: value as Holder, key }, ...partsOf(below)]);
}

function set(holder: Holder, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}
