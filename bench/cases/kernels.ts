import { dropoutMaskReference, dropoutReference } from "../../kernels/dropout/dropout.ref.ts";
import { dropout } from "../../kernels/dropout/dropout.ts";
import { gatedReference } from "../../kernels/gated/gated.ref.ts";
import { gated } from "../../kernels/gated/gated.ts";
import { gatherRowsReference } from "../../kernels/embedding/embedding.ref.ts";
import { addScaled } from "../../kernels/elementwise/add_scaled.ts";
import { gatherRows } from "../../kernels/embedding/embedding.ts";
import { heteroscedastic } from "../../kernels/loss/heteroscedastic.ts";
import { heteroscedasticReference, lossReference, squaredReference } from "../../kernels/loss/loss.ref.ts";
import { meanSquaredError } from "../../kernels/loss/pointwise.ts";
import {
  batchNormBackwardReference,
  batchNormReference,
  batchStatisticsReference,
} from "../../kernels/normalization/batch_norm.ref.ts";
import { batchNorm, batchStatistics } from "../../kernels/normalization/batch_norm.ts";
import {
  batchNormBackwardInput,
  batchNormBackwardParameters,
} from "../../kernels/normalization/batch_norm_backward.ts";
import { layerNormBackwardReference, layerNormReference } from "../../kernels/normalization/layer_norm.ref.ts";
import { layerNorm } from "../../kernels/normalization/layer_norm.ts";
import {
  layerNormBackwardInput,
  layerNormBackwardParameters,
} from "../../kernels/normalization/layer_norm_backward.ts";
import { rmsNormBackwardReference, rmsNormReference } from "../../kernels/normalization/rms_norm.ref.ts";
import { rmsNorm, rmsNormBackwardInput, rmsNormBackwardWeight } from "../../kernels/normalization/rms_norm.ts";
import { rotaryReference } from "../../kernels/rotary/rotary.ref.ts";
import { rotary } from "../../kernels/rotary/rotary.ts";
import { softmaxReference } from "../../kernels/reduction/axis.ref.ts";
import { softmax } from "../../kernels/reduction/softmax.ts";
import { sumColumns } from "../../kernels/reduction/sum_columns.ts";
import { sumColumnsReference } from "../../kernels/reduction/sum.ref.ts";
import type { Case } from "../case.ts";
import { memoryCase, million, type Operand, preparedWith } from "./memory_case.ts";

const rows = 1024, columns = 1024;

/** Slices of operands by the same names. */
function slicesOf<Name extends string>(operands: Readonly<Record<Name, Operand>>) {
  return Object.fromEntries(
    Object.entries<Operand>(operands).map(([name, { slice }]) => [name, slice]),
  ) as Record<Name, Operand["slice"]>;
}

/** Copies 64 MiB. */
const copyCase = memoryCase("copy 16M", 2 * 16 * million, (engine, numbers) => {
  const count = 16 * million, x = numbers(count), y = numbers(count, "zero");
  return {
    round: () => addScaled(engine.stream, { x: x.slice, y: y.slice, count, yFactor: 0 }),
    outputs: () => [{ found: y.tensor, expected: x.values }],
  };
});

const softmaxForward: Case = {
  ...memoryCase("softmax 1024x1024", 2 * million, (engine, numbers) => {
    const x = numbers(million), y = numbers(million, "zero"), view = { outer: rows, size: columns, inner: 1 };
    return {
      round: () => softmax(engine.stream, "softmax", { x: x.slice, y: y.slice, ...view }),
      outputs: () => [{ found: y.tensor, expected: softmaxReference(x.values, view) }],
    };
  }),
  shared: { kind: "softmax", rows, columns },
};

const layerNormForward: Case = {
  ...memoryCase("layer norm 1024x1024", 2 * million, (engine, numbers) => {
    const y = numbers(million, "zero"), statistics = numbers(2 * rows, "zero");
    const x = numbers(million), weight = numbers(columns), bias = numbers(columns);
    const slices = slicesOf({ x, weight, bias, y, statistics });
    return {
      round: () => layerNorm(engine.stream, { ...slices, rows, columns }),
      outputs() {
        const expected = layerNormReference(x.values, { columns, weight: weight.values, bias: bias.values });
        return [
          { found: y.tensor, expected: expected.y },
          { found: statistics.tensor, expected: expected.statistics },
        ];
      },
    };
  }),
  shared: { kind: "layer-norm", rows, columns },
};

