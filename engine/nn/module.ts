import { DataError, ShapeError } from "../../kernels/errors.ts";
import { Buffer } from "../buffer.ts";
import { Parameter } from "../parameter.ts";
import type { StreamedTensor } from "../safetensors.ts";
import type { FileTensor } from "../safetensors_reader.ts";
import { sameShape, shapeText } from "../shapes.ts";
import type { Philox } from "../../kernels/philox.ts";
import type { Tensor, TensorEngine } from "../tensor.ts";

/** Values of a model by path of the parameter or buffer, such as `lin.0.weight`: shapes and row-major elements. */
export type StateDict = Map<string, { readonly shape: readonly number[]; readonly data: Float32Array<ArrayBuffer> }>;

/** What a module needs to make its parameters: where they live and where their first values are drawn from. */
export interface ModuleOptions {
  /** Where the parameters live. */
  readonly engine: TensorEngine;
  /** Where their first values are drawn from. */
  readonly random: Philox;
}

/**
 * Part of a model: its parameters, buffers and sub-modules are its fields, named by them (`lin[0].weight` is
 * `lin.0.weight`).
 */
export abstract class Module implements Disposable {
  /** True while training: dropout is on. */
  training = true;

  /** Switches this module and all below to training. */
  train(on = true): this {
    this.training = on;
    for (const [, value] of this.#fields()) if (value instanceof Module) value.train(on);
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
    for (const [path, value] of this.#fields()) {
      if (!(value instanceof Module)) continue;
      value.namedModules().forEach((module, below) => found.set(below === "" ? path : `${path}.${below}`, module));
    }
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

  /** All parameters; each is named by its path from here. */
  parameters(): Parameter[] {
    return [...this.namedParameters()].map(([path, parameter]) => {
      parameter.name = path;
      return parameter;
    });
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
   * @throws DataError when a value is missing or unknown, ShapeError when a shape differs
   */
  loadStateDict(state: StateDict, source = "the state"): void {
    for (const [tensor, { data }] of this.#matched(state, source)) tensor.engine.write(tensor, data);
  }

  /** The values of all parameters and buffers, read from the GPU while they are written to a file. */
  streamState(): Map<string, StreamedTensor> {
    return new Map([...this.#state()].map(([path, tensor]) => [path, streamed(tensor)]));
  }

  /** Sets the values of all parameters and buffers from an open file, part by part. Throws as `loadStateDict` does. */
  async loadFrom(tensors: ReadonlyMap<string, FileTensor>, source = "the file"): Promise<void> {
    for (const [tensor, value] of this.#matched(tensors, source)) {
      await tensor.engine.writeInPieces(tensor, (from, count) => value.read(from, count));
    }
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
  ): [Tensor, Value][] {
    const tensors = new Map(this.#state());
    for (const path of state.keys()) {
      if (!tensors.has(path)) throw new DataError(`${source} holds "${path}", which this model does not have.`);
    }
    return [...tensors].map(([path, tensor]) => {
      const value = state.get(path);
      if (!value) throw new DataError(`${source} lacks "${path}" ${shapeText(tensor.shape)}.`);
      if (!sameShape(value.shape, tensor.shape)) {
        throw new ShapeError(
          `${source}: "${path}" is ${shapeText(value.shape)}, but the model expects ${shapeText(tensor.shape)}.`,
        );
      }
      return [tensor, value];
    });
  }

  /** All parameters and buffers by path, in the order of the fields. */
  *#state(): Generator<[string, Tensor]> {
    for (const [path, value] of this.#fields()) {
      if (value instanceof Module) {
        for (const [below, tensor] of value.#state()) yield [`${path}.${below}`, tensor];
      } else yield [path, value];
    }
  }

  *#fields(): Generator<[string, Parameter | Buffer | Module]> {
    for (const [name, value] of Object.entries(this)) {
      const members = Array.isArray(value) ? value.map((one, i) => [`${name}.${i}`, one] as const) : [[name, value]];
      for (const [path, member] of members) {
        const counts = member instanceof Parameter || member instanceof Buffer || member instanceof Module;
        if (counts) yield [path as string, member];
      }
    }
  }
}

/** The entries whose values did not come before. */
function distinct<Value>(named: ReadonlyMap<string, Value>): Map<string, Value> {
  const seen = new Set<Value>();
  return new Map([...named].filter(([, value]) => !seen.has(value) && seen.add(value)));
}

/** A tensor's values, read from the GPU when they are asked for. */
export function streamed(tensor: Tensor): StreamedTensor {
  return { dtype: "F32", shape: tensor.shape, pieces: () => tensor.engine.readInPieces(tensor) };
}
