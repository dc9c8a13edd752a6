import { describeValue } from "../../engine/files/describe_value.ts";
import { DataError, UsageError } from "../../kernels/errors.ts";
import { criterionPlace, isRow, type RawRecord, type Row } from "./format.ts";
import { quoteNearest } from "../texts/nearest_name.ts";

/** Fields of a record that may be taken from a field of another name. */
export const mappedFields = ["metric_name", "system_prompt", "user_prompt", "response", "score"] as const;

/** For fields of a record the name of the field that has them; behind "=" for all records the value itself. */
export type FieldMap = Readonly<Partial<Record<(typeof mappedFields)[number], string>>>;

/**
 * Reads `user_prompt=instruction,response=output,score=rating`.
 *
 * @throws UsageError naming what is not understood
 */
export function parseFieldMap(words: string): FieldMap {
  const map: Record<string, string> = {};
  for (const word of words.split(",")) {
    const [, field, source] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/s.exec(word) ?? [];
    if (!field || !source) {
      throw new UsageError(
        `--map has "${word}"; a field and where it is taken from, as response=output, are expected.`,
      );
    }
    if (!mappedFields.some((name) => name === field)) {
      throw new UsageError(
        `--map names the field "${field}"; one of ${mappedFields.join(", ")} is expected; the nearest is ${
          quoteNearest(field, mappedFields)
        }.`,
      );
    }
    if (Object.hasOwn(map, field)) throw new UsageError(`--map names the field ${field} twice.`);
    map[field] = source;
  }
  return map;
}

/** True for a map as a config keeps it. */
export function isFieldMap(value: unknown): value is FieldMap {
  return isRow(value) &&
    Object.entries(value).every(([field, source]) =>
      mappedFields.some((name) => name === field) && typeof source === "string"
    );
}

/** A value by its key, or by keys with points between: "meta.rating". */
export function valueAt(row: Row, path: string): unknown {
  if (Object.hasOwn(row, path)) return row[path];
  let value: unknown = row;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Row)[key];
  }
  return value;
}

/** The fields that scores are taken from; several are several criteria. */
function criteriaOf(source: string, records: readonly RawRecord[]): string[] {
  return records.some(({ fields }) => valueAt(fields, source) !== undefined) ? [source] : source.split("+");
}

/**
 * Records under a map. Where a record has no `metric_name`, the name of the field that its score is taken from serves.
 *
 * @param name what messages call the file
 * @param expected false where the field of the map may be in other records of the file
 * @throws DataError when no record has a field that the map names
 */
export function mapFields(
  records: readonly RawRecord[],
  map: FieldMap,
  name: string,
  expected = true,
): RawRecord[] {
  const { score, ...texts } = map;
  const criteria = score === undefined || score.startsWith("=") ? [score] : criteriaOf(score, records);
  const sources = [...Object.values(texts), ...criteria].filter((source) => source !== undefined);
  if (expected) { for (const source of sources) if (!source.startsWith("=")) expectSource(records, source, name); }
  const taken = new Set(sources);
  return records.flatMap(({ place, fields: row, ...record }) => {
    const rest = Object.fromEntries(Object.entries(row).filter(([key]) => !taken.has(key)));
    const given = Object.entries(texts).map(([field, source]) => [field, valueOf(row, source)]);
    return criteria.map((criterion): RawRecord => {
      const fields: Record<string, unknown> = { ...rest, ...Object.fromEntries(given) };
      if (criterion !== undefined) fields.score = valueOf(row, criterion);
      if (criterion !== undefined && !criterion.startsWith("=")) {
        fields.metric_name ??= criterion;
        if (criteria.length > 1 && fields.metric_name !== criterion) fields.metric_name += `/${criterion}`;
      }
      return { ...record, place: criteria.length > 1 ? criterionPlace(place, criterion!) : place, fields };
    });
  });
}

const valueOf = (row: Row, source: string) => source.startsWith("=") ? source.slice(1) : valueAt(row, source);

function expectSource(records: readonly RawRecord[], source: string, name: string): void {
  if (records.length === 0 || records.some(({ fields }) => valueAt(fields, source) !== undefined)) return;
  const known = [...new Set(records.slice(0, 100).flatMap(({ fields }) => Object.keys(fields)))];
  throw new DataError(
    `${name}: --map takes a field from ${describeValue(source)}, which no record has; the nearest is ${
      quoteNearest(source, known)
    }, and there are ${listFields(known)}.`,
  );
}

/** Names of fields for a message, the first of them where there are many. */
export function listFields(names: readonly string[]): string {
  const shown = names.slice(0, 12).map((name) => name.length > 40 ? `${name.slice(0, 40)}…` : name);
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : "";
  return shown.length === 0 ? "no fields" : `${JSON.stringify(shown).slice(1, -1).replaceAll(",", ", ")}${more}`;
}
