import { MetrogradError } from "../../kernels/errors.ts";
import type { Philox } from "../../kernels/philox.ts";
import { cholesky } from "./cholesky.ts";
import { symmetricEigenpairs } from "./eigen.ts";
import { dot, type Matrix, rowOf, squaredDistances, zeros } from "./matrix.ts";
import type { Triplets } from "./triplets.ts";

/**
 * Directions along which far rows differ more than near ones: as many triplets as there are features are drawn, the outer
 * products of the differences anchor - far are added, those of anchor - near are taken off, and the eigenvectors with
 * positive eigenvalues are kept, until there are enough.
 *
 * @param x [rows, features]
 * @param count how many directions
 * @returns rows of length 1, [count, features]
 * @throws MetrogradError when the triplets give no such direction
 * @see de Vazelhes et al., "metric-learn: metric learning algorithms in Python" (2020), SCML with basis triplet_diffs
 */
export function tripletDifferenceBasis(
  x: Matrix,
  triplets: Triplets,
  count: number,
  random: Philox,
): Matrix<Float64Array> {
  const size = x.columns, all = triplets.length / 3;
  const directions = new Directions(count, size);
  while (!directions.full) {
    const scatter = zeros(size, size);
    for (let draw = 0; draw < size && all > 0; draw++) {
      const at = 3 * random.integer(all);
      const anchor = rowOf(x, triplets[at]!);
      addOuter(scatter, anchor, rowOf(x, triplets[at + 1]!), -1);
      addOuter(scatter, anchor, rowOf(x, triplets[at + 2]!), 1);
    }
    const { values, vectors } = symmetricEigenpairs(scatter);
    const positive = values.findIndex((value) => !(value > 1e-9 * Math.abs(values[0]!)));
    if (positive === 0) {
      throw new MetrogradError("The triplets give no basis: nowhere do far rows differ more than near ones.");
    }
    directions.add(vectors, positive < 0 ? size : positive);
  }
  return directions.found;
}

/** Rows of one class near a place, for local discriminants: so many of each class. */
const neighbourhoods = [10, 20, 50] as const;

/**
 * Directions that part classes near some place: around rows drawn at random, the nearest 10, 20 or 50 rows of each class,
 * and Fisher's linear discriminants of those.
 *
 * @param x [rows, features]
 * @param classes of the rows; at least two are needed
 * @param count how many directions
 * @returns rows of length 1, [count, features]
 * @throws MetrogradError when there is one class only
 * @see Shi, Bellet, Sha, "Sparse compositional metric learning" (2014), section 4
 */
export function discriminantBasis(
  x: Matrix,
  classes: ArrayLike<number>,
  count: number,
  random: Philox,
): Matrix<Float64Array> {
  const members = new Map<number, number[]>();
  for (let i = 0; i < x.rows; i++) members.set(classes[i]!, [...members.get(classes[i]!) ?? [], i]);
  if (members.size < 2) throw new MetrogradError("Discriminants need rows of at least two classes; there is one.");
  const directions = new Directions(count, x.columns);
  for (let region = 0; !directions.full; region++) {
    const center = { data: rowOf(x, random.integer(x.rows)), rows: 1, columns: x.columns };
    const { data: distance } = squaredDistances(center, x);
    const size = neighbourhoods[region % neighbourhoods.length]!;
    const near = [...members.values()].map((rows) =>
      rows.toSorted((i, j) => distance[i]! - distance[j]! || i - j).slice(0, size)
    );
    const found = discriminants(x, near);
    directions.add(found, found.rows);
  }
  return directions.found;
}

/** Fisher's discriminants of groups of rows, one fewer than the groups: S_between v = λ (S_within + a little) v. */
function discriminants(x: Matrix, groups: readonly (readonly number[])[]): Matrix<Float64Array> {
  const size = x.columns, within = zeros(size, size), between = zeros(size, size);
  const meanOf = (rows: readonly number[]) => {
    const mean = new Float64Array(size);
    for (const row of rows) rowOf(x, row).forEach((value, j) => mean[j]! += value / rows.length);
    return mean;
  };
  const all = meanOf(groups.flat());
  for (const rows of groups) {
    const mean = meanOf(rows);
    for (const row of rows) addOuter(within, rowOf(x, row), mean, 1);
    addOuter(between, mean, all, rows.length);
  }
  // Fewer rows than features leave directions without any standard deviation.
  const trace = Array.from({ length: size }, (_, i) => within.data[i * (size + 1)]!).reduce((sum, one) => sum + one, 0);
  for (let i = 0; i < size; i++) within.data[i * (size + 1)]! += 1e-3 * trace / size + 1e-12;
  const factor = within.data;
  cholesky(factor, size);
  // L⁻¹ S L⁻ᵀ has the same eigenvalues; its vectors u give v = L⁻ᵀ u.
  const lower = (b: Float64Array) => {
    for (let i = 0; i < size; i++) {
      b[i] = (b[i]! - dot(factor.subarray(i * size, i * size + i), b.subarray(0, i))) / factor[i * size + i]!;
    }
  };
  const half = zeros(size, size), whole = zeros(size, size);
  for (let i = 0; i < size; i++) {
    const row = rowOf(half, i);
    row.set(rowOf(between, i));
    lower(row);
  }
  for (let i = 0; i < size; i++) {
    const row = rowOf(whole, i);
    for (let j = 0; j < size; j++) row[j] = half.data[j * size + i]!;
    lower(row);
  }
  const { vectors } = symmetricEigenpairs(whole, Math.min(groups.length - 1, size));
  for (let k = 0; k < vectors.rows; k++) {
    const v = rowOf(vectors, k);
    for (let i = size - 1; i >= 0; i--) {
      v[i]! /= factor[i * size + i]!;
      for (let j = 0; j < i; j++) v[j]! -= factor[i * size + j]! * v[i]!;
    }
  }
  return vectors;
}

/** Adds factor (a - b)(a - b)ᵀ. */
function addOuter(into: Matrix<Float64Array>, a: ArrayLike<number>, b: ArrayLike<number>, factor: number): void {
  const size = into.columns;
  const difference = Float64Array.from({ length: size }, (_, i) => a[i]! - b[i]!);
  for (let i = 0; i < size; i++) {
    const scaled = factor * difference[i]!, row = rowOf(into, i);
    if (scaled === 0) continue;
    for (let j = 0; j < size; j++) row[j]! += scaled * difference[j]!;
  }
}

/** Directions as they are found, up to a number of them. */
class Directions {
  readonly found: Matrix<Float64Array>;
  #count = 0;

  constructor(count: number, size: number) {
    this.found = zeros(count, size);
  }

  get full(): boolean {
    return this.#count === this.found.rows;
  }

  /** Takes the first rows, each made as long as 1. */
  add(vectors: Matrix<Float64Array>, rows: number): void {
    for (let k = 0; k < rows && !this.full; k++) {
      const vector = rowOf(vectors, k), length = Math.sqrt(dot(vector, vector));
      rowOf(this.found, this.#count++).set(vector.map((value) => value / length));
    }
  }
}
