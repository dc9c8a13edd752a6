import type { Spec } from "./figures/spec.ts";
import type { Table } from "./table.ts";

/** A figure: how it is drawn, what it says, and the numbers behind it. */
export interface Figure {
  /** Name of its files. */
  readonly id: string;
  readonly title: string;
  /** What it shows, in a sentence computed from the data. */
  readonly reading: string;
  readonly spec: Spec;
  /** The numbers that it shows, for those who do not see it. */
  readonly data: Table;
  /** True for one that needs the width of the page. */
  readonly wide?: boolean;
}

/** A part of a report under a heading of its own. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** What it is about, and what was found; plain text. */
  readonly text: string;
  readonly figures: readonly Figure[];
  readonly tables: readonly Table[];
}
