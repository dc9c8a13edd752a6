import { scatterRowsReference } from "../../kernels/embedding/embedding.ref.ts";
import { scatterRows } from "../../kernels/embedding/embedding.ts";
import { topKReference } from "../../kernels/reduction/axis.ref.ts";
import { topK } from "../../kernels/reduction/top_k.ts";
import { copyStrided, type CopyStridedOptions } from "../../kernels/shape/copy_strided.ts";
import { gather, gatherBackward } from "../../kernels/shape/gather.ts";
import {
  copyStridedReference,
  gatherBackwardReference,
  gatherReference,
  transposeReference,
} from "../../kernels/shape/shape.ref.ts";
import { transpose } from "../../kernels/shape/transpose.ts";
import type { Case } from "../case.ts";
import { memoryCase, million, preparedWith } from "./memory_case.ts";

const transposition = memoryCase("transpose 1024x1024", 2 * million, (engine, numbers) => {
  const x = numbers(million), y = numbers(million, "zero");
  return {
    round: () => transpose(engine.stream, { x: x.slice, y: y.slice, rows: 1024, columns: 1024 }),
    outputs: () => [{ found: y.tensor, expected: transposeReference(x.values, 1024, 1024) }],
  };
});

/** A copy of `count` of a million numbers. */
const copying = (name: string, count: number, axes: CopyStridedOptions["axes"]) =>
  memoryCase(name, 2 * count, (engine, numbers) => {
    const source = numbers(million), destination = numbers(count, "zero");
    return {
      round: () => copyStrided(engine.stream, { source: source.slice, destination: destination.slice, axes }),
      outputs: () => [{
        found: destination.tensor,
        expected: copyStridedReference(source.values, destination.values, { axes }),
      }],
    };
  });

const heads = copying("permute 8x128x16x64 to heads", million, [
  { size: 8, from: 131_072, to: 131_072 },
  { size: 16, from: 64, to: 8192 },
  { size: 128, from: 1024, to: 64 },
  { size: 64, from: 1, to: 1 },
]);

const everyThird = copying("slice 1024x1024 step 3", 1024 * 342, [
  { size: 1024, from: 1024, to: 342 },
  { size: 342, from: 3, to: 1 },
]);

const sizes = { outer: 4096, size: 256, inner: 1, picked: 16 };
const positions = Array.from({ length: 4096 * 16 }, (_, i) => (i * 7919) % 256);

const picking: Case = {
  name: "gather 4096x256 by 16 and back",
  bytes: 4 * (5 * 4096 * 16 + million),
  prepare(engine) {
    const index = engine.indices([positions.length], positions);
    const prepared = preparedWith(engine, (_, numbers) => {
      const x = numbers(million), y = numbers(positions.length, "zero"), dx = numbers(million, "zero");
      return {
        round() {
          gather(engine.stream, { ...sizes, x: x.slice, index: index.slice, y: y.slice });
          gatherBackward(engine.stream, { ...sizes, dy: y.slice, index: index.slice, dx: dx.slice });
        },
        outputs() {
          const picked = gatherReference(x.values, positions, sizes);
          return [
            { found: y.tensor, expected: picked },
            { found: dx.tensor, expected: gatherBackwardReference(picked, positions, sizes) },
          ];
        },
      };
    });
    return { ...prepared, dispose: () => [prepared, index].forEach((owned) => owned.dispose()) };
  },
};

/** The gradient of a table for indices that name its rows in no order. */
const scattering = (name: string, rows: number, columns: number, count: number): Case => ({
  name,
  bytes: 4 * (count + rows) * columns,
  prepare(engine) {
    const rowOf = Array.from({ length: count }, (_, i) => (i * 7919) % rows), index = engine.indices([count], rowOf);
    const prepared = preparedWith(engine, (_, numbers) => {
      const dy = numbers(count * columns), table = numbers(rows * columns, "zero");
      const slices = { dy: dy.slice, index: index.slice, tableGradient: table.slice };
      return {
        round: () => scatterRows(engine.stream, { ...slices, count, rows, columns }),
        outputs: () => [{
          found: table.tensor,
          expected: scatterRowsReference(dy.values, rowOf, { rows, columns }),
        }],
      };
    });
    return { ...prepared, dispose: () => [prepared, index].forEach((owned) => owned.dispose()) };
  },
});

const greatest = memoryCase("top 8 of 4096x256", million, (engine, numbers) => {
  const x = numbers(million), position = numbers(4096 * 8, "zero"), view = { outer: 4096, size: 256, inner: 1 };
  return {
    round: () => topK(engine.stream, { x: x.slice, position: position.slice, k: 8, ...view }),
    outputs: () => [{ found: position.tensor, expected: topKReference(x.values, view, 8), as: "u32" }],
  };
});

/** Kernels that move elements. */
export const shapeCases: readonly Case[] = [
  transposition,
  heads,
  everyThird,
  picking,
  scattering("embedding backward 1024x768", 145, 768, 1024),
  scattering("embedding backward of 80000 rows", 80_000, 384, 2048),
  greatest,
];
