import { gradientNorm, gradientStatusBytes } from "../../kernels/optimizer/gradient_norm.ts";
import { type BufferSlice, part } from "../../kernels/launcher.ts";
import { DataError, ShapeError } from "../../kernels/errors.ts";
import type { FactoredGradient } from "../tensors/factored_gradient.ts";
import type { Parameter } from "../tensors/parameter.ts";
import type { StreamedTensor } from "../files/write_safetensors.ts";
import type { FileTensor } from "../files/safetensors_reader.ts";
import { sameShape, shapeText } from "../tensors/shapes.ts";
import type { Storage } from "../tensors/storage.ts";
import { Tensor, type TensorEngine } from "../tensors/tensor.ts";
import { type StateDict, streamed, streamedNumber } from "../nn/state_dict.ts";
import type { GradScaler } from "./grad_scaler.ts";
import { ParameterArena } from "./parameter_arena.ts";
import { distinctNames, type SettledGroup } from "./parameter_groups.ts";
import { expectSettings } from "../../kernels/settings.ts";

/** One range of parameters, with its gradients and moments, for one launch. */
export interface UpdateRange {
  /** Values, changed in place. */
  readonly parameter: BufferSlice;
  /** Their gradients. */
  readonly gradient: BufferSlice;
  /** What the optimiser keeps for them, in the order of its moment names. */
  readonly moments: readonly BufferSlice[];
  /** What `clipGradNorm` wrote. */
  readonly status: BufferSlice;
  /** Elements of each. */
  readonly count: number;
  /** Number of this step among those in which the parameters had gradients, from 1. */
  readonly step: number;
  /** Number of the parameters' group. */
  readonly group: number;
  /** The group's learning rate. */
  readonly learningRate: number;
}

/** What the numbers that most optimisers have may be. */
export const positive = { lr: { from: 0 }, eps: { from: 0 }, weightDecay: { from: 0 } } as const;

/**
 * Base of the optimisers: keeps parameters, gradients and moments in long buffers, so that a step is one launch a
 * buffer, and clips gradients without a pass of its own. A gradient that is given as factors is multiplied out a tile at
 * a time and used at once. A gradient that is NaN or infinite changes nothing: the step is
 * left out on the GPU, and `badGradient` names the parameter.
 */
export abstract class Optimizer implements Disposable {
  /** Steps taken. */
  steps = 0;
  /** Whose GPU the parameters live on. */
  readonly engine: TensorEngine;
  /** What it changes, each once. */
  readonly parameters: readonly Parameter[];
  readonly #arena: ParameterArena;
  readonly #moments: readonly (readonly Storage[])[];
  readonly #status: Tensor;
  /** Steps in which each parameter had a gradient: corrections of a moment's start follow them, as in PyTorch. */
  readonly #stepsOf = new Map<Parameter, number>();
  /** What the state dict calls each parameter. */
  readonly #names: ReadonlyMap<Parameter, string>;
  readonly #lrFactors: readonly number[];
  #statusIsCurrent = false;

  /**
   * Moves the parameters into the optimiser's buffers.
   *
   * @param groups what it changes; a parameter that is named several times (tied weights) is changed once
   * @param order the parameters in the order of the state dict; that of the groups by default
   */
  constructor(
    groups: readonly SettledGroup<unknown>[],
    /** Learning rate; schedules change it, and with it those of groups that have one of their own by the same factor. */
    public lr: number,
    /** Names of what the optimiser keeps for each parameter, as in PyTorch's state dict. */
    readonly momentNames: readonly string[],
    order: readonly Parameter[] = groups.flatMap(({ parameters }) => parameters),
  ) {
    this.parameters = order;
    this.#names = distinctNames(order);
    this.#lrFactors = groups.map(({ lrFactor }) => lrFactor);
    const groupOf = new Map(groups.flatMap(({ parameters }, i) => parameters.map((one) => [one, i] as const)));
    this.#arena = new ParameterArena(order, groupOf);
    this.engine = this.#arena.engine;
    this.#moments = momentNames.map((name) => this.#arena.zeros(name));
    const storage = this.engine.allocate(gradientStatusBytes, "gradient status");
    this.#status = new Tensor(this.engine, [3], storage, "f32", "gradient status");
  }

  /** Launches the update of one range. */
  protected abstract update(range: UpdateRange): void;

