import type { GivenSettings } from "./shared.ts";

/** A recipe as the document that describes it has it. */
export interface Documented {
  /** The document's number: "004". */
  readonly document: string;
  /** Settings in which it differs from the recipe's defaults. */
  readonly settings: GivenSettings;
  /** What is not as the document has it, and why, in a sentence. */
  readonly otherwise: string;
}
