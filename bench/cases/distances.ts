import { normalize } from "../../kernels/distance/normalize.ts";
import { pairwiseMahalanobis } from "../../kernels/distance/mahalanobis.ts";
import { scmlFeatures, scmlLocal } from "../../kernels/distance/scml.ts";
import { pairwiseDifferences, pairwiseDistance } from "../../kernels/distance/pairwise.ts";
import { contrastive } from "../../kernels/loss/cosine_pair.ts";
import { tripletHinge } from "../../kernels/loss/triplet.ts";
import { matmul } from "../../kernels/matmul/matmul.ts";
import { mineTriplets } from "../../kernels/mining/triplets.ts";
import { minedTripletsReference } from "../../kernels/mining/triplets.ref.ts";
import { scmlFeatureReference, scmlLocalReference } from "../../kernels/distance/distance.ref.ts";
import { contrastiveReference, type RowLoss, tripletReference } from "../../kernels/loss/metric_loss.ref.ts";
import { matmulReference } from "../../kernels/matmul/matmul.ref.ts";
import { sumRowsReference } from "../../kernels/reduction/sum.ref.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Case } from "../case.ts";
import { memoryCase, type Operand, preparedWith, type Work } from "./memory_case.ts";

/** A batch of embeddings, and a larger square. */
const sizes = [[256, 256, 768], [512, 512, 512]] as const;

type Sizes = readonly [n: number, m: number, d: number];

/** Work on matrices x [n, d], y [m, d] and a square [n, m], with three operations (difference, product, sum) a term. */
function pairwiseCase(
  name: string,
  [n, m, d]: Sizes,
  operations: number,
  prepare: (engine: Engine, x: Operand, y: Operand, square: Operand, out: Operand) => Work,
): Case {
  return {
    name: `${name} ${n}x${m}x${d}`,
    flops: operations * n * m * d,
    prepare: (engine) =>
      preparedWith(
        engine,
        (_, numbers) => prepare(engine, numbers(n * d), numbers(m * d), numbers(n * m), numbers(n * d)),
      ),
  };
}

/** The rows of a matrix. */
const rowsOf = (values: ArrayLike<number>, columns: number) =>
  Array.from(
    { length: values.length / columns },
    (_, row) => Float64Array.from({ length: columns }, (_, column) => values[row * columns + column]!),
  );

/** Of all rows of x and of y. */
function pairwise(x: ArrayLike<number>, y: ArrayLike<number>, columns: number, of: Distance): Float64Array {
  const right = rowsOf(y, columns);
  return Float64Array.from(rowsOf(x, columns).flatMap((a, i) => right.map((b, j) => of(a, b, i, j))));
}

type Distance = (a: Float64Array, b: Float64Array, i: number, j: number) => number;

function squared(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k]! - b[k]!) ** 2;
  return sum;
}

const pairs = sizes.flatMap(([n, m, d]) => {
  const size = { xRows: n, yRows: m, columns: d };
  return [
    pairwiseCase("pairwise distance", [n, m, d], 3, (engine, x, y, square) => ({
      round: () =>
        pairwiseDistance(engine.stream, { x: x.slice, y: y.slice, distance: square.slice, root: true, ...size }),
      outputs: () => [{
        found: square.tensor,
        expected: pairwise(x.values, y.values, d, (a, b) => Math.sqrt(squared(a, b))),
      }],
    })),
    pairwiseCase("pairwise distance backward", [n, m, d], 3, (engine, x, y, square, out) => ({
      round: () =>
        pairwiseDifferences(engine.stream, {
          ...{ x: x.slice, y: y.slice, factors: square.slice, sums: out.slice },
          ...size,
        }),
      outputs() {
        // Σ_j c_ij (x_i - y_j) = (Σ_j c_ij) x_i - (C Y)_i.
        const weighted = matmulReference(square.values, y.values, { m: n, n: d, k: m });
        const totals = sumRowsReference(square.values, n, m);
        return [{
          found: out.tensor,
          expected: weighted.map((sum, i) => totals[Math.floor(i / d)]! * x.values[i]! - sum),
        }];
      },
    })),
  ];
});