  /** Forgets all gradients. */
  zeroGrad(): void {
    for (const parameter of this.parameters) parameter.zeroGrad();
    this.#statusIsCurrent = false;
  }

  /**
   * Measures the global norm of all gradients; the next step clips them to `maxNorm`.
   *
   * @param scaler whose scale the gradients have: it is taken out of them, and moved on
   * @throws ShapeError when no parameter has a gradient, UsageError when the norm is negative or NaN
   * @returns [3]: norm before clipping, factor on the gradient, and what `badGradient` reads
   */
  clipGradNorm(maxNorm = Infinity, scaler: GradScaler | null = null): Tensor {
    expectSettings("clipGradNorm", { maxNorm }, { maxNorm: { from: 0, infinite: true } });
    const ranges = this.#arena.runs().map(({ gradient, length }) => ({ gradient, count: length }));
    const factored = this.#arena.factored().map(({ factors }) => factors.operands);
    if (ranges.length + factored.length === 0) {
      throw new ShapeError("No parameter has a gradient; call backward() first.");
    }
    gradientNorm(this.engine.stream, {
      ranges,
      factored,
      status: this.#status.slice,
      maxNorm: scaler ? Infinity : maxNorm,
    });
    scaler?.unscale(this.#status.slice, maxNorm);
    this.#statusIsCurrent = true;
    return this.engine.copy(this.#status);
  }

  /** Changes all parameters that have gradients. @throws UsageError when the learning rate is negative or no number */
  step(): void {
    if (!this.#statusIsCurrent) this.engine.scope(() => void this.clipGradNorm());
    const counted = this.parameters.filter(({ hasGrad }) => hasGrad);
    this.engine.stream.changing(() => this.#count(counted));
    for (const { shard, from, length, gradient, parameter } of this.#arena.runs((one) => this.#stepOf(one))) {
      const moments = this.#moments.map((storages) => part(storages[shard]!.slices[0]!, from, length));
      const { values, group } = this.#arena.shards[shard]!;
      this.#update(parameter, group, { parameter: part(values, from, length), gradient, moments, count: length });
    }
    for (const { parameter, factors } of this.#arena.factored()) this.#stepFromFactors(parameter, factors);
    this.#statusIsCurrent = false;
  }

  #count(parameters: readonly Parameter[]): void {
    expectSettings(this.constructor.name, { lr: this.lr }, positive);
    this.steps++;
    for (const parameter of parameters) this.#stepsOf.set(parameter, this.#stepOf(parameter) + 1);
  }

  /** Launches an update anew wherever a captured step repeats it, since the step and the learning rate change. */
  #update(
    parameter: Parameter,
    group: number,
    operands: Pick<UpdateRange, "parameter" | "gradient" | "moments" | "count">,
  ): void {
    const status = this.#status.slice;
    this.engine.stream.changing(() => {
      const learningRate = this.lr * this.#lrFactors[group]!;
      this.update({ ...operands, status, step: this.#stepOf(parameter), group, learningRate });
    });
  }

  #stepFromFactors(parameter: Parameter, factors: FactoredGradient): void {
    const moments = this.#moments.map((storages) => this.#arena.view(storages, parameter).slices);
    factors.eachTile(parameter.slices, ({ slice, buffer, from }, gradient) => {
      const count = slice.size / 4;
      this.#update(parameter, this.#arena.groupOf(parameter), {
        parameter: slice,
        gradient,
        moments: moments.map((slices) => part(slices[buffer]!, from, count)),
        count,
      });
    });
  }

  /**
   * The path of the first parameter whose gradient was NaN or infinite, or null.
   *
   * @param status a result of `clipGradNorm`, read back, of a step in which the same parameters had gradients
   */
  badGradient(status: Float32Array): string | null {
    let element = new Uint32Array(status.buffer, status.byteOffset, 3)[2]!;
    if (element === 0xffffffff) return null;
    for (const { shard, from, length } of this.#arena.runs()) {
      if (element < length) return this.#arena.parameterAt(shard, from + element).name;
      element -= length;
    }
    for (const { parameter } of this.#arena.factored()) {
      if (element < parameter.size) return parameter.name;
      element -= parameter.size;
    }
    return null;
  }

  #stepOf(parameter: Parameter): number {
    return this.#stepsOf.get(parameter) ?? 0;
  }

  /**
   * Reads the moments from the GPU, by name and then by path of the parameter. Beside them, under "step", are the steps of
   * those parameters that did not have a gradient in every step.
   */
  async stateDict(): Promise<Record<string, StateDict>> {
    const tensors = this.#moments.map((storages) =>
      this.parameters.map((parameter) => this.#view(storages, parameter))
    );
    const values = await this.engine.read(tensors.flat());
    let at = 0;
    const moments = Object.fromEntries(this.momentNames.map((name) => [
      name,
      new Map(this.parameters.map((one) => [this.#names.get(one)!, { shape: one.shape, data: values[at++]! }])),
    ]));
    const steps = new Map(
      [...this.#ownSteps()].map(([path, step]) => [path, { shape: [], data: Float32Array.of(step) }]),
    );
    return steps.size > 0 ? { ...moments, [stepName]: steps } : moments;
  }

  /** Sets the moments. @throws DataError when one is missing, ShapeError when a shape differs */
  loadStateDict(state: Readonly<Record<string, StateDict>>, steps: number): void {
    const matched = this.#matched(state);
    this.steps = steps;
    for (const one of this.parameters) this.#stepsOf.set(one, this.#valueOf(state[stepName], one)?.data[0] ?? steps);
    for (const [moment, { data }] of matched) this.engine.write(moment, data);
  }

  /** What `stateDict` gives, read from the GPU while it is written to a file. */
  streamState(): Record<string, Map<string, StreamedTensor>> {
    const moments = Object.fromEntries(this.momentNames.map((name, moment) => [
      name,
      new Map(this.parameters.map((one) => [this.#names.get(one)!, streamed(this.#view(this.#moments[moment]!, one))])),
    ]));
    const steps = new Map([...this.#ownSteps()].map(([path, step]) => [path, streamedNumber(step)]));
    return steps.size > 0 ? { ...moments, [stepName]: steps } : moments;
  }

  /** Steps of the parameters that did not have a gradient in every step, by path. */
  *#ownSteps(): Generator<[string, number]> {
    for (const one of this.parameters) {
      if (this.#stepOf(one) !== this.steps) yield [this.#names.get(one)!, this.#stepOf(one)];
    }
  }

  /** Sets the moments from an open file, part by part. Throws as `loadStateDict` does. */
  async loadFrom(state: Readonly<Record<string, ReadonlyMap<string, FileTensor>>>, steps: number): Promise<void> {
    const matched = this.#matched(state);
    this.steps = steps;
    for (const one of this.parameters) {
      const own = this.#valueOf(state[stepName], one);
      this.#stepsOf.set(one, own ? (await own.read(0, 1))[0]! : steps);
    }
    for (const [moment, value] of matched) {
      await this.engine.writeInPieces(moment, (from, count) => value.read(from, count));
    }
  }

  /** What a state has for a parameter, under its name when the optimiser was made or under the one it has now. */
  #valueOf<Value>(values: ReadonlyMap<string, Value> | undefined, parameter: Parameter): Value | undefined {
    return values?.get(this.#names.get(parameter)!) ?? values?.get(parameter.name);
  }

  /** Each moment of each parameter beside what the state has for it. */
  #matched<Value extends { readonly shape: readonly number[] }>(
    state: Readonly<Record<string, ReadonlyMap<string, Value>>>,
  ): [Tensor, Value][] {
    return this.momentNames.flatMap((name, moment) =>
      this.parameters.map((parameter): [Tensor, Value] => {
        const value = this.#valueOf(state[name], parameter);
        if (!value) throw new DataError(`The optimiser's state lacks ${name} of ${parameter.name}.`);
        if (!sameShape(value.shape, parameter.shape)) {
          throw new ShapeError(
            `The optimiser's ${name} of ${parameter.name} is ${shapeText(value.shape)}, but ${
              shapeText(parameter.shape)
            } is expected.`,
          );
        }
        return [this.#view(this.#moments[moment]!, parameter), value];
      })
    );
  }

  /** Frees the optimiser's memory; the parameters stay. */
  dispose(): void {
    this.#arena.dispose();
    for (const storage of this.#moments.flat()) storage.release();
    this.#status.dispose();
  }

  /** Frees the optimiser's memory at the end of a block that declares it with `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #view(storages: readonly Storage[], parameter: Parameter): Tensor {
    return new Tensor(this.engine, parameter.shape, this.#arena.view(storages, parameter), "f32", parameter.name);
  }
}

/** What the parameters' own steps are called beside the moments, as in PyTorch's state. */
const stepName = "step";
