/** Rows of numbers, side by side. */
export interface Rows {
  readonly data: Float32Array;
  readonly count: number;
  readonly dimension: number;
}

/** Length of each row; NaN where a number is not finite. */
export function norms({ data, count, dimension }: Rows): Float64Array {
  const found = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    let squares = 0;
    for (let k = row * dimension; k < (row + 1) * dimension; k++) squares += data[k]! ** 2;
    found[row] = Number.isFinite(squares) ? Math.sqrt(squares) : NaN;
  }
  return found;
}

/** Rows scaled to length 1; those that are zero or not finite become zero. */
export function unitRows(rows: Rows): Rows {
  const { data, count, dimension } = rows, lengths = norms(rows), unit = new Float32Array(data.length);
  for (let row = 0; row < count; row++) {
    if (!(lengths[row]! > 0)) continue;
    for (let k = row * dimension; k < (row + 1) * dimension; k++) unit[k] = data[k]! / lengths[row]!;
  }
  return { data: unit, count, dimension };
}

/** Product of two rows, the cosine of rows of length 1. */
export function product({ data, dimension }: Rows, a: number, b: number): number {
  let sum = 0;
  for (let k = 0; k < dimension; k++) sum += data[a * dimension + k]! * data[b * dimension + k]!;
  return sum;
}

/** Mean cosine of the rows of each two groups, a row with itself left out; NaN where a group has one row alone. */
export function groupCosines(unit: Rows, groups: readonly (readonly number[])[]): Float64Array[] {
  const { data, dimension } = unit;
  const sums = groups.map((rows) => {
    const sum = new Float64Array(dimension);
    for (const row of rows) for (let k = 0; k < dimension; k++) sum[k]! += data[row * dimension + k]!;
    return sum;
  });
  return groups.map((a, i) =>
    Float64Array.from(groups, (b, j) => {
      const all = sums[i]!.reduce((total, value, k) => total + value * sums[j]![k]!, 0);
      if (i !== j) return all / (a.length * b.length);
      const own = a.reduce((total, row) => total + product(unit, row, row), 0);
      return a.length < 2 ? NaN : (all - own) / (a.length * (a.length - 1));
    })
  );
}

/** Coordinates of rows on their two principal axes, and the share of the variance that each axis has. */
export function principalPlane({ data, count, dimension }: Rows): {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly shares: readonly [number, number];
} {
  const mean = new Float64Array(dimension);
  for (let i = 0; i < data.length; i++) mean[i % dimension]! += data[i]! / count;
  let total = 0;
  for (let i = 0; i < data.length; i++) total += (data[i]! - mean[i % dimension]!) ** 2;
  const axes: Float64Array[] = [], coordinates: Float64Array[] = [], shares: number[] = [];
  for (let axis = 0; axis < 2; axis++) {
    let direction = Float64Array.from({ length: dimension }, (_, k) => Math.cos(1 + k * (axis + 1)));
    let scores = new Float64Array(count);
    for (let step = 0; step < 40; step++) {
      for (const other of axes) {
        const shared = dot(direction, other);
        direction = direction.map((value, k) => value - shared * other[k]!);
      }
      const length = Math.sqrt(dot(direction, direction)) || 1;
      direction = direction.map((value) => value / length);
      scores = new Float64Array(count);
      const next = new Float64Array(dimension), offset = dot(mean, direction);
      for (let row = 0; row < count; row++) {
        let sum = -offset;
        for (let k = 0; k < dimension; k++) sum += data[row * dimension + k]! * direction[k]!;
        scores[row] = sum;
        for (let k = 0; k < dimension; k++) next[k]! += sum * (data[row * dimension + k]! - mean[k]!);
      }
      if (step < 39) direction = next;
    }
    axes.push(direction);
    coordinates.push(scores);
    shares.push(total > 0 ? dot(scores, scores) / total : 0);
  }
  return { x: coordinates[0]!, y: coordinates[1]!, shares: [shares[0]!, shares[1]!] };
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, k) => sum + value * b[k]!, 0);
}
