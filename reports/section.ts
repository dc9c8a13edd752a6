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
  /** True for one that is as high as two others beside it. */
  readonly tall?: boolean;
  /** What the marks that have a `href` lead to, by that, for those who do not see them. */
  readonly links?: ReadonlyMap<string, string>;
}

/** A record with its texts. */
export interface RecordCard {
  /** What links name it by. */
  readonly id: string;
  readonly title: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Its texts, of unknown origin. */
  readonly texts: readonly (readonly [name: string, text: string])[];
}

/** Records that a mark of a figure stands for. */
export interface RecordGroup {
  /** What links name it by. */
  readonly id: string;
  readonly title: string;
  /** Ids of their cards, and a line on each. */
  readonly records: readonly (readonly [card: string, line: string])[];
}

/** A part of a report under a heading of its own. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** What it is about, and what was found; plain text. */
  readonly text: string;
  readonly figures: readonly Figure[];
  readonly tables: readonly Table[];
  /** Lists of records, each closed until a link leads to it. */
  readonly groups?: readonly RecordGroup[];
  readonly cards?: readonly RecordCard[];
  /** Commands that a reader may copy. */
  readonly commands?: readonly string[];
}