const layerNormBackward = memoryCase("layer norm backward 1024x1024", 5 * million, (engine, numbers) => {
  const x = numbers(million), dy = numbers(million), weight = numbers(columns), statistics = numbers(2 * rows, "zero");
  const dx = numbers(million, "zero"), dweight = numbers(columns, "zero"), dbias = numbers(columns, "zero");
  const slices = slicesOf({ x, statistics, weight, dy, dx, dweight, dbias }), sizes = { rows, columns };
  layerNorm(engine.stream, { x: x.slice, y: dx.slice, statistics: statistics.slice, ...sizes });
  return {
    round() {
      layerNormBackwardInput(engine.stream, { ...slices, ...sizes });
      layerNormBackwardParameters(engine.stream, { ...slices, ...sizes });
    },
    outputs() {
      const expected = layerNormBackwardReference(x.values, dy.values, { columns, weight: weight.values });
      return [
        { found: dx.tensor, expected: expected.dx },
        { found: dweight.tensor, expected: expected.dweight },
        { found: dbias.tensor, expected: expected.dbias },
      ];
    },
  };
});

const rmsNormForward = memoryCase("rms norm 1024x1024", 2 * million, ({ stream }, numbers) => {
  const x = numbers(million), weight = numbers(columns), y = numbers(million, "zero");
  const slices = slicesOf({ x, weight, y, statistics: numbers(2 * rows, "zero") });
  return {
    round: () => rmsNorm(stream, { ...slices, rows, columns }),
    outputs: () => [{
      found: y.tensor,
      expected: rmsNormReference(x.values, { columns, weight: weight.values }),
    }],
  };
});

const rmsNormBackward = memoryCase("rms norm backward 1024x1024", 5 * million, ({ stream }, numbers) => {
  const x = numbers(million), dy = numbers(million), weight = numbers(columns), statistics = numbers(2 * rows, "zero");
  const dx = numbers(million, "zero"), dweight = numbers(columns, "zero");
  const slices = slicesOf({ x, statistics, weight, dy, dx, dweight }), sizes = { rows, columns };
  rmsNorm(stream, { x: x.slice, weight: weight.slice, y: dx.slice, statistics: statistics.slice, ...sizes });
  return {
    round() {
      rmsNormBackwardInput(stream, { ...slices, ...sizes });
      rmsNormBackwardWeight(stream, { ...slices, ...sizes });
    },
    outputs() {
      const options = { columns, weight: weight.values };
      const expected = rmsNormBackwardReference(x.values, dy.values, options);
      return [{ found: dx.tensor, expected: expected.dx }, { found: dweight.tensor, expected: expected.dweight }];
    },
  };
});

const rotaryCase = memoryCase("rotary 4096x1024", 8 * million, ({ stream }, numbers) => {
  const x = numbers(4 * million), y = numbers(4 * million, "zero"), table = numbers(512 * 64);
  const sizes = { columns: 1024, tokens: 512, heads: 12, headSize: 64, half: 32 };
  return {
    round: () => rotary(stream, { ...slicesOf({ x, table, y }), rows: 4096, ...sizes }),
    outputs: () => [{ found: y.tensor, expected: rotaryReference(x.values, { ...sizes, table: table.values }) }],
  };
});

const gatedCase = memoryCase("gated gelu 1024x1024", 3 * million, ({ stream }, numbers) => {
  const x = numbers(2 * million), y = numbers(million, "zero");
  return {
    round: () => gated(stream, "gelu", { ...slicesOf({ x, y }), rows, columns }),
    outputs: () => [{ found: y.tensor, expected: gatedReference("gelu", x.values, columns) }],
  };
});

const channels = { batch: 1024, channels: 1024, inner: 1 };

const batchNormForward = memoryCase("batch norm 1024x1024", 3 * million, (engine, numbers) => {
  const x = numbers(million), y = numbers(million, "zero");
  const [weight, bias, runningMean, runningVariance, mean, variance] = Array.from(
    { length: 6 },
    () => numbers(1024),
  ) as [Operand, Operand, Operand, Operand, Operand, Operand];
  const slices = slicesOf({ x, y, weight, bias, runningMean, runningVariance, mean, variance });
  return {
    round() {
      batchStatistics(engine.stream, { ...channels, ...slices });
      batchNorm(engine.stream, { ...channels, ...slices });
    },
    outputs() {
      const expected = batchStatisticsReference(x.values, channels);
      return [
        { found: mean.tensor, expected: expected.mean },
        { found: variance.tensor, expected: expected.variance },
        {
          found: y.tensor,
          expected: batchNormReference(x.values, { ...channels, weight: weight.values, bias: bias.values }),
        },
      ];
    },
  };
});

