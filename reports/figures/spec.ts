import type { TopLevelSpec } from "vega-lite";

/** A figure in the terms of Vega-Lite. */
export type Spec = TopLevelSpec;

/** A mark's datum: values by field. */
export type Datum = Readonly<Record<string, string | number | null>>;
