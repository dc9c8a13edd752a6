import type { MemoryPlan } from "../kernels/replay/plan.ts";
import * as parts from "../kernels/replay/replay.ts";
import { bytesOf } from "./tensors/storage.ts";
import { Tensor, type TensorEngine, tensorsIn } from "./tensors/tensor.ts";

type Tensors = Readonly<Record<string, Tensor>>;

/** A step as it is repeated for inputs of certain shapes. This module is loaded once a step is recorded. */
export class RecordedStep<Inputs extends Tensors, Results> implements Disposable {
  readonly #engine: TensorEngine;
  readonly #replay: parts.Replay;
  /** What the inputs are copied to. */
  readonly #inputs: Inputs;
  /** Copies what the replay left into tensors of their own. */
  readonly #results: () => Results;

  private constructor(engine: TensorEngine, replay: parts.Replay, inputs: Inputs, results: () => Results) {
    this.#engine = engine;
    this.#replay = replay;
    this.#inputs = inputs;
    this.#results = results;
  }

  /**
   * Runs a step once and records it.
   *
   * @param done told what repeats it, or why it cannot be repeated
   * @returns the results of this run
   */
  static async record<Inputs extends Tensors, Results>(
    engine: TensorEngine,
    inputs: Inputs,
    body: (inputs: Inputs) => Results,
    done: (recorded: RecordedStep<Inputs, Results> | string) => void,
  ): Promise<Results> {
    const places = Object.entries(inputs).map(([name, tensor]) => [name, placeFor(engine, tensor)] as const);
    const own = Object.fromEntries(places) as Inputs;
    let kept = false;
    try {
      return await engine.step(() => {
        copyInputs(engine, inputs, own);
        const { step } = engine.random;
        let results: () => Results;
        const replay = engine.stream.capture(engine.pool, () => {
          const made = engine.scope(() => body(own));
          if (engine.random.step !== step) engine.stream.refuseCapture("it sets the step of the random numbers");
          // The tensors end with the step; the replay keeps the memory that they look at.
          results = copier(engine, made);
          return tensorsIn(made).map(({ slice }) => slice);
        }, parts);
        kept = typeof replay !== "string";
        done(typeof replay === "string" ? replay : new RecordedStep(engine, replay, own, results!));
        return results!();
      });
    } finally {
      if (!kept) tensorsIn(own).forEach((tensor) => tensor.dispose());
    }
  }

  /** Whether the memory that it was recorded with is still where it was. */
  get usable(): boolean {
    return this.#replay.usable;
  }

  /** What its memory came to. */
  get memory(): MemoryPlan {
    return this.#replay.memory;
  }

  /** Names of the inputs whose indices are larger than those that were looked at. */
  largerIndices(inputs: Inputs): string[] {
    return Object.keys(inputs).filter((name) => {
      const largest = inputs[name]!.storage.largestIndex, known = this.#inputs[name]!.storage.largestIndex;
      return largest !== null && known !== null && largest > known;
    });
  }

  /** Notes that the indices of the named inputs were looked at. */
  allowIndices(inputs: Inputs, names: readonly string[]): void {
    for (const name of names) this.#inputs[name]!.storage.largestIndex = inputs[name]!.storage.largestIndex;
  }

  /** Repeats the step. */
  repeat(inputs: Inputs): Promise<Results> {
    return this.#engine.step(() => {
      copyInputs(this.#engine, inputs, this.#inputs);
      this.#engine.stream.replay(this.#replay);
      return this.#results();
    });
  }

  /** Frees what it holds. */
  dispose(): void {
    this.#engine.stream.drop(this.#replay);
    tensorsIn(this.#inputs).forEach((tensor) => tensor.dispose());
  }

  /** Frees what it holds at the end of a block that declares it with `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Memory outside any scope for inputs of a shape. */
function placeFor(engine: TensorEngine, { shape, type, name, size, storage }: Tensor): Tensor {
  const place = engine.allocate(bytesOf(size, type), name);
  place.largestIndex = storage.largestIndex;
  return new Tensor(engine, shape, place, type, name);
}

function copyInputs(engine: TensorEngine, from: Tensors, to: Tensors): void {
  for (const name in from) {
    const { slice, size, type } = from[name]!;
    engine.stream.copy(slice, to[name]!.slice, bytesOf(size, type));
  }
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
