import { deepEval } from "./deepeval.ts";
import { feedbackCollection } from "./feedback_collection.ts";
import type { Format, Row } from "./format.ts";
import { helpSteer2 } from "./helpsteer2.ts";
import { inspect } from "./inspect.ts";
import { langfuse } from "./langfuse.ts";
import { langSmith } from "./langsmith.ts";
import { lmEval } from "./lm_eval.ts";
import { preferences } from "./preferences.ts";
import { promptfoo } from "./promptfoo.ts";
import { ultraFeedback } from "./ultrafeedback.ts";

/** Every form that is understood besides the fields of a record; the first that fits a row is taken. */
export const formats: readonly Format[] = [
  helpSteer2,
  ultraFeedback,
  feedbackCollection,
  promptfoo,
  inspect,
  deepEval,
  langfuse,
  langSmith,
  lmEval,
  preferences,
];

/** What `--format` calls rows in the fields of a record. */
export const ownFormat = "records";

/** What `--format` takes. */
export const formatNames: readonly string[] = [ownFormat, ...formats.map(({ name }) => name)];

/** The format of a name; null for the fields of a record. */
export function formatNamed(name: string): Format | null {
  return formats.find((format) => format.name === name) ?? null;
}

/** The format whose keys a row has; null for those of none, and for a row with a metric of its own that is no pair. */
export function formatOf(row: Row): Format | null {
  const possible = Object.hasOwn(row, "metric_name") ? [preferences] : formats;
  return possible.find((format) => format.fits(row)) ?? null;
}
