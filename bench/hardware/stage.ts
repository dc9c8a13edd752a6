import type { JsonResult } from "../report.ts";

/** What a stage finds out, one entry a case: figures of a benchmark, or whatever else it looks at. */
export type StageResult = JsonResult | Readonly<Record<string, unknown>>;

/** What a stage is given to work with. */
export interface StageContext {
  /** True for a rehearsal: small sizes, so that a CPU gets through every stage. */
  readonly small: boolean;
  /** Seconds that are left. */
  left(): number;
  /** Keeps a result, whatever happens afterwards. */
  add(result: StageResult): void;
}

/** A part of the measurement, which runs in a process of its own. */
export interface Stage {
  /** What the report calls it. */
  readonly name: string;
  /** What it answers. */
  readonly about: string;
  /** Its share of the time, in seconds of six minutes. */
  readonly seconds: number;
  /** Does the work; it may be killed at any moment once its time is over. */
  run(context: StageContext): Promise<void>;
}
