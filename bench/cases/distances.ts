import { normalize } from "../../kernels/distance/normalize.ts";
import { pairwiseMahalanobis } from "../../kernels/distance/mahalanobis.ts";
import { scmlFeatures, scmlLocal } from "../../kernels/distance/scml.ts";
import { pairwiseDifferences, pairwiseDistance } from "../../kernels/distance/pairwise.ts";
import { contrastive } from "../../kernels/loss/cosine_pair.ts";
import { tripletHinge } from "../../kernels/loss/triplet.ts";
import { matmul } from "../../kernels/matmul/matmul.ts";
import { mineTriplets } from "../../kernels/mining/triplets.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { Case } from "../case.ts";
import { memoryCase } from "./memory_case.ts";
import { uniform } from "./numbers.ts";

/** A batch of embeddings, and a larger square. */
const sizes = [[256, 256, 768], [512, 512, 512]] as const;

/** Work on matrices x [n, d], y [m, d] and a square [n, m], with three operations (difference, product, sum) a term. */
function pairwiseCase(
  name: string,
  [n, m, d]: readonly [number, number, number],
  operations: number,
  launch: (engine: Engine, x: Tensor, y: Tensor, square: Tensor, out: Tensor) => void,
): Case {
  return {
    name: `${name} ${n}x${m}x${d}`,
    flops: operations * n * m * d,
    prepare(engine) {
      const tensors = ([[n, d], [m, d], [n, m], [n, d]] as const).map(([rows, columns], i) =>
        engine.tensor([rows, columns], uniform(rows * columns, i + 1))
      );
      const [x, y, square, out] = tensors;
      return {
        round: () => launch(engine, x!, y!, square!, out!),
        dispose: () => tensors.forEach((tensor) => tensor.dispose()),
      };
    },
  };
}

const pairs = sizes.flatMap(([n, m, d]) => {
  const size = { xRows: n, yRows: m, columns: d };
  return [
    pairwiseCase(
      "pairwise distance",
      [n, m, d],
      3,
      (engine, x, y, square) =>
        pairwiseDistance(engine.stream, { x: x.slice, y: y.slice, distance: square.slice, root: true, ...size }),
    ),
    pairwiseCase(
      "pairwise distance backward",
      [n, m, d],
      3,
      (engine, x, y, square, out) =>
        pairwiseDifferences(engine.stream, {
          x: x.slice,
          y: y.slice,
          factors: square.slice,
          sums: out.slice,
          ...size,
        }),
    ),
  ];
});

const cosines = pairwiseCase("pairwise cosine", sizes[0], 2, (engine, x, y, square, out) => {
  const [n, m, d] = sizes[0];
  const a = engine.stream.scratch(4 * n * d), norm = engine.stream.scratch(4 * n);
  normalize(engine.stream, { x: x.slice, y: a, norm, rows: n, columns: d });
  normalize(engine.stream, { x: y.slice, y: out.slice, norm, rows: m, columns: d });
  matmul(engine.stream, { a, b: out.slice, c: square.slice, m: n, n: m, k: d, transposeB: true });
  [a, norm].forEach((slice) => engine.stream.release(slice));
});

const mahalanobis = pairwiseCase("pairwise mahalanobis", sizes[0], 5, (engine, x, y, square) => {
  const [n, m, d] = sizes[0];
  const projected = { x: engine.stream.scratch(4 * n * d), y: engine.stream.scratch(4 * m * d) };
  pairwiseDistance(engine.stream, {
    x: x.slice,
    y: y.slice,
    projected,
    distance: square.slice,
    xRows: n,
    yRows: m,
    columns: d,
  });
  Object.values(projected).forEach((slice) => engine.stream.release(slice));
});

const count = 1024, columns = 768;

/** With a factor of 256 rows: two products of 2 n r d operations, and 3 n m r for the pairs. */
const mahalanobisFactor = pairwiseCase("pairwise mahalanobis factor", sizes[0], 5, (engine, x, y, square, out) => {
  const [n, m, d] = sizes[0];
  const matrix = { l: out.slice, rank: n }, pairs = { xRows: n, yRows: m, columns: d };
  pairwiseMahalanobis(engine.stream, { x: x.slice, y: y.slice, matrix, distance: square.slice, ...pairs });
});

const triplet = memoryCase(`triplet loss ${count}x${columns}`, 9 * count * columns, (engine, numbers) => {
  const rows = () => numbers(count * columns).slice, out = () => numbers(count * columns, "zero").slice;
  const operands = { anchor: rows(), positive: rows(), negative: rows(), loss: numbers(1, "zero").slice };
  const gradients = { anchor: out(), positive: out(), negative: out() };
  return () => tripletHinge(engine.stream, { ...operands, gradients, count, columns });
});

const pair = memoryCase(`contrastive loss ${count}x${columns}`, 6 * count * columns, (engine, numbers) => {
  const rows = () => numbers(count * columns).slice, out = () => numbers(count * columns, "zero").slice;
  const operands = { x: rows(), y: rows(), target: numbers(count).slice, loss: numbers(1, "zero").slice };
  const gradients = { gradientX: out(), gradientY: out() };
  return () => contrastive(engine.stream, { ...operands, ...gradients, count, columns });
});

const mining = memoryCase("mining 256 semi-hard triplets", 2 * 256 * 256, (engine, numbers) => {
  const distance = numbers(256 * 256).slice, score = engine.tensor([256], uniform(256, 3).map((u) => 5 + 5 * u)).slice;
  const outputs = { positive: numbers(256).slice, negative: numbers(256).slice, found: numbers(256).slice };
  return () => mineTriplets(engine.stream, "semihard", { distance, score, ...outputs, count: 256, draw: { seed: 1 } });
});

const basis = 64, pointPairs = 16_384, coordinates = pointPairs * basis;

const local = memoryCase(`scml local distance ${pointPairs}x${basis}`, 4 * coordinates, (engine, numbers) => {
  const operands = { u: numbers(coordinates).slice, s: numbers(coordinates).slice };
  const out = () => numbers(coordinates, "zero").slice;
  const outputs = { distance: numbers(pointPairs, "zero").slice, gradientU: out(), gradientS: out() };
  return () => scmlLocal(engine.stream, { ...operands, ...outputs, rows: pointPairs, columns: basis });
});

const features = memoryCase(`scml features ${pointPairs}x${basis}`, 5 * coordinates, (engine, numbers) => {
  const operands = { t: numbers(coordinates).slice, s: numbers(coordinates).slice };
  const out = () => numbers(coordinates, "zero").slice;
  const outputs = { phi: out(), gradientT: out(), gradientS: out() };
  return () => scmlFeatures(engine.stream, { ...operands, ...outputs, count: coordinates });
});

/** Distances and the losses of embeddings. */
export const distanceCases: readonly Case[] = [
  ...[...pairs, cosines, mahalanobis, mahalanobisFactor],
  ...[triplet, pair, mining, local, features],
];
