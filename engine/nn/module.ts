import { DataError, ShapeError, UsageError } from "../../kernels/errors.ts";
import type { Philox } from "../../kernels/philox.ts";
import { Buffer } from "../tensors/buffer.ts";
import { Parameter } from "../tensors/parameter.ts";
import { gatherSafetensors, type StreamedTensor, writeSafetensors } from "../files/write_safetensors.ts";
import type { FileTensor } from "../files/safetensors_reader.ts";
import { openWeights } from "../files/weights_file.ts";
import { sameShape, shapeText } from "../tensors/shapes.ts";
import { type StateDict, streamed } from "./state_dict.ts";
import type { Tensor, TensorEngine } from "../tensors/tensor.ts";

/** What a module needs to make its parameters: where they live and where their first values are drawn from. */
export interface ModuleOptions {
  /** Where the parameters live. */
  readonly engine: TensorEngine;
  /** Where their first values are drawn from. */
  readonly random: Philox;
}

/** How values are loaded. */
export interface LoadOptions {
  /** Refuses values that are missing or unknown, instead of leaving them out; true by default. */
  readonly strict?: boolean;
}

/** What did not match when values were loaded. */
export interface LoadReport {
  /** Paths that the model has and the values lack; they stay as they are. */
  readonly missing: readonly string[];
  /** Paths of the values that the model does not have. */
  readonly unexpected: readonly string[];
}

/**
 * Part of a model: its parameters, buffers and sub-modules are its fields and what its fields hold in arrays and plain
 * records of any depth, named by their path (`lin[0].weight` is `lin.0.weight`).
 */
export abstract class Module implements Disposable {
  /** True while training: dropout is on. */
  training = true;

  /** Switches this module and all below to training. */
  train(on = true): this {
    for (const module of this.namedModules().values()) module.training = on;
    return this;
  }

  /** Switches this module and all below to evaluation. */
  eval(): this {
    return this.train(false);
  }

