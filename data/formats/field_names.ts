import { describeValue } from "../../engine/files/describe_value.ts";
import { DataError } from "../../kernels/errors.ts";
import { explainLookAlike } from "../texts/look_alikes.ts";
import { mappedFields } from "./field_map.ts";

/** Fields of a record. */
const fieldNames = ["metric_name", "system_prompt", "user_prompt", "prompt", "response", "expected_response", "score"];

/** Other names of a field's content. */
const synonyms = new Map([
  ["prompt", "user_prompt"],
  ["user_prompt", "prompt"],
  ["expected_response", "response"],
  ["response", "expected_response"],
]);

/** A name without what people write in different ways: "userPrompt" and "User Prompt" are "userprompt". */
const spelling = (name: string) => name.toLowerCase().replace(/[\s_-]/g, "");

/** A field that a name is meant for, and how one sees that. */
interface MeantField {
  readonly field: string;
  /** Says which characters look the same; "" where letter case or spaces differ. */
  readonly lookAlike: string;
}

function meantField(name: string): MeantField | null {
  if (fieldNames.includes(name)) return null;
  const field = fieldNames.find((one) => explainLookAlike(name, one) !== "" || spelling(one) === spelling(name));
  return field === undefined ? null : { field, lookAlike: explainLookAlike(name, field) };
}

/**
 * Refuses a name that is not a field's but meant for it, since what is under it would be passed over.
 *
 * @param path what messages call the file
 * @param options `scored`: whether scores are looked at; `first`: number of the first record, from 0
 * @throws DataError when a record lacks a field but has one whose name looks the same, or is only spelt in another way
 */
export function refuseMeantFields(
  values: readonly unknown[],
  path: string,
  { scored, first = 0 }: { readonly scored: boolean; readonly first?: number },
): void {
  const meant = new Map<string, MeantField | null>();
  for (const [index, value] of values.entries()) {
    if (typeof value !== "object" || value === null) continue;
    for (const name of Object.keys(value)) {
      if (!meant.has(name)) meant.set(name, meantField(name));
      const found = meant.get(name);
      if (!found || Object.hasOwn(value, found.field)) continue;
      const { field, lookAlike } = found, other = synonyms.get(field);
      // Rows of other tools have names of their own.
      const isRecord = Object.hasOwn(value, "metric_name") && (scored || field !== "score");
      if (lookAlike === "" && (!isRecord || (other !== undefined && Object.hasOwn(value, other)))) continue;
      const target = mappedFields.find((one) => one === field) ?? other;
      const remedy = `; rename it, or give --map ${target}=${name}`;
      throw new DataError(
        `${path}, record ${first + index + 1} has the field ${describeValue(name)} in place of "${field}"${
          lookAlike || remedy
        }.`,
      );
    }
  }
}
