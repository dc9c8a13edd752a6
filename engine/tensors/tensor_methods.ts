import type { PlainFunction } from "../../kernels/elementwise/functions.ts";
import type {
  ClampOptions,
  GatherOptions,
  GeluOptions,
  MatmulLayout,
  NormalizeOptions,
  ReductionOptions,
  SliceOptions,
  SoftmaxOptions,
  TransposeOptions,
} from "./op_options.ts";

/**
 * The ops behind a tensor's methods. They are handed to the tensor by its engine, since the ops are made of tensors and
 * cannot be imported here.
 */
export type TensorOps<T> =
  & Readonly<
    Record<
      "add" | "subtract" | "multiply" | "divide",
      (operands: { readonly a: T; readonly b: T } | { readonly a: T; readonly b: number }) => T
    >
  >
  & Readonly<Record<PlainFunction, (inputs: { readonly x: T }) => T>>
  & Readonly<
    Record<"sum" | "mean" | "max" | "logsumexp", (inputs: { readonly x: T }, options?: ReductionOptions) => T>
  >
  & Readonly<Record<"softmax" | "logSoftmax", (inputs: { readonly x: T }, options?: SoftmaxOptions) => T>>
  & Readonly<
    Record<"reshape" | "expand", (inputs: { readonly x: T }, options: { readonly shape: readonly number[] }) => T>
  >
  & Readonly<
    Record<
      "gather" | "indexSelect",
      (inputs: { readonly x: T; readonly index: T }, options?: GatherOptions) => T
    >
  >
  & {
    readonly matmul: (inputs: { readonly a: T; readonly b: T }, layout?: MatmulLayout) => T;
    readonly gelu: (inputs: { readonly x: T }, options?: GeluOptions) => T;
    readonly clamp: (inputs: { readonly x: T }, bounds: ClampOptions) => T;
    readonly argmax: (inputs: { readonly x: T }, options?: ReductionOptions) => T & { readonly type: "u32" };
    readonly permute: (inputs: { readonly x: T }, options: { readonly order: readonly number[] }) => T;
    readonly transpose: (inputs: { readonly x: T }, options?: TransposeOptions) => T;
    readonly slice: (inputs: { readonly x: T }, options?: SliceOptions) => T;
    readonly normalize: (inputs: { readonly x: T }, options?: NormalizeOptions) => T;
    readonly backward: (loss: T, upstream?: T) => void;
  };

/** Base of tensors: the ops as methods. Each does what the function of its name does. */
export abstract class TensorMethods<T extends TensorMethods<T>> {
  /** What runs the ops. */
  abstract readonly engine: { readonly ops: TensorOps<T> };

  /** this + other, element by element; other is a tensor whose shape fits or a number. @throws ShapeError when it does not fit */
  add(this: T, other: T | number): T {
    return this.engine.ops.add(typeof other === "number" ? { a: this, b: other } : { a: this, b: other });
  }

  /** this - other, element by element. @throws ShapeError when the shapes do not fit */
  sub(this: T, other: T | number): T {
    return this.engine.ops.subtract(typeof other === "number" ? { a: this, b: other } : { a: this, b: other });
  }

  /** this x other, element by element. @throws ShapeError when the shapes do not fit */
  mul(this: T, other: T | number): T {
    return this.engine.ops.multiply(typeof other === "number" ? { a: this, b: other } : { a: this, b: other });
  }

  /** this / other, element by element. @throws ShapeError when the shapes do not fit */
  div(this: T, other: T | number): T {
    return this.engine.ops.divide(typeof other === "number" ? { a: this, b: other } : { a: this, b: other });
  }

  /** -this. */
  neg(this: T): T {
    return this.engine.ops.multiply({ a: this, b: -1 });
  }

  /** Matrix product of the last two axes, [..., m, k] with [..., k, n] or [k, n]. @throws ShapeError when the sizes do not fit */
  matmul(this: T, other: T, layout: MatmulLayout = {}): T {
    return this.engine.ops.matmul({ a: this, b: other }, layout);
  }

  /** Squares. */
  square(this: T): T {
    return this.engine.ops.square({ x: this });
  }

  /** Absolute values. */
  abs(this: T): T {
    return this.engine.ops.abs({ x: this });
  }

  /** e to the power of each element. */
  exp(this: T): T {
    return this.engine.ops.exp({ x: this });
  }

  /** Natural logarithms. */
  log(this: T): T {
    return this.engine.ops.log({ x: this });
  }

  /** Square roots. */
  sqrt(this: T): T {
    return this.engine.ops.sqrt({ x: this });
  }

  /** Hyperbolic tangents. */
  tanh(this: T): T {
    return this.engine.ops.tanh({ x: this });
  }

