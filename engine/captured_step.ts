import { UsageError } from "../kernels/errors.ts";
import type { MemoryPlan } from "../kernels/replay/plan.ts";
import type { RecordedStep } from "./recorded_step.ts";
import { Tensor, type TensorEngine } from "./tensors/tensor.ts";

/** How a step is captured. */
export interface CaptureOptions {
  /** Told why a step runs as it is written instead of being repeated, once for each reason. */
  readonly onFallback?: (reason: string) => void;
  /** Shapes of inputs that are known at a time; the one that was used longest ago is forgotten. 8 by default. */
  readonly shapes?: number;
}

/** Captures of a step that failed before it is left as it is. */
const mostFailures = 3;

/**
 * A step whose commands are recorded once and then sent again and again, without the host's part: what PyTorch calls a
 * CUDA graph. The first call with inputs of certain shapes runs the body as it is, the second records it, all others
 * repeat the recording, to the same bits. Made by `engine.capture`.
 *
 * Repeated are kernels, copies and what optimisers count. The learning rate, the number of the step and the random numbers
 * of the engine are those of each call; any other number of the host stays what it was when the body was recorded, and so
 * does what a module does in training or evaluation. What changes must come as an input. A backward pass that overwrote
 * gradients when it was recorded cannot add to them, nor the other way round: the first of some micro-batches and the others
 * need captured steps, or names of inputs, of their own.
 *
 * @typeParam Inputs tensors by name
 * @typeParam Results a tensor, or arrays and plain records of tensors
 */
export class CapturedStep<Inputs extends Readonly<Record<string, Tensor>>, Results> implements Disposable {
  readonly #engine: TensorEngine;
  readonly #body: (inputs: Inputs) => Results;
  readonly #onFallback: (reason: string) => void;
  readonly #mostShapes: number;
  /** By shape, the one that was used longest ago first. */
  readonly #captures = new Map<string, RecordedStep<Inputs, Results> | "warm">();
  readonly #reasons = new Set<string>();
  #failures = 0;

  /** Use `engine.capture`. */
  constructor(
    engine: TensorEngine,
    body: (inputs: Inputs) => Results,
    { onFallback = () => {}, shapes = 8 }: CaptureOptions = {},
  ) {
    this.#engine = engine;
    this.#body = body;
    this.#onFallback = onFallback;
    this.#mostShapes = shapes;
  }

  /**
   * Runs the step. The results are the caller's, and are not overwritten by later steps.
   *
   * @throws what `engine.step` throws; UsageError where an input is no tensor, or a parameter has a gradient and had none
   *   when the step was recorded, or the other way round
   */
  async run(inputs: Inputs): Promise<Results> {
    for (const [name, input] of Object.entries(inputs)) {
      if (input instanceof Tensor) continue;
      throw new UsageError(
        `engine.capture: ${name} is ${typeof input}, but the inputs of a captured step are tensors.`,
      );
    }
    const key = keyOf(inputs), known = this.#captures.get(key);
    const reason = this.#whyAsWritten(inputs);
    if (reason !== null) this.#fallBack(reason);
    if (reason !== null || this.#failures >= mostFailures) {
      return await this.#engine.step(() => this.#body(inputs));
    }
    this.#captures.delete(key);
    this.#captures.set(key, known ?? "warm");
    if (known === undefined) {
      this.#forgetOldest();
      return await this.#engine.step(() => this.#body(inputs));
    }
    if (known === "warm") return await this.#capture(key, inputs);
    const { usable } = known, larger = known.largerIndices(inputs);
    if (usable && larger.length === 0) return await known.repeat(inputs);
    if (!usable) {
      known.dispose();
      this.#captures.delete(key);
      this.#failed("memory that it uses was given back");
    }
    // What is run as it is written looks at the indices.
    const results = await this.#engine.step(() => this.#body(inputs));
    if (usable) known.allowIndices(inputs, larger);
    return results;
  }

  /** What each capture's memory came to. */
  get memory(): MemoryPlan[] {
    return [...this.#captures.values()].flatMap((one) => one === "warm" ? [] : [one.memory]);
  }

  /** Frees all captures. */
  dispose(): void {
    for (const captured of this.#captures.values()) if (captured !== "warm") captured.dispose();
    this.#captures.clear();
  }

  /** Frees all captures at the end of a block that declares the step with `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Why a step cannot be repeated, whatever its body does; null where it can. */
  #whyAsWritten(inputs: Inputs): string | null {
    const { finiteCheck, halves, recording, stream } = this.#engine;
    if (finiteCheck) return "its results are searched for NaN and infinity";
    if (halves) return "it runs inside autocast";
    if (!recording) return "it runs inside noGrad";
    if (stream.timer) return "kernels are timed one by one, as they are in a few steps of every run";
    return Object.values(inputs).some(({ slices }) => slices.length > 1) ? "an input lies in several buffers" : null;
  }

  async #capture(key: string, inputs: Inputs): Promise<Results> {
    const { RecordedStep } = await import("./recorded_step.ts");
    return await RecordedStep.record<Inputs, Results>(this.#engine, inputs, this.#body, (recorded) => {
      if (typeof recorded === "string") this.#failed(recorded);
      else this.#captures.set(key, recorded);
    });
  }

  #forgetOldest(): void {
    if (this.#captures.size <= this.#mostShapes) return;
    const [key, oldest] = this.#captures.entries().next().value!;
    if (oldest !== "warm") oldest.dispose();
    this.#captures.delete(key);
    this.#fallBack(`inputs have more than ${this.#mostShapes} shapes, of which some come too seldom`);
  }

  #failed(reason: string): void {
    this.#failures++;
    this.#fallBack(reason);
  }

  #fallBack(reason: string): void {
    if (this.#reasons.has(reason)) return;
    this.#reasons.add(reason);
    this.#onFallback(reason);
  }
}

function keyOf(inputs: Readonly<Record<string, Tensor>>): string {
  let key = "";
  for (const name in inputs) key += `${name}:${inputs[name]!.type}[${inputs[name]!.shape}] `;
  return key;
}
