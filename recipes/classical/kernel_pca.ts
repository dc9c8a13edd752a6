import { symmetricEigenpairs } from "./eigen.ts";
import { columnMeans, expectColumns, type Matrix, rowOf, rowProducts, squaredDistances, zeros } from "./matrix.ts";

/** Settings of `KernelPca`. */
export interface KernelPcaOptions {
  /** How many directions. */
  readonly components: number;
  /** Of the kernel exp(-gamma d²); 1 / features by default. */
  readonly gamma?: number | undefined;
}

/**
 * Kernel principal component analysis with the kernel exp(-gamma |x - y|²), in float64.
 *
 * @see Schölkopf, Smola, Müller, "Nonlinear component analysis as a kernel eigenvalue problem" (1998)
 */
export class KernelPca {
  private constructor(
    /** The rows that it was fitted to, [rows, features]. */
    readonly x: Matrix,
    readonly gamma: number,
    /** Greatest eigenvalues of the centred kernel matrix, [components]. */
    readonly eigenvalues: Float64Array,
    /** What a row's centred kernels are multiplied by: eigenvectors / √eigenvalue as rows, [components, rows]. */
    readonly coefficients: Matrix<Float64Array>,
    /** Means of the kernel matrix's columns, [rows]. */
    readonly kernelMeans: Float64Array,
  ) {}

  /** Fits to rows. */
  static fit(x: Matrix, { components, gamma = 1 / x.columns }: KernelPcaOptions): KernelPca {
    const kernel = rbf(x, x, gamma);
    const means = columnMeans(kernel);
    const { values, vectors } = symmetricEigenpairs(doublyCentered(kernel, means), Math.min(components, x.rows));
    const eigenvalues = values.map((value) => Math.max(value, 0));
    const coefficients = zeros(eigenvalues.length, x.rows);
    eigenvalues.forEach((value, i) => {
      // Along a direction without variance all coordinates are 0.
      if (value <= 1e-12 * eigenvalues[0]!) return;
      const root = Math.sqrt(value);
      rowOf(coefficients, i).set(rowOf(vectors, i).map((one) => one / root));
    });
    return new KernelPca(x, gamma, eigenvalues, coefficients, means);
  }

  /** Coordinates of rows, [rows, components]. */
  transform(x: Matrix): Matrix<Float64Array> {
    expectColumns("x", x, this.x.columns);
    return rowProducts(doublyCentered(rbf(x, this.x, this.gamma), this.kernelMeans), this.coefficients);
  }
}

/** exp(-gamma |x - y|²) for every row x and every row y. */
function rbf(x: Matrix, y: Matrix, gamma: number): Matrix<Float64Array> {
  const distances = squaredDistances(x, y);
  return { ...distances, data: distances.data.map((squared) => Math.exp(-gamma * squared)) };
}

/** Kernels less the mean of their row, the training kernel's mean of their column, plus its mean. */
function doublyCentered(kernel: Matrix<Float64Array>, columns: Float64Array): Matrix<Float64Array> {
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const all = mean(columns);
  const result = zeros(kernel.rows, kernel.columns);
  for (let i = 0; i < kernel.rows; i++) {
    const row = rowOf(kernel, i), level = mean(row) - all;
    rowOf(result, i).set(row.map((value, j) => value - columns[j]! - level));
  }
  return result;
}
