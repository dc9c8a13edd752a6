import { DataError } from "../../kernels/errors.ts";
import { combineTextFields, type MetricRecord } from "../records.ts";
import { meanText, type TextEmbeddings } from "../embeddings/text_embeddings.ts";

/** Which texts of a record stand side by side: all as one, or fields of their own. */
export const textLayouts = ["combined", "prompt-response", "fields"] as const;
/** Name of a way to lay out the texts of a record. */
export type TextLayout = (typeof textLayouts)[number];

/** The fields of a layout, in the order of their columns. */
export const layoutFields = {
  combined: ["text"],
  "prompt-response": ["user_prompt", "response"],
  fields: ["system_prompt", "user_prompt", "response"],
} as const satisfies Record<TextLayout, readonly string[]>;

/** What may be embedded of a record. */
export const textFields = ["user_prompt", "system_prompt", "response", "text"] as const;
/** Name of a text of a record; "text" is all of them put together. */
export type TextField = (typeof textFields)[number];

/** The texts of some records as numbers. */
export interface TextTable {
  /** Row-major, [records, fields x dimension]. */
  readonly data: Float32Array<ArrayBuffer>;
  /** Fields of a record. */
  readonly fields: number;
  /** Dimensions of a field. */
  readonly dimension: number;
}

/** A text of a record, or, as "text", all of them put together; "" for one that it lacks. */
export function textOf(record: MetricRecord, field: TextField): string {
  switch (field) {
    case "text":
      return combineTextFields(record);
    case "system_prompt":
      return record.systemPrompt ?? "";
    case "user_prompt":
      return record.userPrompt;
    case "response":
      return record.response;
  }
}

/**
 * Puts the embeddings of each record's fields side by side, or into one.
 *
 * @param source where the embeddings come from, for the message
 * @param options.whole lets the embedding of all texts in one stand for a field that is not there
 * @param options.open says that another layout can be asked for, so that the message names one
 * @throws DataError when a field of the layout is not among the embeddings
 */
export function layOutTexts(
  embeddings: TextEmbeddings,
  layout: TextLayout,
  source: string,
  { whole = false, open = false }: { readonly whole?: boolean; readonly open?: boolean } = {},
): TextTable {
  const { dimension } = embeddings;
  if (layout === "combined") {
    return { data: meanText(embeddings) as Float32Array<ArrayBuffer>, fields: 1, dimension };
  }
  const names = layoutFields[layout];
  const text = whole ? embeddings.fields.find(({ name }) => name === "text") : undefined;
  const columns = names.map((name) => {
    const found = embeddings.fields.find((field) => field.name === name) ?? text;
    if (found) return found.data;
    const other = textLayouts.findLast((one) => hasAll(embeddings, one));
    const remedy = open ? `; --set features.texts=${other} does without` : "";
    throw new DataError(`${source} lacks ${name}.npy, which the layout "${layout}" of the texts needs${remedy}.`);
  });
  const rows = columns[0]!.length / dimension;
  const data = new Float32Array(rows * names.length * dimension);
  columns.forEach((column, field) => {
    for (let row = 0; row < rows; row++) {
      const values = column.subarray(row * dimension, (row + 1) * dimension);
      data.set(values, (row * names.length + field) * dimension);
    }
  });
  return { data, fields: names.length, dimension };
}

const hasAll = ({ fields }: TextEmbeddings, layout: TextLayout) =>
  layout === "combined" || layoutFields[layout].every((name) => fields.some((field) => field.name === name));

/**
 * Which fields of a table are not there, [rows, fields]: 1 where all numbers are 0, as for a record without a system
 * prompt. The last field counts as there when all are missing, so that nothing is asked of nobody.
 */
export function absentFields({ data, fields, dimension }: TextTable): Uint32Array<ArrayBuffer> {
  const absent = new Uint32Array(data.length / dimension);
  for (let field = 0; field < absent.length; field++) {
    const values = data.subarray(field * dimension, (field + 1) * dimension);
    absent[field] = values.every((value) => value === 0) ? 1 : 0;
  }
  for (let end = fields; end <= absent.length; end += fields) {
    if (absent.subarray(end - fields, end).every((one) => one === 1)) absent[end - 1] = 0;
  }
  return absent;
}
