import { quoteNearest } from "../../data/texts/nearest_name.ts";
import type { MetricRecord } from "../../data/records.ts";
import { cellText } from "../../data/score_files/score_rows.ts";
import { UsageError } from "../../kernels/errors.ts";

/** What `--columns` calls the mark of records whose metric training lacked. */
export const unseenColumn = "unseen_metric";

/** Names that the first columns of a submission have already. */
const taken = ["ID", "score"];

/** Reads `--columns`. @throws UsageError when a name is empty or given twice */
export function columnNames(words: string): string[] {
  const names = words.split(",").map((name) => name.trim());
  for (const [i, name] of names.entries()) {
    if (name === "") throw new UsageError(`--columns is "${words}"; names with commas between are expected.`);
    if (names.indexOf(name) < i) throw new UsageError(`--columns names ${name} twice.`);
  }
  return names;
}

/**
 * Columns of a submission that are asked for by name: fields of the records as their file has them, and the mark of unseen
 * metrics (1, else 0). A record that lacks a field gets an empty cell.
 *
 * @param unseen for each record whether training lacked its metric
 * @throws UsageError when no record has such a field
 */
export function submissionColumns(
  names: readonly string[],
  records: readonly MetricRecord[],
  unseen: readonly boolean[],
): { name: string; values: string[] }[] {
  expectColumns(names, records);
  return columnValues(names, records, unseen).map((values, i) => ({
    name: columnTitle(names[i]!),
    values: values.map(cellText),
  }));
}

/** @throws UsageError when no record has a field of one of the names */
export function expectColumns(names: readonly string[], records: readonly MetricRecord[]): void {
  const fields = records.map(fieldsOf);
  for (const name of names) {
    if (name === unseenColumn || fields.some((own) => Object.hasOwn(own, name))) continue;
    const known = [unseenColumn, ...new Set(fields.flatMap((own) => Object.keys(own)))];
    throw new UsageError(
      `--columns: no record has a field "${name}"; the nearest name is ${quoteNearest(name, known)}.`,
    );
  }
}

/** What a column of a name is called in a file of scores. */
export function columnTitle(name: string): string {
  return taken.includes(name) ? `record_${name}` : name;
}

/** The values of such columns as they stand in the records, [names][records]; undefined where a record lacks the field. */
export function columnValues(
  names: readonly string[],
  records: readonly MetricRecord[],
  unseen: readonly boolean[],
): unknown[][] {
  const fields = names.length === 0 ? [] : records.map(fieldsOf);
  return names.map((name) => name === unseenColumn ? unseen.map(Number) : fields.map((own) => own[name]));
}

function fieldsOf({ metric, systemPrompt, userPrompt, response, extra }: MetricRecord): Record<string, unknown> {
  return { ...extra, metric_name: metric, system_prompt: systemPrompt, user_prompt: userPrompt, response };
}