const batchNormBackward = memoryCase("batch norm backward 1024x1024", 5 * million, (engine, numbers) => {
  const x = numbers(million), dy = numbers(million), dx = numbers(million, "zero");
  const [mean, variance, dweight, dbias] = Array.from(
    { length: 4 },
    () => numbers(1024, "zero"),
  ) as [Operand, Operand, Operand, Operand];
  const slices = slicesOf({ x, mean, variance, dy, dx }), sums = slicesOf({ dweight, dbias });
  const running = { runningMean: dweight.slice, runningVariance: dbias.slice };
  batchStatistics(engine.stream, { ...channels, ...slices, ...running });
  return {
    round() {
      batchNormBackwardParameters(engine.stream, { ...channels, ...slices, ...sums });
      batchNormBackwardInput(engine.stream, { ...channels, ...slices, sums });
    },
    outputs() {
      const expected = batchNormBackwardReference(x.values, dy.values, channels);
      return [
        { found: dx.tensor, expected: expected.dx },
        { found: dweight.tensor, expected: expected.dweight },
        { found: dbias.tensor, expected: expected.dbias },
      ];
    },
  };
});

const dropoutForward = memoryCase("dropout 1M", 2 * million, (engine, numbers) => {
  const x = numbers(million), y = numbers(million, "zero"), probability = 0.4, draw = { seed: 1 };
  return {
    round: () => dropout(engine.stream, { x: x.slice, y: y.slice, count: million, probability, draw }),
    outputs() {
      const mask = dropoutMaskReference(million, { probability, draw });
      return [{ found: y.tensor, expected: dropoutReference(x.values, mask, probability) }];
    },
  };
});

const columnSums = memoryCase("column sums 1024x1024", million, (engine, numbers) => {
  const x = numbers(million), y = numbers(1024, "zero");
  return {
    round: () => sumColumns(engine.stream, { x: x.slice, y: y.slice, rows: 1024, columns: 1024 }),
    outputs: () => [{ found: y.tensor, expected: sumColumnsReference(x.values, 1024, 1024) }],
  };
});

const gather: Case = {
  name: "embedding 4096x768",
  bytes: 2 * 4 * 4096 * 768,
  prepare(engine) {
    const rows = 145, columns = 768, count = 4096, rowOf = Array.from({ length: count }, (_, i) => i % rows);
    const index = engine.indices([count], rowOf);
    const prepared = preparedWith(engine, (_, numbers) => {
      const table = numbers(rows * columns), y = numbers(count * columns, "zero");
      const operands = { table: table.slice, index: index.slice, y: y.slice };
      return {
        round: () => gatherRows(engine.stream, { ...operands, count, rows, columns }),
        outputs: () => [{
          found: y.tensor,
          expected: gatherRowsReference(table.values, rowOf, { rows, columns }),
        }],
      };
    });
    return { ...prepared, dispose: () => [prepared, index].forEach((owned) => owned.dispose()) };
  },
};

const mse = memoryCase("mse loss 1M", 3 * million, (engine, numbers) => {
  const prediction = numbers(million), target = numbers(million);
  const gradient = numbers(million, "zero"), loss = numbers(1, "zero");
  const slices = slicesOf({ prediction, target, gradient, loss });
  return {
    round: () => meanSquaredError(engine.stream, { ...slices, count: million }),
    outputs() {
      const expected = lossReference(squaredReference, prediction.values, target.values);
      return [{ found: loss.tensor, expected: expected.loss }, { found: gradient.tensor, expected: expected.gradient }];
    },
  };
});

const heteroscedasticLoss = memoryCase("heteroscedastic loss 1M", 5 * million, (engine, numbers) => {
  const prediction = numbers(2 * million), target = numbers(million);
  const gradient = numbers(2 * million, "zero"), loss = numbers(1, "zero");
  const slices = slicesOf({ prediction, target, gradient, loss });
  return {
    round: () => heteroscedastic(engine.stream, { ...slices, count: million }),
    outputs() {
      const expected = lossReference(heteroscedasticReference, prediction.values, target.values);
      return [{ found: loss.tensor, expected: expected.loss }, { found: gradient.tensor, expected: expected.gradient }];
    },
  };
});

/** Kernels that are bound by memory; the copy shows what this adapter can do at best. */
export const kernelCases: readonly Case[] = [
  copyCase,
  softmaxForward,
  layerNormForward,
  layerNormBackward,
  ...[rmsNormForward, rmsNormBackward, rotaryCase, gatedCase],
  batchNormForward,
  batchNormBackward,
  dropoutForward,
  columnSums,
  gather,
  mse,
  heteroscedasticLoss,
];
