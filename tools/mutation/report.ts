import type { Mutant } from "./mutants.ts";

/** What the process that damages shaders tells the one that watches it, a line each. */
export type Report =
  | ({ readonly kind: "start"; readonly number: number; readonly path: string } & Mutant)
  | { readonly kind: "end"; readonly number: number; readonly test?: string; readonly reason?: string };
