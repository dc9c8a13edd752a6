import { ShapeError, UsageError } from "../kernels/errors.ts";
import { expectSettings, type SettingRule } from "../kernels/settings.ts";
import { refuseF16, refuseIndices, shapeText } from "./tensors/shapes.ts";
import { type GradientTarget, type GradientThunk, Tensor, type TensorEngine, tensorsIn } from "./tensors/tensor.ts";

/** What a backward rule sees of its forward run. */
export interface BackwardContext<I, O, S> {
  /** What the op was given. */
  readonly inputs: I;
  /** Its options. */
  readonly options: O;
  /** What it returned. */
  readonly output: Tensor;
  /** What the forward run saved. */
  readonly saved: S;
}

/** An op: its launch and its backward rule, side by side. */
export interface OpDefinition<I, O, S> {
  /** Names of the inputs that may be stored as f16; the op refuses it of all others. */
  readonly f16?: readonly (keyof I)[];
  /** Names of the inputs that may be indices (u32), or "all" of them; the op refuses them as all others. */
  readonly u32?: readonly (keyof I)[] | "all";
  /** What the options may be; a number without a rule may be any but NaN. */
  readonly settings?: { readonly [Name in keyof O]?: SettingRule };
  /**
   * Launches the kernels. `save` keeps what only the forward run knows for the backward rule: inputs, and tensors that
   * were made for it, which are freed with the output.
   */
  forward(inputs: I, options: O, save: (saved: S) => void): Tensor;
  /** Gradients as thunks: what nobody needs is never launched. `engine` is the output's. */
  backward?(context: BackwardContext<I, O, S>, dy: Tensor): { readonly [Name in keyof I]?: GradientThunk };
}

/** An op as it is called: named inputs, and options where it has any. */
export type Op<I, O = void> = (
  inputs: I,
  ...options: [O] extends [void] ? [] : Record<never, never> extends O ? [options?: O] : [options: O]
) => Tensor;

/**
 * Makes an op of a launch and its backward rule. The result records itself on the tape when one of its inputs requires
 * a gradient. Without options the rule sees an empty object. The op throws a ShapeError when it is given f16 or indices where
 * it has no form for that, and a UsageError for an option that cannot be taken, tensors of several engines or an input that
 * is none.
 */
export function op<I extends object, O = void, S = undefined>(
  name: string,
  definition: OpDefinition<I, O, S>,
): Op<I, O> {
  return (inputs, ...rest) => {
    const options = (rest[0] ?? {}) as O & object;
    const given = givenTensors(name, inputs);
    expectSettings(name, options, definition.settings);
    const engine = given[0]?.[1].engine;
    for (const [key, input] of given) {
      if (!definition.f16?.includes(key)) refuseF16(name, String(key), input);
      if (definition.u32 !== "all" && !definition.u32?.includes(key)) refuseIndices(name, String(key), input);
      if (input.engine !== engine) {
        throw new UsageError(`${name}: ${String(key)} lies on another engine than the rest.`);
      }
    }
    const { backward } = definition;
    const recorded = backward && engine?.recording && given.some(([, input]) => input.requiresGrad);
    let saved = undefined as S;
    // Frees what the launches made on the way, and what they saved where nobody will ask for it.
    const launch = () => {
      const output = definition.forward(inputs, options, (value) => saved = value);
      return [output, recorded ? saved : undefined] as const;
    };
    const [output] = engine ? engine.scope(launch) : launch();
    output.name = name;
    engine?.finiteCheck?.forward(name, given as [PropertyKey, Tensor][], output);
    if (recorded) {
      output.own(tensorsIn(saved).filter((tensor) => !given.some(([, input]) => input === tensor)));
      output.origin = {
        name,
        inputs: given.map(([, input]) => input),
        backward(dy) {
          const thunks = backward.call(definition, { inputs, options, output, saved }, dy);
          return given.map(([key, input]) => input.requiresGrad ? thunks[key] : undefined);
        },
      };
    }
    return output;
  };
}

/** The inputs that were given, by name. @throws UsageError when one is no tensor, or they have no names */
function givenTensors<I extends object>(op: string, inputs: I): [keyof I, Tensor][] {
  if (inputs instanceof Tensor) {
    throw new UsageError(
      `${op}: inputs by name are expected, but the tensor ${describe(inputs)} stands in their place.`,
    );
  }
  const given = Object.entries(inputs).filter(([, input]) => input);
  for (const [key, input] of given) {
    if (!(input instanceof Tensor)) {
      const found = Array.isArray(input) ? "an array" : typeof input;
      throw new UsageError(`${op}: ${key} is ${found}, but a tensor is expected; engine.tensor makes one of numbers.`);
    }
  }
  return given as [keyof I, Tensor][];
}

const describe = ({ name, shape }: Tensor) => `${name} ${shapeText(shape)}`;

