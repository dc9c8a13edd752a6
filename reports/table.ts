/** What a column holds, which says how it is shown. */
export type ColumnKind = "text" | "count" | "number" | "share";

/** A column of a table. */
export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** A cell: text of unknown origin, a number, or nothing. */
export type Cell = string | number | null;

/** A table as it is shown on a page and written as CSV and JSON. */
export interface Table {
  /** Name of its files. */
  readonly id: string;
  readonly title: string;
  /** What it shows, in a sentence; "" where the title says it. */
  readonly reading: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** Rows that a page shows; the files have all. */
  readonly shown: number;
  /** Ids that the first cells of the rows lead to; null where a row leads nowhere. */
  readonly links?: readonly (string | null)[];
  /** True for one whose rows a reader may sort. */
  readonly sortable?: boolean;
}

/** What a table may do without. */
export type TableOptions = Partial<Pick<Table, "reading" | "shown" | "links" | "sortable">>;

/** Makes a table from columns as `name:kind`; a bare name is a column of text. */
export function table(
  id: string,
  title: string,
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
  { reading = "", shown = 30, ...more }: TableOptions = {},
): Table {
  return { id, title, reading, rows, shown, columns: columns.map(column), ...more };
}

function column(text: string): Column {
  const [, name, kind] = /^(.*?)(?::(text|count|number|share))?$/s.exec(text)!;
  return { name: name!, kind: (kind ?? "text") as ColumnKind };
}
