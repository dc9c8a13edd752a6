import type { Shape } from "../../engine/tensors/storage.ts";
import type { Node, Tape } from "./tape.ts";

/** A tensor of nodes, row-major. */
export interface Reference {
  readonly shape: Shape;
  readonly nodes: readonly Node[];
}

/** Elements of a shape. */
export function count(shape: Shape): number {
  return shape.reduce((all, size) => all * size, 1);
}

/** All positions of a shape in row-major order. */
export function positions(shape: Shape): number[][] {
  return shape.reduce<number[][]>(
    (all, size) => all.flatMap((one) => Array.from({ length: size }, (_, i) => [...one, i])),
    [[]],
  );
}

/** The node at a position; axes of 1 and missing leading ones repeat. */
export function at({ shape, nodes }: Reference, position: readonly number[]): Node {
  const missing = position.length - shape.length;
  return nodes[shape.reduce((index, size, axis) => index * size + (size === 1 ? 0 : position[axis + missing]!), 0)]!;
}

/** A tensor whose node at each position is given. */
export function build(shape: Shape, node: (position: number[]) => Node): Reference {
  return { shape, nodes: positions(shape).map(node) };
}

/** One node for each element. */
export function elementwise(x: Reference, f: (node: Node, index: number) => Node): Reference {
  return { shape: x.shape, nodes: x.nodes.map(f) };
}

/** Rows of the last axis. */
export function rowsOf({ shape, nodes }: Reference): Node[][] {
  const columns = shape.at(-1)!;
  return Array.from({ length: count(shape.slice(0, -1)) }, (_, row) => nodes.slice(row * columns, (row + 1) * columns));
}

/** A tensor whose rows of the last axis are those of x in another form. */
export function byRows(x: Reference, f: (row: Node[], index: number) => Node[]): Reference {
  return { shape: x.shape, nodes: rowsOf(x).flatMap(f) };
}

/** One number for each row. */
export function perRow(x: Reference, f: (row: Node[], index: number) => Node): Reference {
  return { shape: x.shape.slice(0, -1), nodes: rowsOf(x).map(f) };
}

/** The lines along an axis, each with the positions of its elements before and behind; null takes all as one. */
export function lines(x: Reference, axis: number | null): { outside: number[]; line: Node[] }[] {
  if (axis === null) return [{ outside: [], line: [...x.nodes] }];
  return positions(x.shape.toSpliced(axis, 1)).map((outside) => ({
    outside,
    line: Array.from({ length: x.shape[axis]! }, (_, k) => at(x, outside.toSpliced(axis, 0, k))),
  }));
}

/** Reduces an axis: one node a line. */
export function reduce(x: Reference, axis: number | null, keepdim: boolean, f: (line: Node[]) => Node): Reference {
  const reduces = (i: number) => axis === null || axis === i;
  const shape = keepdim ? x.shape.map((size, i) => reduces(i) ? 1 : size) : x.shape.filter((_, i) => !reduces(i));
  return { shape, nodes: lines(x, axis).map(({ line }) => f(line)) };
}

/** Changes the lines along an axis. */
export function along(x: Reference, axis: number, f: (line: Node[]) => Node[]): Reference {
  const changed = new Map(lines(x, axis).map(({ outside, line }) => [outside.join(), f(line)]));
  return build(x.shape, (position) => changed.get(position.toSpliced(axis, 1).join())![position[axis]!]!);
}

/** a op b of shapes that repeat to each other. */
export function broadcast(a: Reference, b: Reference, f: (a: Node, b: Node) => Node): Reference {
  const rank = Math.max(a.shape.length, b.shape.length);
  const shape = Array.from({ length: rank }, (_, axis) => {
    const [left, right] = [a, b].map((x) => x.shape[axis - rank + x.shape.length] ?? 1) as [number, number];
    return left === 1 ? right : left;
  });
  return build(shape, (position) => f(at(a, position), at(b, position)));
}

/** C = A B of the last two axes, either stored transposed; b may lack the leading axes. */
export function product(
  tape: Tape,
  a: Reference,
  b: Reference,
  { transposeA = false, transposeB = false }: { transposeA?: boolean; transposeB?: boolean } = {},
): Reference {
  const leading = a.shape.slice(0, -2), [a0, a1] = a.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [a1, a0] : [a0, a1], n = b.shape.at(transposeB ? -2 : -1)!;
  const terms = Array.from({ length: k }, (_, i) => i);
  return build([...leading, m, n], (position) => {
    const outside = position.slice(0, -2), [row, column] = position.slice(-2) as [number, number];
    const own = b.shape.length === 2 ? [] : outside;
    return tape.dot(
      terms.map((i) => at(a, [...outside, ...(transposeA ? [i, row] : [row, i])])),
      terms.map((i) => at(b, [...own, ...(transposeB ? [column, i] : [i, column])])),
    );
  });
}

/** Losses of samples, weighted by constants, and what becomes of them. */
export function reduceLosses(
  tape: Tape,
  losses: Reference,
  reduction: "none" | "mean" | "sum",
  weights: readonly number[] | null,
): Reference {
  const weighted = weights ? elementwise(losses, (node, i) => tape.affine(node, weights[i]!)) : losses;
  if (reduction === "none") return weighted;
  return { shape: [], nodes: [tape.sum(weighted.nodes, reduction === "mean" ? 1 / weighted.nodes.length : 1)] };
}

/** x / max(|x|, 1e-8) of a row, times a factor. */
export function normalized(tape: Tape, row: readonly Node[], scale = 1): Node[] {
  const length = tape.atLeast(tape.sqrt(tape.dot(row, row)), 1e-8);
  return row.map((x) => tape.affine(tape.divide(x, length), scale));
}

/** (x - mean) / √(variance + eps) of some nodes. */
export function standardised(tape: Tape, xs: readonly Node[], eps: number): Node[] {
  const mean = tape.sum(xs, 1 / xs.length), differences = xs.map((x) => tape.subtract(x, mean));
  const variance = tape.affine(tape.dot(differences, differences), 1 / xs.length, eps);
  return differences.map((difference) => tape.divide(difference, tape.sqrt(variance)));
}
