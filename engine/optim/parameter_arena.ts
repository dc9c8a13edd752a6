import { MetrogradError } from "../../kernels/errors.ts";
import { part } from "../../kernels/launcher.ts";
import type { Engine } from "../engine.ts";
import type { Parameter } from "../parameter.ts";
import { Storage } from "../tensor.ts";

/** Elements to which each parameter's place is rounded up: 256 bytes, the largest alignment WebGPU asks for. */
export const parameterAlignment = 64;

/** One buffer of parameters, its gradients' buffer, and an optimiser's state for them; all laid out alike. */
export interface Shard {
  readonly values: Storage;
  readonly gradients: Storage;
  /** Elements. */
  readonly length: number;
  readonly places: readonly { readonly parameter: Parameter; readonly from: number }[];
}

/** A range of a shard whose parameters all have gradients. */
export interface Run {
  readonly shard: number;
  /** Elements. */
  readonly from: number;
  readonly length: number;
}

/**
 * Parameters side by side in few long buffers, so that one launch updates all. No buffer is larger than one binding
 * may be; a parameter larger than that does not fit.
 */
export class ParameterArena {
  readonly engine: Engine;
  readonly shards: readonly Shard[];

  /** @throws MetrogradError when there is no parameter or one is larger than the device can bind */
  constructor(readonly parameters: readonly Parameter[]) {
    const [first] = parameters;
    if (!first) throw new MetrogradError("An optimiser needs at least one parameter.");
    const engine = this.engine = first.engine;
    const capacity = engine.capabilities.maxBindingSize / 4;
    const groups: Parameter[][] = [];
    let used = Infinity;
    for (const parameter of parameters) {
      const length = padded(parameter.size);
      if (length > capacity) {
        throw new MetrogradError(
          `${parameter.name} holds ${parameter.size * 4} bytes, but this device binds at most ${capacity * 4}.`,
        );
      }
      if (used + length > capacity) {
        groups.push([]);
        used = 0;
      }
      groups.at(-1)!.push(parameter);
      used += length;
    }
    this.shards = groups.map((group) => this.#place(group));
  }

  /** New zeroed memory laid out like the parameters, one storage a shard: for moments and the like. */
  zeros(label: string): Storage[] {
    return this.shards.map((shard) => {
      const storage = this.engine.allocate(shard.length * 4, label);
      this.engine.clear(storage.slice);
      return storage;
    });
  }

  /** Longest ranges of parameters that have gradients now. */
  runs(): Run[] {
    const runs: Run[] = [];
    this.shards.forEach(({ places }, shard) => {
      for (const { parameter, from } of places) {
        if (!parameter.hasGrad) continue;
        const length = padded(parameter.size);
        const last = runs.at(-1);
        if (last && last.shard === shard && last.from + last.length === from) {
          runs[runs.length - 1] = { ...last, length: last.length + length };
        } else runs.push({ shard, from, length });
      }
    });
    return runs;
  }

  /** The parameter that holds an element of a shard. */
  parameterAt(shard: number, element: number): Parameter {
    return this.shards[shard]!.places.findLast(({ from }) => from <= element)!.parameter;
  }

  /** A parameter's part of memory that is laid out like the parameters; whoever made that memory owns it. */
  view(storages: readonly Storage[], parameter: Parameter): Storage {
    for (const [i, shard] of this.shards.entries()) {
      const place = shard.places.find((one) => one.parameter === parameter);
      if (place) return new Storage(part(storages[i]!.slice, place.from, parameter.size), null);
    }
    throw new MetrogradError(`${parameter.name} is not one of this optimiser's parameters.`);
  }

  /** Frees the buffers that nobody uses once the parameters are disposed of. */
  dispose(): void {
    for (const { values, gradients } of this.shards) {
      values.release();
      gradients.release();
    }
  }

  #place(group: readonly Parameter[]): Shard {
    const { engine } = this;
    let length = 0;
    const places = group.map((parameter) => {
      const from = length;
      length += padded(parameter.size);
      return { parameter, from };
    });
    const values = engine.allocate(length * 4, "parameters");
    const gradients = engine.allocate(length * 4, "gradients");
    // The gaps between parameters take part in norms and updates, so they have to be 0.
    engine.clear(values.slice);
    engine.clear(gradients.slice);
    for (const { parameter, from } of places) {
      parameter.relocate(within(values, from, parameter.size), within(gradients, from, parameter.size));
    }
    return { values, gradients, length, places };
  }
}

function padded(elements: number): number {
  return Math.ceil(elements / parameterAlignment) * parameterAlignment;
}

/** A storage that looks at part of another and keeps it alive. */
function within(whole: Storage, from: number, length: number): Storage {
  const owner = whole.share();
  return new Storage(part(whole.slice, from, length), () => owner.release());
}
