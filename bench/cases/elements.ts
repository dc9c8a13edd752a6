import { binary } from "../../kernels/elementwise/binary.ts";
import { toHalf } from "../../kernels/elementwise/half.ts";
import { unary } from "../../kernels/elementwise/unary.ts";
import { maxAxis } from "../../kernels/reduction/max_axis.ts";
import { logSumExp, softmaxBackward } from "../../kernels/reduction/softmax.ts";
import { sumAll } from "../../kernels/reduction/sum_all.ts";
import { sumRows } from "../../kernels/reduction/sum_rows.ts";
import type { Case } from "../case.ts";
import { memoryCase, million, sharedCase } from "./memory_case.ts";

const rows = 1024, columns = 1024;
const sizes = { outer: rows, size: columns, inner: 1 };

const softmaxGradient = memoryCase("softmax backward 1024x1024", 3 * million, ({ stream }, numbers) => {
  const y = numbers(million).slice, dy = numbers(million).slice, dx = numbers(million, "zero").slice;
  return () => softmaxBackward(stream, "softmax", { y, dy, dx, ...sizes });
});

const logSumExpCase = sharedCase("logsumexp", million, ({ stream }, numbers) => {
  const x = numbers(million).slice, y = numbers(rows, "zero").slice;
  return () => logSumExp(stream, { x, y, ...sizes });
});

const maxCase = sharedCase("max", million, ({ stream }, numbers) => {
  const x = numbers(million).slice, y = numbers(rows, "zero").slice, position = numbers(rows, "zero").slice;
  return () => maxAxis(stream, { x, y, position, ...sizes });
});

const rowSums = sharedCase("row sums", million, ({ stream }, numbers) => {
  const x = numbers(million).slice, y = numbers(rows, "zero").slice;
  return () => sumRows(stream, { x, y, rows, columns });
});

const total = sharedCase("sum", million, ({ stream }, numbers) => {
  const x = numbers(million).slice, y = numbers(1, "zero").slice;
  return () => sumAll(stream, { x, y, count: million });
});

const geluCase = sharedCase("gelu", 2 * million, ({ stream }, numbers) => {
  const x = numbers(million).slice, y = numbers(million, "zero").slice;
  return () => unary(stream, "gelu", { x, y, count: million });
});

const product = sharedCase("multiply", 3 * million, ({ stream }, numbers) => {
  const a = numbers(million).slice, b = numbers(million).slice, y = numbers(million, "zero").slice;
  return () => binary(stream, "multiply", { a, b, y, count: million });
});

const halves = memoryCase("f32 to f16 1M", 1.5 * million, ({ stream }, numbers) => {
  const x = numbers(million).slice, y = numbers(million / 2, "zero").slice;
  return () => toHalf(stream, { x, y, count: million });
});

/** Functions of elements and reductions, at a million elements. */
export const elementCases: readonly Case[] = [
  ...[softmaxGradient, logSumExpCase, maxCase, rowSums, total, geluCase, product, halves],
];
