import { MetrogradError, UsageError } from "../../kernels/errors.ts";
import { type BufferSlice, part } from "../../kernels/launcher.ts";
import type { FactoredGradient } from "../tensors/factored_gradient.ts";
import type { Parameter } from "../tensors/parameter.ts";
import { Storage } from "../tensors/storage.ts";
import type { TensorEngine } from "../tensors/tensor.ts";

/** Elements to which each parameter's place is rounded up: 256 bytes, the largest alignment WebGPU asks for. */
export const parameterAlignment = 64;

/** One buffer of parameters or of a part of one; an optimiser's state for it is laid out alike. */
export interface Shard {
  readonly values: BufferSlice;
  /** The gradients' buffer; null where the parameter keeps its gradient itself. */
  readonly gradients: BufferSlice | null;
  /** Elements. */
  readonly length: number;
  /** Number of the parameters' group. */
  readonly group: number;
  readonly places: readonly Place[];
}

/** Where a parameter, or one of its slices, stands in a shard. */
interface Place {
  readonly parameter: Parameter;
  /** Number of the parameter's slice. */
  readonly slice: number;
  /** Elements. */
  readonly from: number;
  readonly size: number;
}

/** A range of a shard whose parameters all have gradients. */
export interface Run {
  readonly shard: number;
  /** Elements. */
  readonly from: number;
  readonly length: number;
  readonly gradient: BufferSlice;
  /** The first of them. */
  readonly parameter: Parameter;
}

/**
 * Parameters side by side in few long buffers, so that one launch updates all. No buffer is larger than one binding
 * may be. A parameter that lies in several buffers, or whose gradient comes as factors, stays where it is. Each group has
 * buffers of its own.
 */
export class ParameterArena {
  readonly engine: TensorEngine;
  readonly shards: readonly Shard[];
  readonly #owned: Storage[] = [];
  readonly #groupOf: ReadonlyMap<Parameter, number>;

