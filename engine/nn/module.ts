import { DataError, ShapeError } from "../../kernels/errors.ts";
import type { Engine } from "../engine.ts";
import { Parameter } from "../parameter.ts";
import { sameShape, shapeText } from "../shapes.ts";
import type { Philox } from "../../kernels/philox.ts";

/** Values of a model by parameter path, such as `lin.0.weight`: shapes and row-major elements. */
export type StateDict = Map<string, { readonly shape: readonly number[]; readonly data: Float32Array<ArrayBuffer> }>;

/** What a module needs to make its parameters: where they live and where their first values are drawn from. */
export interface ModuleOptions {
  /** Where the parameters live. */
  readonly engine: Engine;
  /** Where their first values are drawn from. */
  readonly random: Philox;
}

/**
 * Part of a model: its parameters and sub-modules are its fields, named by them (`lin[0].weight` is `lin.0.weight`).
 */
export abstract class Module {
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

  /** All parameters by path, in the order of the fields. */
  namedParameters(): Map<string, Parameter> {
    const found = new Map<string, Parameter>();
    for (const [path, value] of this.#fields()) {
      if (value instanceof Parameter) found.set(path, value);
      else value.namedParameters().forEach((parameter, below) => found.set(`${path}.${below}`, parameter));
    }
    return found;
  }

  /** All parameters; each is named by its path from here. */
  parameters(): Parameter[] {
    return [...this.namedParameters()].map(([path, parameter]) => {
      parameter.name = path;
      return parameter;
    });
  }

  /** Reads all values from the GPU. */
  async stateDict(): Promise<StateDict> {
    const named = [...this.namedParameters()];
    const engine = named[0]?.[1].engine;
    const values = engine ? await engine.read(named.map(([, parameter]) => parameter)) : [];
    return new Map(named.map(([path, parameter], i) => [path, { shape: parameter.shape, data: values[i]! }]));
  }

  /**
   * Sets all values.
   *
   * @param source what messages call the origin of the values, such as a file name
   * @throws DataError when a parameter is missing or unknown, ShapeError when a shape differs
   */
  loadStateDict(state: StateDict, source = "the state"): void {
    const parameters = this.namedParameters();
    for (const path of state.keys()) {
      if (!parameters.has(path)) throw new DataError(`${source} holds "${path}", which this model does not have.`);
    }
    for (const [path, parameter] of parameters) {
      const value = state.get(path);
      if (!value) throw new DataError(`${source} lacks "${path}" ${shapeText(parameter.shape)}.`);
      if (!sameShape(value.shape, parameter.shape)) {
        throw new ShapeError(
          `${source}: "${path}" is ${shapeText(value.shape)}, but the model expects ${shapeText(parameter.shape)}.`,
        );
      }
    }
    for (const [path, parameter] of parameters) parameter.assign(state.get(path)!.data);
  }

  /** Frees all parameters. */
  dispose(): void {
    for (const parameter of this.namedParameters().values()) parameter.dispose();
  }

  *#fields(): Generator<[string, Parameter | Module]> {
    for (const [name, value] of Object.entries(this)) {
      const members = Array.isArray(value) ? value.map((one, i) => [`${name}.${i}`, one] as const) : [[name, value]];
      for (const [path, member] of members) {
        if (member instanceof Parameter || member instanceof Module) yield [path as string, member];
      }
    }
  }
}