const cosines = pairwiseCase("pairwise cosine", sizes[0], 2, (engine, x, y, square, out) => {
  const [n, m, d] = sizes[0];
  return {
    round() {
      const a = engine.stream.scratch(4 * n * d), norm = engine.stream.scratch(4 * n);
      normalize(engine.stream, { x: x.slice, y: a, norm, rows: n, columns: d });
      normalize(engine.stream, { x: y.slice, y: out.slice, norm, rows: m, columns: d });
      matmul(engine.stream, { a, b: out.slice, c: square.slice, m: n, n: m, k: d, transposeB: true });
      [a, norm].forEach((slice) => engine.stream.release(slice));
    },
    outputs() {
      const dots = matmulReference(x.values, y.values, { m: n, n: m, k: d, transposeB: true });
      const [left, right] = [x, y].map(({ values }) => rowsOf(values, d).map((row) => Math.hypot(...row)));
      return [{
        found: square.tensor,
        expected: dots.map((dot, i) => dot / (left![Math.floor(i / m)]! * right![i % m]!)),
      }];
    },
  };
});

/** The kernel's part alone, (x - y) . (xM - yM) of projections that are given; these are of no M. */
const mahalanobis = pairwiseCase("pairwise mahalanobis", sizes[0], 5, (engine, x, y, square, out) => {
  const [n, m, d] = sizes[0], projected = { x: out.slice, y: x.slice };
  const options = { x: x.slice, y: y.slice, projected, distance: square.slice, xRows: n, yRows: m, columns: d };
  return {
    round: () => pairwiseDistance(engine.stream, options),
    outputs() {
      const left = rowsOf(out.values, d), right = rowsOf(x.values, d);
      return [{
        found: square.tensor,
        expected: pairwise(x.values, y.values, d, (a, b, i, j) => {
          let sum = 0;
          for (let k = 0; k < d; k++) sum += (a[k]! - b[k]!) * (left[i]![k]! - right[j]![k]!);
          return sum;
        }),
      }];
    },
  };
});

const count = 1024, columns = 768;

/** With a factor of 256 rows: two products of 2 n r d operations, and 3 n m r for the pairs. */
const mahalanobisFactor = pairwiseCase("pairwise mahalanobis factor", sizes[0], 5, (engine, x, y, square, out) => {
  const [n, m, d] = sizes[0];
  const matrix = { l: out.slice, rank: n }, pairs = { xRows: n, yRows: m, columns: d };
  return {
    round: () =>
      pairwiseMahalanobis(engine.stream, { x: x.slice, y: y.slice, matrix, distance: square.slice, ...pairs }),
    outputs() {
      const [left, right] = [x, y].map(({ values }) =>
        matmulReference(values, out.values, { m: values.length / d, n, k: d, transposeB: true })
      );
      return [{ found: square.tensor, expected: pairwise(left!, right!, n, squared) }];
    },
  };
});

/** The mean over rows of a loss of some rows, and its gradients for each of them. */
function rowLosses(operands: readonly Operand[], of: (rows: readonly Float64Array[], row: number) => RowLoss) {
  const tables = operands.map(({ values }) => rowsOf(values, columns)), gradients = operands.map((): number[] => []);
  let loss = 0;
  for (let row = 0; row < count; row++) {
    const one = of(tables.map((table) => table[row]!), row);
    loss += one.value / count;
    one.gradients.forEach((gradient, i) => gradients[i]!.push(...gradient.map((slope) => slope / count)));
  }
  return { loss: [loss], gradients };
}

const triplet = memoryCase(`triplet loss ${count}x${columns}`, 9 * count * columns, (engine, numbers) => {
  const rows = () => numbers(count * columns), out = () => numbers(count * columns, "zero");
  const [anchor, positive, negative] = [rows(), rows(), rows()],
    outs = [out(), out(), out()],
    loss = numbers(1, "zero");
  const operands = { anchor: anchor.slice, positive: positive.slice, negative: negative.slice, loss: loss.slice };
  const gradients = { anchor: outs[0]!.slice, positive: outs[1]!.slice, negative: outs[2]!.slice };
  return {
    round: () => tripletHinge(engine.stream, { ...operands, gradients, count, columns }),
    outputs() {
      const expected = rowLosses([anchor, positive, negative], ([a, p, n]) => tripletReference(a!, p!, n!));
      return [
        { found: loss.tensor, expected: expected.loss },
        ...outs.map(({ tensor }, i) => ({ found: tensor, expected: expected.gradients[i]! })),
      ];
    },
  };
});