  /**
   * @param groupOf number of each parameter's group; 0 for those that it lacks
   * @throws MetrogradError when there is no parameter, or one lies on another engine
   */
  constructor(readonly parameters: readonly Parameter[], groupOf: ReadonlyMap<Parameter, number> = new Map()) {
    const [first] = parameters;
    if (!first) throw new MetrogradError("An optimiser needs at least one parameter.");
    const engine = this.engine = first.engine;
    const stranger = parameters.find((one) => one.engine !== engine);
    if (stranger) {
      throw new MetrogradError(`${stranger.name} and ${first.name} lie on two engines, but an optimiser works on one.`);
    }
    this.#groupOf = groupOf;
    const capacity = engine.capabilities.maxBindingSize / 4;
    const groups: Parameter[][] = [];
    for (let number = 0; number <= Math.max(0, ...groupOf.values()); number++) {
      let used = Infinity;
      for (const parameter of parameters) {
        if (staysInPlace(parameter) || this.groupOf(parameter) !== number) continue;
        const length = padded(parameter.size);
        if (used + length > capacity) {
          groups.push([]);
          used = 0;
        }
        groups.at(-1)!.push(parameter);
        used += length;
      }
    }
    const inPlace = parameters.filter(staysInPlace);
    this.shards = [...groups.map((group) => this.#place(group)), ...inPlace.flatMap((one) => this.#shardsOf(one))];
  }

  /** Number of a parameter's group. */
  groupOf(parameter: Parameter): number {
    return this.#groupOf.get(parameter) ?? 0;
  }

  /** New zeroed memory laid out like the parameters, one storage a shard: for moments and the like. */
  zeros(label: string): Storage[] {
    return this.shards.map((shard) => {
      const storage = this.engine.allocate(shard.length * 4, label);
      storage.slices.forEach((slice) => this.engine.clear(slice));
      return storage;
    });
  }

  /**
   * Longest ranges of parameters that have gradients now, but for those that are given as factors.
   *
   * @param keyOf what has to be the same within a range
   * @throws UsageError when another optimiser has taken one of them over
   */
  runs(keyOf: (parameter: Parameter) => number = () => 0): Run[] {
    const runs: Run[] = [];
    this.shards.forEach(({ places, gradients, values }, shard) => {
      for (const { parameter, slice, from, size } of places) {
        if (!parameter.hasGrad || parameter.factors) continue;
        if (parameter.slices[slice]!.buffer !== values.buffer) {
          throw new UsageError(
            `${parameter.name} was taken over by another optimiser; the one that took it last is expected to change it.`,
          );
        }
        if (!gradients) {
          runs.push({ shard, from, length: size, gradient: parameter.grad.slices[slice]!, parameter });
          continue;
        }
        const last = runs.at(-1);
        const follows = last && last.shard === shard && last.from + last.length === from &&
          keyOf(last.parameter) === keyOf(parameter);
        const start = follows ? last.from : from, length = from + padded(size) - start;
        if (follows) runs.pop();
        const first = follows ? last.parameter : parameter;
        runs.push({ shard, from: start, length, gradient: part(gradients, start, length), parameter: first });
      }
    });
    return runs;
  }

  /** Parameters whose gradients are given as factors now. */
  factored(): { readonly parameter: Parameter; readonly factors: FactoredGradient }[] {
    return this.parameters.flatMap((parameter) => {
      const { factors } = parameter;
      return parameter.hasGrad && factors ? [{ parameter, factors }] : [];
    });
  }

  /** The parameter that holds an element of a shard. */
  parameterAt(shard: number, element: number): Parameter {
    return this.shards[shard]!.places.findLast(({ from }) => from <= element)!.parameter;
  }

  /** A parameter's part of memory that is laid out like the parameters; whoever made that memory owns it. */
  view(storages: readonly Storage[], parameter: Parameter): Storage {
    const slices = this.shards.flatMap(({ places }, shard) =>
      places.filter((place) => place.parameter === parameter)
        .map(({ from, size }) => part(storages[shard]!.slices[0]!, from, size))
    );
    if (slices.length > 0) return new Storage(slices, null);
    throw new MetrogradError(`${parameter.name} is not one of this optimiser's parameters.`);
  }

  /** Frees the buffers that nobody uses once the parameters are disposed of. */
  dispose(): void {
    for (const storage of this.#owned) storage.release();
  }

  #place(group: readonly Parameter[]): Shard {
    const { engine } = this;
    let length = 0;
    const places = group.map((parameter) => {
      const from = length;
      length += padded(parameter.size);
      return { parameter, slice: 0, from, size: parameter.size };
    });
    const values = engine.allocate(length * 4, "parameters"), gradients = engine.allocate(length * 4, "gradients");
    this.#owned.push(values, gradients);
    // The gaps between parameters take part in norms and updates, so they have to be 0.
    for (const slice of [...values.slices, ...gradients.slices]) engine.clear(slice);
    for (const { parameter, from, size } of places) {
      parameter.relocate(within(values, from, size), within(gradients, from, size));
    }
    return {
      values: values.slices[0]!,
      gradients: gradients.slices[0]!,
      length,
      group: this.groupOf(group[0]!),
      places,
    };
  }

  /** One shard for each of the parameter's own slices. */
  #shardsOf(parameter: Parameter): Shard[] {
    this.#owned.push(parameter.storage.share());
    return parameter.slices.map((values, slice) => {
      const length = values.size / 4;
      return {
        values,
        gradients: null,
        length,
        group: this.groupOf(parameter),
        places: [{ parameter, slice, from: 0, size: length }],
      };
    });
  }
}

function staysInPlace(parameter: Parameter): boolean {
  return parameter.factored || parameter.slices.length > 1;
}

function padded(elements: number): number {
  return Math.ceil(elements / parameterAlignment) * parameterAlignment;
}

/** A storage that looks at part of another and keeps it alive. */
function within(whole: Storage, from: number, length: number): Storage {
  const owner = whole.share();
  return new Storage(part(whole.slices[0]!, from, length), () => owner.release());
}
