import type { MemoryPlan } from "../kernels/replay/plan.ts";
import type { Replay } from "../kernels/replay/replay.ts";
import { bytesOf } from "./tensors/storage.ts";
import { Tensor, type TensorEngine, tensorsIn } from "./tensors/tensor.ts";

/** How a step is captured. */
export interface CaptureOptions {
  /** Told why a step runs as it is written instead of being repeated, once for each reason. */
  readonly onFallback?: (reason: string) => void;
  /** Shapes of inputs that are known at a time; the one that was used longest ago is forgotten. 8 by default. */
  readonly shapes?: number;
}

/** What stands for a shape of inputs. */
interface Captured<Inputs, Results> {
  readonly replay: Replay;
  /** What the inputs are copied to. */
  readonly inputs: Inputs;
  /** Copies what the replay left into tensors of their own. */
  readonly results: () => Results;
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
  readonly #captures = new Map<string, Captured<Inputs, Results> | "warm">();
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
   * @throws what `engine.step` throws; UsageError where a parameter has a gradient and had none when the step was recorded, or
   *   the other way round
   */
  async run(inputs: Inputs): Promise<Results> {
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
    const usable = known.replay.usable, larger = withLargerIndices(inputs, known.inputs);
    if (usable && larger.length === 0) return await this.#repeat(known, inputs);
    if (!usable) {
      this.#forget(key, known);
      this.#failed("memory that it uses was given back");
    }
    // What is run as it is written looks at the indices.
    const results = await this.#engine.step(() => this.#body(inputs));
    for (const name of larger) known.inputs[name]!.storage.largestIndex = inputs[name]!.storage.largestIndex;
    return results;
  }

  /** What each capture's memory came to. */
  get memory(): MemoryPlan[] {
    return [...this.#captures.values()].flatMap((one) => one === "warm" ? [] : [one.replay.memory]);
  }

  /** Frees all captures. */
  dispose(): void {
    for (const [key, captured] of this.#captures) if (captured !== "warm") this.#forget(key, captured);
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
    const parts = await import("../kernels/replay/replay.ts");
    const engine = this.#engine,
      statics = Object.fromEntries(
        Object.entries(inputs).map(([name, tensor]) => [name, placeFor(engine, tensor)]),
      ) as Inputs;
    try {
      return await engine.step(() => {
        copyInputs(engine, inputs, statics);
        const { step } = engine.random;
        let results: () => Results;
        const replay = engine.stream.capture(engine.pool, () => {
          const made = engine.scope(() => this.#body(statics));
          if (engine.random.step !== step) engine.stream.refuseCapture("it sets the step of the random numbers");
          // The tensors end with the step; the replay keeps the memory that they look at.
          results = copier(engine, made);
          return tensorsIn(made).map(({ slice }) => slice);
        }, parts);
        if (typeof replay === "string") this.#failed(replay);
        else this.#captures.set(key, { replay, inputs: statics, results: results! });
        return results!();
      });
    } finally {
      if (this.#captures.get(key) === "warm") tensorsIn(statics).forEach((tensor) => tensor.dispose());
    }
  }

  #repeat({ replay, inputs: statics, results }: Captured<Inputs, Results>, inputs: Inputs): Promise<Results> {
    const engine = this.#engine;
    return engine.step(() => {
      copyInputs(engine, inputs, statics);
      engine.stream.replay(replay);
      return results();
    });
  }

  #forgetOldest(): void {
    if (this.#captures.size <= this.#mostShapes) return;
    const [key, oldest] = this.#captures.entries().next().value!;
    if (oldest === "warm") this.#captures.delete(key);
    else this.#forget(key, oldest);
    this.#fallBack(`inputs have more than ${this.#mostShapes} shapes, of which some come too seldom`);
  }

  #forget(key: string, { replay, inputs }: Captured<Inputs, Results>): void {
    this.#engine.stream.drop(replay);
    tensorsIn(inputs).forEach((tensor) => tensor.dispose());
    this.#captures.delete(key);
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

/** Memory outside any scope for inputs of a shape. */
function placeFor(engine: TensorEngine, { shape, type, name, size, storage }: Tensor): Tensor {
  const place = engine.allocate(bytesOf(size, type), name);
  place.largestIndex = storage.largestIndex;
  return new Tensor(engine, shape, place, type, name);
}

function copyInputs<Inputs extends Readonly<Record<string, Tensor>>>(
  engine: TensorEngine,
  from: Inputs,
  to: Inputs,
): void {
  for (const name in from) {
    const { slice, size, type } = from[name]!;
    engine.stream.copy(slice, to[name]!.slice, bytesOf(size, type));
  }
}

/** Names of the inputs whose indices are larger than those of a capture, which has looked at them. */
function withLargerIndices<Inputs extends Readonly<Record<string, Tensor>>>(
  inputs: Inputs,
  captured: Inputs,
): string[] {
  return Object.keys(inputs).filter((name) => {
    const largest = inputs[name]!.storage.largestIndex, known = captured[name]!.storage.largestIndex;
    return largest !== null && known !== null && largest > known;
  });
}

/** Notes where tensors lie: what copies their elements into new tensors, in the same arrays and records. */
function copier<Value>(engine: TensorEngine, value: Value): () => Value {
  if (value instanceof Tensor) {
    const { slice, shape, type, name, size } = value;
    return () => {
      const copy = engine.empty(shape, type, name);
      engine.stream.copy(slice, copy.slice, bytesOf(size, type));
      return copy as Value & Tensor;
    };
  }
  if (Array.isArray(value)) {
    const parts = value.map((part) => copier(engine, part));
    return () => parts.map((part) => part()) as Value;
  }
  if (value && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    const parts = Object.entries(value).map(([name, part]) => [name, copier(engine, part)] as const);
    return () => Object.fromEntries(parts.map(([name, part]) => [name, part()])) as Value;
  }
  return () => value;
}
