import { scatterRows } from "../../kernels/embedding/embedding.ts";
import { topK } from "../../kernels/reduction/top_k.ts";
import { copyStrided } from "../../kernels/shape/copy_strided.ts";
import { gather, gatherBackward } from "../../kernels/shape/gather.ts";
import { transpose } from "../../kernels/shape/transpose.ts";
import type { Case } from "../case.ts";
import { memoryCase, million } from "./memory_case.ts";

const transposition = memoryCase("transpose 1024x1024", 2 * million, (engine, numbers) => {
  const x = numbers(million).slice, y = numbers(million, "zero").slice;
  return () => transpose(engine.stream, { x, y, rows: 1024, columns: 1024 });
});

const heads = memoryCase("permute 8x128x16x64 to heads", 2 * million, (engine, numbers) => {
  const source = numbers(million).slice, destination = numbers(million, "zero").slice;
  const axes = [
    { size: 8, from: 131_072, to: 131_072 },
    { size: 16, from: 64, to: 8192 },
    { size: 128, from: 1024, to: 64 },
    { size: 64, from: 1, to: 1 },
  ];
  return () => copyStrided(engine.stream, { source, destination, axes });
});

const everyThird = memoryCase("slice 1024x1024 step 3", 2 * 1024 * 342, (engine, numbers) => {
  const source = numbers(million).slice, destination = numbers(1024 * 342, "zero").slice;
  const axes = [{ size: 1024, from: 1024, to: 342 }, { size: 342, from: 3, to: 1 }];
  return () => copyStrided(engine.stream, { source, destination, axes });
});

const sizes = { outer: 4096, size: 256, inner: 1, picked: 16 };
const positions = Array.from({ length: 4096 * 16 }, (_, i) => (i * 7919) % 256);

const picking: Case = {
  name: "gather 4096x256 by 16 and back",
  bytes: 4 * (5 * 4096 * 16 + million),
  prepare(engine) {
    const x = engine.full([million], 1), index = engine.indices([positions.length], positions);
    const y = engine.empty([positions.length]), dx = engine.empty([million]);
    return {
      round() {
        gather(engine.stream, { ...sizes, x: x.slice, index: index.slice, y: y.slice });
        gatherBackward(engine.stream, { ...sizes, dy: y.slice, index: index.slice, dx: dx.slice });
      },
      dispose: () => [x, index, y, dx].forEach((tensor) => tensor.dispose()),
    };
  },
};

/** The gradient of a table for indices that name its rows in no order. */
const scattering = (name: string, rows: number, columns: number, count: number): Case => ({
  name,
  bytes: 4 * (count + rows) * columns,
  prepare(engine) {
    const dy = engine.full([count, columns], 1), tableGradient = engine.empty([rows, columns]);
    const index = engine.indices([count], Array.from({ length: count }, (_, i) => (i * 7919) % rows));
    const slices = { dy: dy.slice, index: index.slice, tableGradient: tableGradient.slice };
    return {
      round: () => scatterRows(engine.stream, { ...slices, count, rows, columns }),
      dispose: () => [dy, tableGradient, index].forEach((tensor) => tensor.dispose()),
    };
  },
});

const greatest = memoryCase("top 8 of 4096x256", million, (engine, numbers) => {
  const x = numbers(million).slice, position = numbers(4096 * 8, "zero").slice;
  return () => topK(engine.stream, { x, position, k: 8, outer: 4096, size: 256, inner: 1 });
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
