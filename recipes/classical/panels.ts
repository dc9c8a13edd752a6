/** Rows of a panel. */
const side = 4;

/** Numbers in rows of which four stand side by side, so that four by four products are summed up by reading eight numbers. */
export interface Panels {
  /** [panels, depth, 4] */
  readonly data: Float64Array;
  /** How many rows there are. */
  readonly rows: number;
  /** Numbers of a row. */
  readonly depth: number;
}

/** Room for rows. */
export function panelsOf(rows: number, depth: number): Panels {
  return { data: new Float64Array(Math.ceil(rows / side) * side * depth), rows, depth };
}

/** Sets a row to the numbers from a place on, each so far from the one before. */
export function setInPanels({ data, depth }: Panels, row: number, x: Float64Array, from: number, apart: number): void {
  const first = (row >> 2) * side * depth + (row & 3);
  for (let k = 0, at = from; k < depth; k++, at += apart) data[first + side * k] = x[at]!;
}

/** Adds factor · A Aᵀ to the lower triangle of a matrix [size, size], from a row and column on. */
export function addPanelProducts(
  into: Float64Array,
  size: number,
  from: number,
  { data, rows, depth }: Panels,
  factor: number,
): void {
  const length = side * depth, sums = new Float64Array(side * side);
  for (let p = 0; side * p < rows; p++) {
    for (let q = 0; q <= p; q++) {
      sumProducts(data, p * length, q * length, length, sums);
      addTile(into, size, from, side * p, Math.min(side, rows - side * p), side * q, sums, factor);
    }
  }
}

/** Adds the products of some rows from `i` on with four from `j` on, as far as they are in the lower triangle. */
function addTile(
  into: Float64Array,
  size: number,
  from: number,
  i: number,
  count: number,
  j: number,
  sums: Float64Array,
  factor: number,
): void {
  for (let r = 0; r < count; r++) {
    const at = (from + i + r) * size + from + j, last = Math.min(side, i + r - j + 1);
    for (let c = 0; c < last; c++) into[at + c]! += factor * sums[side * r + c]!;
  }
}

/** Products of the four rows from `a` on with the four from `b` on, [4, 4]. */
function sumProducts(x: Float64Array, a: number, b: number, length: number, into: Float64Array): void {
  let s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0;
  let s20 = 0, s21 = 0, s22 = 0, s23 = 0, s30 = 0, s31 = 0, s32 = 0, s33 = 0;
  for (const end = a + length; a < end; a += side, b += side) {
    const b0 = x[b]!, b1 = x[b + 1]!, b2 = x[b + 2]!, b3 = x[b + 3]!;
    const a0 = x[a]!, a1 = x[a + 1]!, a2 = x[a + 2]!, a3 = x[a + 3]!;
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    s23 += a2 * b3;
    s30 += a3 * b0;
    s31 += a3 * b1;
    s32 += a3 * b2;
    s33 += a3 * b3;
  }
  [into[0], into[1], into[2], into[3]] = [s00, s01, s02, s03];
  [into[4], into[5], into[6], into[7]] = [s10, s11, s12, s13];
  [into[8], into[9], into[10], into[11]] = [s20, s21, s22, s23];
  [into[12], into[13], into[14], into[15]] = [s30, s31, s32, s33];
}