/**
 * Sends the gradient of a scalar loss back to all parameters it was computed from. A parameter that already holds a
 * gradient since the last `zeroGrad` gets the sum.
 *
 * @param loss one element
 * @param upstream gradient of whatever the loss feeds; 1 if absent
 * @throws ShapeError when the loss is no scalar and no upstream gradient is given, or a rule gives a gradient of another
 *   size; UsageError when that is on another engine, or no parameter leads to the loss; MetrogradError when it was freed
 */
export function backward(loss: Tensor, upstream?: Tensor): void {
  if (!upstream && loss.size !== 1) {
    throw new ShapeError(`backward() starts at one number, but ${loss.name} is ${shapeText(loss.shape)}.`);
  }
  const { engine } = loss;
  if (upstream && upstream.engine !== engine) {
    throw new UsageError("backward: upstream lies on another engine than the loss.");
  }
  // What was freed has let go of the tape, and would leave all gradients 0.
  void loss.storage;
  if (!loss.requiresGrad) {
    throw new UsageError(
      `backward: no trained parameter leads to ${loss.name}; noGrad, detach, frozen parameters and ops without a backward rule cut it off.`,
    );
  }
  engine.noGrad(() => {
    const gradients = new Map<Tensor, Tensor>([[loss, upstream ?? engine.full(loss.shape, 1)]]);
    for (const tensor of reverseOrder(loss)) {
      const dy = gradients.get(tensor);
      if (!dy || tensor.origin?.receive) continue;
      propagate(tensor, dy, gradients);
      gradients.delete(tensor);
      if (dy !== upstream) dy.dispose();
    }
  });
}

/** Everything the loss depends on that needs a gradient, latest first. */
function reverseOrder(loss: Tensor): Tensor[] {
  const found = new Set<Tensor>();
  const waiting = [loss];
  while (waiting.length > 0) {
    const tensor = waiting.pop()!;
    if (!tensor.requiresGrad || found.has(tensor)) continue;
    found.add(tensor);
    waiting.push(...tensor.origin!.inputs);
  }
  return [...found].sort((a, b) => b.id - a.id);
}

/** Runs one entry's backward rule and adds what it gives to the gradients of its inputs. */
function propagate(tensor: Tensor, dy: Tensor, gradients: Map<Tensor, Tensor>): void {
  const { engine } = tensor;
  const { inputs, backward } = tensor.origin!;
  engine.scope(() => {
    const kept: Tensor[] = [];
    backward(dy).forEach((rule, i) => {
      if (!rule) return;
      const input = inputs[i]!, thunk = ofSize(input, rule, tensor.name);
      if (input.origin?.receive) return input.origin.receive(thunk, tensor.name);
      const sum = gradients.get(input);
      if (!sum) {
        const gradient = thunk(freshTarget(input));
        // A rule may hand its own upstream gradient on; two owners would free it twice.
        const own = gradient === dy ? dy.detach() : gradient;
        gradients.set(input, own);
        kept.push(own);
      } else if (sum.storage.shared) {
        const own = engine.copy(sum);
        deliver(engine, thunk, { tensor: own, accumulate: true });
        gradients.set(input, own);
        kept.push(own);
        sum.dispose();
      } else {
        deliver(engine, thunk, { tensor: sum, accumulate: true });
      }
      engine.finiteCheck?.backward(tensor.name, input, gradients.get(input)!);
    });
    return kept;
  });
}

/** A rule's thunk that fails where its gradient has more or fewer elements than the input. */
function ofSize(input: Tensor, thunk: GradientThunk, op: string): GradientThunk {
  const checked = (into: GradientTarget) => {
    const gradient = thunk(into);
    if (gradient.size === input.size) return gradient;
    throw new ShapeError(
      `${op}: the gradient of ${input.name} is ${shapeText(gradient.shape)}, but ${
        shapeText(input.shape)
      } is expected.`,
    );
  };
  return thunk.factors ? Object.assign(checked, { factors: thunk.factors }) : checked;
}

/** Has a rule write its gradient to a target, or writes or adds there what it gives. */
export function deliver(engine: TensorEngine, thunk: GradientThunk, target: GradientTarget): void {
  const gradient = thunk(target);
  if (gradient === target.tensor) return;
  if (target.accumulate) engine.addInto(target.tensor, gradient);
  else engine.copyInto(target.tensor, gradient);
}

/**
 * A target for an input that has no gradient yet, in as many buffers as the input lies in. A rule that makes its own tensor
 * never takes the memory.
 */
function freshTarget(input: Tensor): GradientTarget {
  const { engine, shape } = input;
  const make = () =>
    !input.disposed && input.slices.length > 1
      ? engine.adopt(new Tensor(engine, shape, engine.allocateFor(shape, "gradient")))
      : engine.empty(shape);
  let made: Tensor | undefined;
  return {
    get tensor() {
      return made ??= make();
    },
    accumulate: false,
  };
}