  /** 1 / (1 + e⁻ˣ). */
  sigmoid(this: T): T {
    return this.engine.ops.sigmoid({ x: this });
  }

  /** log(1 + eˣ). */
  softplus(this: T): T {
    return this.engine.ops.softplus({ x: this });
  }

  /** max(x, 0). */
  relu(this: T): T {
    return this.engine.ops.relu({ x: this });
  }

  /** x sigmoid(x). */
  silu(this: T): T {
    return this.engine.ops.silu({ x: this });
  }

  /** 1 above 0, else 0; no gradient comes through. */
  step(this: T): T {
    return this.engine.ops.step({ x: this });
  }

  /** x Φ(x), with Φ the distribution function of the normal distribution. */
  gelu(this: T, options: GeluOptions = {}): T {
    return this.engine.ops.gelu({ x: this }, options);
  }

  /** Elements brought between two bounds. */
  clamp(this: T, bounds: ClampOptions): T {
    return this.engine.ops.clamp({ x: this }, bounds);
  }

  /** Sum along an axis, or of all elements. @throws ShapeError when there is no such axis */
  sum(this: T, options: ReductionOptions = {}): T {
    return this.engine.ops.sum({ x: this }, options);
  }

  /** Mean along an axis, or of all elements. @throws ShapeError when there is no such axis */
  mean(this: T, options: ReductionOptions = {}): T {
    return this.engine.ops.mean({ x: this }, options);
  }

  /** Greatest element along an axis, or of all. @throws ShapeError when there is no such axis, or nothing along it */
  max(this: T, options: ReductionOptions = {}): T {
    return this.engine.ops.max({ x: this }, options);
  }

  /** Position (u32) of the greatest element along an axis, or of all. @throws ShapeError as `max` */
  argmax(this: T, options: ReductionOptions = {}): T & { readonly type: "u32" } {
    return this.engine.ops.argmax({ x: this }, options);
  }

  /** log Σ eˣ along an axis, or of all elements. @throws ShapeError when there is no such axis */
  logsumexp(this: T, options: ReductionOptions = {}): T {
    return this.engine.ops.logsumexp({ x: this }, options);
  }

  /** Softmax along an axis, the last by default. @throws ShapeError when there is no such axis */
  softmax(this: T, options: SoftmaxOptions = {}): T {
    return this.engine.ops.softmax({ x: this }, options);
  }

  /** Logarithm of the softmax along an axis, the last by default. @throws ShapeError when there is no such axis */
  logSoftmax(this: T, options: SoftmaxOptions = {}): T {
    return this.engine.ops.logSoftmax({ x: this }, options);
  }

  /** The same elements in another shape. @throws ShapeError when their number differs */
  reshape(this: T, shape: readonly number[]): T {
    return this.engine.ops.reshape({ x: this }, { shape });
  }

  /** Repeated along axes of 1, and along new ones before the first. @throws ShapeError when it does not repeat to that shape */
  expand(this: T, shape: readonly number[]): T {
    return this.engine.ops.expand({ x: this }, { shape });
  }

  /** Axes in another order: axis i of the result is axis `order[i]`. @throws ShapeError when an axis is missing or named twice */
  permute(this: T, order: readonly number[]): T {
    return this.engine.ops.permute({ x: this }, { order });
  }

  /** Two axes swapped, the last two by default. @throws ShapeError when there is no such axis */
  transpose(this: T, options: TransposeOptions = {}): T {
    return this.engine.ops.transpose({ x: this }, options);
  }

  /** A range of positions along an axis; the op `slice`. @throws ShapeError when there is no such axis or range */
  narrow(this: T, options: SliceOptions): T {
    return this.engine.ops.slice({ x: this }, options);
  }

  /** Elements by their positions (u32) along an axis, the last by default, as torch.gather. @throws ShapeError as the function */
  gather(this: T, index: T, options: GatherOptions = {}): T {
    return this.engine.ops.gather({ x: this, index }, options);
  }

  /** Whole slices by their positions (u32) along an axis, the last by default. @throws ShapeError as the function */
  indexSelect(this: T, index: T, options: GatherOptions = {}): T {
    return this.engine.ops.indexSelect({ x: this, index }, options);
  }

  /** Rows brought to one length, 1 by default. */
  normalize(this: T, options: NormalizeOptions = {}): T {
    return this.engine.ops.normalize({ x: this }, options);
  }

  /**
   * Sends the gradient of this scalar back to all parameters it was computed from.
   *
   * @param upstream gradient of whatever this feeds; 1 if absent
   * @throws ShapeError when this is no scalar and no upstream gradient is given
   */
  backward(this: T, upstream?: T): void {
    this.engine.ops.backward(this, upstream);
  }
}
