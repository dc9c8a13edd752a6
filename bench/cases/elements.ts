import { binary } from "../../kernels/elementwise/binary.ts";
import { toHalf } from "../../kernels/elementwise/half.ts";
import { unary } from "../../kernels/elementwise/unary.ts";
import { unaryReferences } from "../../kernels/elementwise/unary.ref.ts";
import {
  argmaxReference,
  logSumExpReference,
  maxReference,
  softmaxBackwardReference,
} from "../../kernels/reduction/axis.ref.ts";
import { maxAxis } from "../../kernels/reduction/max_axis.ts";
import { logSumExp, softmax, softmaxBackward } from "../../kernels/reduction/softmax.ts";
import { sumAll } from "../../kernels/reduction/sum_all.ts";
import { sumRowsReference } from "../../kernels/reduction/sum.ref.ts";
import { sumRows } from "../../kernels/reduction/sum_rows.ts";
import type { Case } from "../case.ts";
import { memoryCase, million, sharedCase } from "./memory_case.ts";

const rows = 1024, columns = 1024;
const sizes = { outer: rows, size: columns, inner: 1 };

const softmaxGradient = memoryCase("softmax backward 1024x1024", 3 * million, ({ stream }, numbers) => {
  const x = numbers(million), dy = numbers(million), y = numbers(million, "zero"), dx = numbers(million, "zero");
  softmax(stream, "softmax", { x: x.slice, y: y.slice, ...sizes });
  return {
    round: () => softmaxBackward(stream, "softmax", { y: y.slice, dy: dy.slice, dx: dx.slice, ...sizes }),
    outputs: () => [{ found: dx.tensor, expected: softmaxBackwardReference(x.values, dy.values, sizes) }],
  };
});

const logSumExpCase = sharedCase("logsumexp", million, ({ stream }, numbers) => {
  const x = numbers(million), y = numbers(rows, "zero");
  return {
    round: () => logSumExp(stream, { x: x.slice, y: y.slice, ...sizes }),
    outputs: () => [{ found: y.tensor, expected: logSumExpReference(x.values, sizes) }],
  };
});

const maxCase = sharedCase("max", million, ({ stream }, numbers) => {
  const x = numbers(million), y = numbers(rows, "zero"), position = numbers(rows, "zero");
  return {
    round: () => maxAxis(stream, { x: x.slice, y: y.slice, position: position.slice, ...sizes }),
    outputs: () => [
      { found: y.tensor, expected: maxReference(x.values, sizes) },
      { found: position.tensor, expected: argmaxReference(x.values, sizes), as: "u32" },
    ],
  };
});

const rowSums = sharedCase("row sums", million, ({ stream }, numbers) => {
  const x = numbers(million), y = numbers(rows, "zero");
  return {
    round: () => sumRows(stream, { x: x.slice, y: y.slice, rows, columns }),
    outputs: () => [{ found: y.tensor, expected: sumRowsReference(x.values, rows, columns) }],
  };
});

const total = sharedCase("sum", million, ({ stream }, numbers) => {
  const x = numbers(million), y = numbers(1, "zero");
  return {
    round: () => sumAll(stream, { x: x.slice, y: y.slice, count: million }),
    outputs: () => [{ found: y.tensor, expected: sumRowsReference(x.values, 1, million) }],
  };
});

const geluCase = sharedCase("gelu", 2 * million, ({ stream }, numbers) => {
  const x = numbers(million), y = numbers(million, "zero");
  return {
    round: () => unary(stream, "gelu", { x: x.slice, y: y.slice, count: million }),
    outputs: () => [{
      found: y.tensor,
      expected: Float64Array.from(x.values, (value) => unaryReferences.gelu.value(value, 0, 0)),
    }],
  };
});

const product = sharedCase("multiply", 3 * million, ({ stream }, numbers) => {
  const a = numbers(million), b = numbers(million), y = numbers(million, "zero");
  return {
    round: () => binary(stream, "multiply", { a: a.slice, b: b.slice, y: y.slice, count: million }),
    outputs: () => [{ found: y.tensor, expected: Float64Array.from(a.values, (value, i) => value * b.values[i]!) }],
  };
});

const halves = memoryCase("f32 to f16 1M", 1.5 * million, ({ stream }, numbers) => {
  const x = numbers(million), y = numbers(million / 2, "zero");
  return {
    round: () => toHalf(stream, { x: x.slice, y: y.slice, count: million }),
    outputs: () => [{ found: y.tensor, expected: Float16Array.from(x.values), as: "f16" }],
  };
});

/** Functions of elements and reductions, at a million elements. */
export const elementCases: readonly Case[] = [
  ...[softmaxGradient, logSumExpCase, maxCase, rowSums, total, geluCase, product, halves],
];
