import { DispatchTimer, type TimedDispatch } from "../../kernels/dispatch_timer.ts";
import type { Engine } from "../engine.ts";

/** What the kernels of a family cost in a step, on average. */
export interface FamilyCost {
  /** The family, which is the first part of its kernels' labels: "layer_norm" of "layer_norm.backward". */
  readonly family: string;
  /** Milliseconds on the GPU. */
  readonly milliseconds: number;
  /** Dispatches. */
  readonly dispatches: number;
}

/** GPU memory that something takes. */
export interface MemoryUse {
  /** What it is for. */
  readonly purpose: string;
  /** Bytes, rounded up as the pool rounds them. */
  readonly bytes: number;
}

/** What a step of a training costs, by some steps that were looked at. */
export interface StepCosts {
  /** How many steps were looked at. */
  readonly steps: number;
  /** Families of kernels, the costliest first; empty where the adapter has no timestamps. */
  readonly kernels: readonly FamilyCost[];
  /** What lasts from step to step, and what a step needs besides at its peak; the most first. */
  readonly memory: readonly MemoryUse[];
}

const tables = ["text embeddings", "metric embeddings", "text statistics"];

/** What memory of a label is for, other than the optimiser's state. */
function purposeOf(label: string): string {
  if (label === "parameters" || label === "parameter") return "parameters";
  if (label === "gradients" || label.startsWith("gradient of ")) return "gradients";
  return tables.includes(label) ? "tables of the records" : "other";
}

/** What a step takes and gives back: activations, their gradients, scratch memory. */
const ofStep = "activations of a step";

/**
 * Looks at some steps of a training: GPU time by family of kernels, memory by purpose. Meanwhile each dispatch runs in a
 * pass of its own; what is computed stays the same.
 */
export class StepSample implements Disposable {
  /** Null until some steps were looked at. */
  costs: StepCosts | null = null;
  readonly #engine: Engine;
  readonly #optimizerState: ReadonlySet<string>;
  #timer: DispatchTimer | null = null;
  #from: number | null = null;

  /** @param optimizerState labels of what the optimiser keeps, such as moments */
  constructor(engine: Engine, optimizerState: Iterable<string>) {
    this.#engine = engine;
    this.#optimizerState = new Set(optimizerState);
  }

  /** Begins before the step after number `step`, unless steps were looked at already or a profile is being made. */
  begin(step: number): void {
    const { stream, pool, opened: { device } } = this.#engine;
    if (this.costs || this.#from !== null || stream.timer) return;
    stream.submit();
    pool.takePeak();
    this.#from = step;
    if (device.features.has("timestamp-query")) stream.timer = this.#timer = new DispatchTimer(device);
  }

  /** Ends after the step number `step`, if it has begun. */
  async end(step: number): Promise<void> {
    if (this.#from === null) return;
    const { pool } = this.#engine, steps = step - this.#from, timer = this.#stop();
    const memory = this.#memory(pool.takePeak(), pool.liveBytesByLabel());
    // A GPU that is lost says so in the next step.
    const timed = await timer?.read().catch(() => []) ?? [];
    timer?.destroy();
    this.costs = { steps, kernels: familyCosts(timed, steps), memory };
  }

  /** Ends without a result, where the training was stopped. */
  [Symbol.dispose](): void {
    this.#stop()?.destroy();
  }

  #stop(): DispatchTimer | null {
    if (this.#from === null) return null;
    const { stream } = this.#engine, timer = this.#timer;
    stream.submit();
    if (timer) stream.timer = null;
    this.#timer = this.#from = null;
    return timer;
  }

  #memory(peak: number, lasting: ReadonlyMap<string, number>): MemoryUse[] {
    const sums = new Map<string, number>();
    let left = peak;
    for (const [label, bytes] of lasting) {
      const purpose = this.#optimizerState.has(label) ? "state of the optimiser" : purposeOf(label);
      sums.set(purpose, (sums.get(purpose) ?? 0) + bytes);
      left -= bytes;
    }
    sums.set(ofStep, left);
    return [...sums].map(([purpose, bytes]) => ({ purpose, bytes })).sort((a, b) => b.bytes - a.bytes);
  }
}

/** What the kernels of each family cost in a step, the costliest first. */
export function familyCosts(
  timed: readonly Pick<TimedDispatch, "label" | "duration">[],
  steps: number,
): FamilyCost[] {
  const families = Map.groupBy(timed, ({ label }) => label.split(".", 1)[0]!);
  return [...families].map(([family, own]) => ({
    family,
    milliseconds: own.reduce((sum, { duration }) => sum + duration, 0) / 1e6 / steps,
    dispatches: own.length / steps,
  })).sort((a, b) => b.milliseconds - a.milliseconds);
}
