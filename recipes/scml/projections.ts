import { Buffer } from "../../engine/tensors/buffer.ts";
import { Module } from "../../engine/nn/module.ts";
import { multiply } from "../../engine/ops/arithmetic.ts";
import { pairwiseEuclideanDistance } from "../../engine/ops/euclidean.ts";
import { linear } from "../../engine/ops/linear.ts";
import { exp } from "../../engine/ops/unary.ts";
import type { Tensor, TensorEngine } from "../../engine/tensors/tensor.ts";
import type { KernelPca } from "../classical/kernel_pca.ts";
import { dot, rowOf } from "../classical/matrix.ts";
import type { Pca } from "../classical/pca.ts";

/** Coordinates along principal components, all divided by one number, so that their mean square is 1. */
export class PrincipalComponents extends Module {
  /** [components, features] */
  readonly components: Buffer;
  /** Minus the coordinates of the mean, [components]. */
  readonly shift: Buffer;

  constructor(engine: TensorEngine, components: number, features: number) {
    super();
    this.components = new Buffer(engine, [components, features], new Float32Array(components * features), "components");
    this.shift = new Buffer(engine, [components], new Float32Array(components), "shift");
  }

  /** Takes what was fitted; components that it lacks stay 0. */
  set({ components, mean, explainedVariance }: Pca): void {
    const { engine } = this.components;
    const total = explainedVariance.reduce((sum, one) => sum + one, 0);
    const scale = total > 0 ? Math.sqrt(components.rows / total) : 1;
    const values = new Float32Array(this.components.size), shift = new Float32Array(this.shift.size);
    values.set(components.data.map((value) => scale * value));
    for (let k = 0; k < components.rows; k++) shift[k] = -scale * dot(rowOf(components, k), mean);
    engine.write(this.components, values);
    engine.write(this.shift, shift);
  }

  /** `x` [batch, features] → [batch, components]. */
  forward(x: Tensor): Tensor {
    return linear({ x, weight: this.components, bias: this.shift });
  }
}

/** Sizes of a `KernelProjection`. */
export interface KernelProjectionSizes {
  /** Rows that it is fitted to. */
  readonly rows: number;
  /** Numbers of x. */
  readonly inputs: number;
  /** Numbers of the projection. */
  readonly projection: number;
}

/** Coordinates by kernel PCA, all divided by one number, so that their mean square is 1. */
export class KernelProjection extends Module {
  /** Rows that it was fitted to, [rows, inputs]. */
  readonly rows: Buffer;
  /** What kernels are multiplied by, [projection, rows]. */
  readonly coefficients: Buffer;
  /** Minus what the kernels' means make of them, [projection]. */
  readonly shift: Buffer;
  /** -gamma, [1]. */
  readonly slope: Buffer;

  constructor(engine: TensorEngine, { rows, inputs, projection }: KernelProjectionSizes) {
    super();
    const zeros = (name: string, ...shape: number[]) =>
      new Buffer(engine, shape, new Float32Array(shape.reduce((size, length) => size * length, 1)), name);
    this.rows = zeros("kernel rows", rows, inputs);
    this.coefficients = zeros("kernel coefficients", projection, rows);
    this.shift = zeros("kernel shift", projection);
    this.slope = zeros("kernel slope", 1);
  }

  /** Takes what was fitted to as many rows as it has room for, or fewer; directions that it lacks stay 0. */
  set({ x, gamma, coefficients, kernelMeans, eigenvalues }: KernelPca): void {
    const { engine } = this.rows;
    const [projection, room] = this.coefficients.shape as [number, number];
    const total = eigenvalues.reduce((sum, one) => sum + one, 0) / x.rows;
    const scale = total > 0 ? Math.sqrt(eigenvalues.length / total) : 1;
    const rows = new Float32Array(this.rows.size), values = new Float32Array(projection * room);
    const shift = new Float32Array(projection);
    rows.set(x.data);
    for (let k = 0; k < coefficients.rows; k++) {
      const row = rowOf(coefficients, k);
      values.set(row.map((value) => scale * value), k * room);
      // Centring by rows has no say: the numbers of an eigenvector of the centred kernel add up to 0.
      shift[k] = -scale * dot(row, kernelMeans);
    }
    engine.write(this.rows, rows);
    engine.write(this.coefficients, values);
    engine.write(this.shift, shift);
    engine.write(this.slope, Float32Array.of(-gamma));
  }

  /** `x` [batch, inputs] → [batch, projection]. */
  forward(x: Tensor): Tensor {
    const distance = pairwiseEuclideanDistance({ x, y: this.rows }, { squared: true });
    const kernel = exp({ x: multiply({ a: distance, b: this.slope }) });
    return linear({ x: kernel, weight: this.coefficients, bias: this.shift });
  }
}