const pair = memoryCase(`contrastive loss ${count}x${columns}`, 6 * count * columns, (engine, numbers) => {
  const rows = () => numbers(count * columns), out = () => numbers(count * columns, "zero");
  const x = rows(), y = rows(), target = numbers(count), loss = numbers(1, "zero"), outs = [out(), out()];
  const operands = { x: x.slice, y: y.slice, target: target.slice, loss: loss.slice };
  const gradients = { gradientX: outs[0]!.slice, gradientY: outs[1]!.slice };
  return {
    round: () => contrastive(engine.stream, { ...operands, ...gradients, count, columns }),
    outputs() {
      const expected = rowLosses([x, y], ([a, b], row) => contrastiveReference(a!, b!, target.values[row]! > 0.5));
      return [
        { found: loss.tensor, expected: expected.loss },
        ...outs.map(({ tensor }, i) => ({ found: tensor, expected: expected.gradients[i]! })),
      ];
    },
  };
});

const mining = memoryCase("mining 256 semi-hard triplets", 2 * 256 * 256, (engine, numbers) => {
  const distance = numbers(256 * 256), score = numbers(256), draw = { seed: 1 };
  const positive = numbers(256), negative = numbers(256), found = numbers(256);
  const outputs = { positive: positive.slice, negative: negative.slice, found: found.slice };
  const bounds = { positiveWithin: 0.2, negativeFrom: 0.6 };
  const slices = { distance: distance.slice, score: score.slice, ...outputs };
  return {
    round: () => mineTriplets(engine.stream, "semihard", { ...slices, ...bounds, count: 256, draw }),
    outputs() {
      const mined = minedTripletsReference("semihard", distance.values, score.values, draw, bounds);
      return [
        { found: positive.tensor, expected: mined.map((one) => one.positive), as: "u32" },
        { found: negative.tensor, expected: mined.map((one) => one.negative), as: "u32" },
        { found: found.tensor, expected: mined.map((one) => Number(one.found)) },
      ];
    },
  };
});

const basis = 64, pointPairs = 16_384, coordinates = pointPairs * basis;

const local = memoryCase(`scml local distance ${pointPairs}x${basis}`, 4 * coordinates, (engine, numbers) => {
  const u = numbers(coordinates), s = numbers(coordinates), out = () => numbers(coordinates, "zero");
  const distance = numbers(pointPairs, "zero"), gradientU = out(), gradientS = out();
  const outputs = { distance: distance.slice, gradientU: gradientU.slice, gradientS: gradientS.slice };
  return {
    round: () => scmlLocal(engine.stream, { u: u.slice, s: s.slice, ...outputs, rows: pointPairs, columns: basis }),
    outputs() {
      const right = rowsOf(s.values, basis);
      const expected = rowsOf(u.values, basis).map((row, i) => scmlLocalReference(row, right[i]!));
      return [
        { found: distance.tensor, expected: expected.map(({ value }) => value) },
        { found: gradientU.tensor, expected: expected.flatMap(({ gradientX }) => gradientX) },
        { found: gradientS.tensor, expected: expected.flatMap(({ gradientY }) => gradientY) },
      ];
    },
  };
});

const features = memoryCase(`scml features ${pointPairs}x${basis}`, 5 * coordinates, (engine, numbers) => {
  const t = numbers(coordinates), s = numbers(coordinates), out = () => numbers(coordinates, "zero");
  const phi = out(), gradientT = out(), gradientS = out();
  const outputs = { phi: phi.slice, gradientT: gradientT.slice, gradientS: gradientS.slice };
  return {
    round: () => scmlFeatures(engine.stream, { t: t.slice, s: s.slice, ...outputs, count: coordinates }),
    outputs() {
      const expected = Array.from(t.values, (value, i) => scmlFeatureReference(value, s.values[i]!));
      return [
        { found: phi.tensor, expected: expected.map((one) => one.phi) },
        { found: gradientT.tensor, expected: expected.map((one) => one.gradientT) },
        { found: gradientS.tensor, expected: expected.map((one) => one.gradientS) },
      ];
    },
  };
});

/** Distances and the losses of embeddings. */
export const distanceCases: readonly Case[] = [
  ...[...pairs, cosines, mahalanobis, mahalanobisFactor],
  ...[triplet, pair, mining, local, features],
];