  /**
   * This module, under the path "", and all below it, each before what it holds. A module that stands at several places is
   * named by the first.
   */
  namedModules(): Map<string, Module> {
    const found = new Map<string, Module>([["", this]]);
    for (const [path, value] of this.#members()) if (value instanceof Module) found.set(path, value);
    return distinct(found);
  }

  /**
   * All parameters by path, in the order of the fields. A parameter that stands at several places (tied weights) is named by
   * the first; the state dict holds it under each of its paths, as in PyTorch.
   */
  namedParameters(): Map<string, Parameter> {
    return distinct(
      new Map([...this.#state()].filter((entry): entry is [string, Parameter] => entry[1] instanceof Parameter)),
    );
  }

  /** All parameters, each once; each is named by its path from here. */
  parameters(): Parameter[] {
    return [...this.namedParameters()].map(([path, parameter]) => {
      parameter.name = path;
      return parameter;
    });
  }

  /**
   * Keeps gradients from parameters, so that training leaves them as they are.
   *
   * @param filter says by its path whether a parameter is meant; all are by default
   * @param on false to let the gradients flow again
   */
  freeze(filter: (path: string) => boolean = () => true, on = true): this {
    for (const [path, parameter] of this.namedParameters()) if (filter(path)) parameter.frozen = on;
    return this;
  }

  /** Reads the values of all parameters and buffers from the GPU. */
  async stateDict(): Promise<StateDict> {
    const named = [...this.#state()];
    const engine = named[0]?.[1].engine;
    const values = engine ? await engine.read(named.map(([, tensor]) => tensor)) : [];
    return new Map(named.map(([path, tensor], i) => [path, { shape: tensor.shape, data: values[i]! }]));
  }

  /**
   * Sets the values of all parameters and buffers.
   *
   * @param source what messages call the origin of the values, such as a file name
   * @throws DataError when a value is missing or unknown, unless `strict` is false; ShapeError when a shape differs
   */
  loadStateDict(state: StateDict, source = "the state", options: LoadOptions = {}): LoadReport {
    const { pairs, ...report } = this.#matched(state, source, options);
    for (const [tensor, { data }] of pairs) tensor.engine.write(tensor, data);
    return report;
  }

  /** The values of all parameters and buffers, read from the GPU while they are written to a file. */
  streamState(): Map<string, StreamedTensor> {
    return new Map([...this.#state()].map(([path, tensor]) => [path, streamed(tensor)]));
  }

  /** Sets the values of all parameters and buffers from an open file, part by part. Throws as `loadStateDict` does. */
  async loadFrom(
    tensors: ReadonlyMap<string, FileTensor>,
    source = "the file",
    options: LoadOptions = {},
  ): Promise<LoadReport> {
    const { pairs, ...report } = this.#matched(tensors, source, options);
    for (const [tensor, value] of pairs) {
      await tensor.engine.writeInPieces(tensor, (from, count) => value.read(from, count));
    }
    return report;
  }

  /**
   * Writes the values of all parameters and buffers to a safetensors file, which PyTorch reads under the same names.
   *
   * @throws MetrogradError naming the file when it cannot be written
   */
  async save(path: string): Promise<void> {
    await writeSafetensors(path, this.streamState(), { format: "pt" });
  }

  /**
   * The bytes that `save` writes, for where there are no files: a browser, a database, a request.
   */
  async toSafetensors(): Promise<Uint8Array<ArrayBuffer>> {
    return await gatherSafetensors(this.streamState(), { format: "pt" });
  }

  /**
   * Sets the values of all parameters and buffers from a safetensors file, or from a state dict that `torch.save` wrote.
   *
   * @param source the path of the file, its URL, or its bytes
   * @throws DataError when the file is missing or damaged, or a value is missing or unknown, unless `strict` is false;
   *   ShapeError when a shape differs. Nothing is changed then.
   */
  async load(source: string | URL | Uint8Array, options: LoadOptions = {}): Promise<LoadReport> {
    using file = await openWeights(source, "the values of a model");
    return await this.loadFrom(file.tensors, file.path, options);
  }

  /** Frees all parameters and buffers. */
  dispose(): void {
    for (const [, tensor] of this.#state()) tensor.dispose();
  }

  /** Frees all parameters and buffers at the end of a block that declares the module with `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Each parameter or buffer beside what the state has for it. */
  #matched<Value extends { readonly shape: readonly number[] }>(
    state: ReadonlyMap<string, Value>,
    source: string,
    { strict = true }: LoadOptions,
  ): LoadReport & { readonly pairs: readonly [Tensor, Value][] } {
    const tensors = new Map(this.#state());
    const unexpected = [...state.keys()].filter((path) => !tensors.has(path));
    // Files of PyTorch hold tied weights under one of their paths alone.
    const given = new Set([...tensors].filter(([path]) => state.has(path)).map(([, tensor]) => tensor));
    const missing = [...tensors].filter(([path, tensor]) => !state.has(path) && !given.has(tensor));
    if (strict && unexpected.length > 0) {
      throw new DataError(`${source} holds "${unexpected[0]}", which this model does not have.`);
    }
    const pairs = [...tensors].flatMap(([path, tensor]): [Tensor, Value][] => {
      const value = state.get(path);
      if (!value) return [];
      if (sameShape(value.shape, tensor.shape)) return [[tensor, value]];
      throw new ShapeError(
        `${source}: "${path}" is ${shapeText(value.shape)}, but the model expects ${shapeText(tensor.shape)}.`,
      );
    });
    if (strict && missing.length > 0) {
      const [path, { shape }] = missing[0]!;
      throw new DataError(`${source} lacks "${path}" ${shapeText(shape)}.`);
    }
    return { pairs, missing: missing.map(([path]) => path), unexpected };
  }

  /** All parameters and buffers by path, in the order of the fields. */
  *#state(): Generator<[string, Parameter | Buffer]> {
    for (const [path, value] of this.#members()) if (!(value instanceof Module)) yield [path, value];
  }

  /** All that is below this module, by path, in the order of the fields. */
  *#members(): Generator<[string, Parameter | Buffer | Module]> {
    for (const [name, value] of Object.entries(this)) yield* membersOf(name, value, [this]);
  }
}

/**
 * The parameters, buffers and modules that a value is or holds, by path.
 *
 * @param around what the value is part of, outermost first
 * @throws UsageError when the value is part of itself, or a map or set holds parts, whose paths would have no names
 */
function* membersOf(
  path: string,
  value: unknown,
  around: readonly unknown[],
): Generator<[string, Parameter | Buffer | Module]> {
  if (value instanceof Parameter || value instanceof Buffer) return yield [path, value];
  if ((value instanceof Map || value instanceof Set) && [...value.values()].some(isMember)) {
    throw new UsageError(
      `The module's field ${path} is a ${value.constructor.name}; a list or a record of what it holds is expected.`,
    );
  }
  const entries = value instanceof Module || holds(value) ? Object.entries(value) : [];
  if (entries.length === 0 && !(value instanceof Module)) return;
  if (around.includes(value)) {
    throw new UsageError(
      `The module's field ${path} leads back to what it is part of; keep such a link in a #private field.`,
    );
  }
  if (value instanceof Module) yield [path, value];
  for (const [name, member] of entries) yield* membersOf(`${path}.${name}`, member, [...around, value]);
}

function isMember(value: unknown): boolean {
  return value instanceof Module || value instanceof Parameter || value instanceof Buffer;
}

/** True for arrays and plain records. */
function holds(value: unknown): value is object {
  if (Array.isArray(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The entries whose values did not come before. */
function distinct<Value>(named: ReadonlyMap<string, Value>): Map<string, Value> {
  const seen = new Set<Value>();
  return new Map([...named].filter(([, value]) => !seen.has(value) && seen.add(value)));
}
