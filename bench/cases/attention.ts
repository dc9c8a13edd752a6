import { backward } from "../../engine/autograd.ts";
import type { Engine } from "../../engine/engine.ts";
import { MultiheadAttention } from "../../engine/nn/multihead_attention.ts";
import { Parameter } from "../../engine/tensors/parameter.ts";
import type { Shape } from "../../engine/tensors/storage.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import { attention, attentionBackward } from "../../kernels/attention/attention.ts";
import type { AttentionOptions } from "../../kernels/attention/interface.ts";
import { attentionBackwardReference, attentionReference } from "../../kernels/attention/attention.ref.ts";
import { Philox } from "../../kernels/philox.ts";
import type { Case } from "../case.ts";
import type { AttentionWork } from "../peers/work.ts";
import { uniform } from "./numbers.ts";

type Four = [Tensor, Tensor, Tensor, Tensor];
type Sizes = Omit<AttentionWork, "kind">;

/** Short stacks of many rows, and sequences as of an encoder. */
const sizes: readonly Sizes[] = [
  { batch: 256, tokens: 4, width: 768, heads: 8 },
  { batch: 8, tokens: 128, width: 384, heads: 12 },
  { batch: 4, tokens: 512, width: 384, heads: 12 },
];

const nameOf = ({ batch, tokens, width, heads }: Sizes) => `${batch}x${tokens}x${width} by ${heads} heads`;

function parameter(engine: Engine, shape: Shape, seed: number): Parameter {
  return new Parameter(engine, shape, uniform(shape.reduce((n, size) => n * size, 1), seed));
}

/** Scores and weighted values, two products forward and four backward. */
const coreFlops = ({ batch, tokens, width }: Sizes) => 6 * 2 * batch * tokens * tokens * width;

/** Attention alone, forward and backward. */
export const attentionCase = (shape: Sizes): Case => ({
  ...coreCase(`attention ${nameOf(shape)}`, coreFlops(shape), shape),
  shared: { kind: "attention", ...shape },
});

/** The same among tokens within a window; operations are counted within it alone. */
const windowed = (shape: Sizes, reach: number): Case =>
  coreCase(
    `attention ${nameOf(shape)}, window of ${2 * reach + 1}`,
    coreFlops(shape) * (2 * reach + 1) / shape.tokens,
    shape,
    { window: { before: reach, after: reach } },
  );

const coreCase = (
  name: string,
  flops: number,
  shape: Sizes,
  changes: Pick<AttentionOptions, "window"> = {},
): Case => ({
  name,
  flops,
  prepare(engine) {
    const { batch, tokens, width, heads } = shape, headSize = width / heads, count = batch * tokens * width;
    const values = [1, 2, 3, 4].map((seed) => uniform(count, seed));
    const [q, k, v, dy] = values.map((one) => engine.tensor([count], one)) as Four;
    const y = engine.empty([count]), gradient = engine.empty([3 * count]);
    const statistics = engine.empty([3 * batch * heads * tokens]);
    const layout = { batch: tokens * width, head: tokens * headSize, token: headSize };
    const options = {
      ...{ batch, heads, queries: tokens, keys: tokens, headSize, scale: 1 / Math.sqrt(headSize) },
      ...{ qLayout: layout, kvLayout: layout, yLayout: layout },
      ...{ q: { slice: q.slice }, k: { slice: k.slice }, v: { slice: v.slice } },
      ...{ y: y.slice, dy: dy.slice, statistics: statistics.slice, gradient: gradient.slice },
      ...{ dq: 0, dk: count, dv: 2 * count, ...changes },
    };
    return {
      round() {
        attention(engine.stream, options);
        attentionBackward(engine.stream, options);
      },
      outputs() {
        const [q, k, v, dy] = values as [Float32Array, Float32Array, Float32Array, Float32Array];
        const one = { batch, heads, queries: tokens, keys: tokens, headSize, scale: options.scale, q, k, v };
        const { dq, dk, dv } = attentionBackwardReference(one, dy);
        return [
          { found: y, expected: attentionReference(one) },
          { found: gradient, expected: [...dq, ...dk, ...dv] },
        ];
      },
      dispose: () => [q, k, v, dy, y, gradient, statistics].forEach((tensor) => tensor.dispose()),
    };
  },
});

/** Self-attention with its projections, forward and backward. */
export const attentionLayerCase = (shape: Sizes): Case => ({
  name: `attention layer ${nameOf(shape)}`,
  flops: coreFlops(shape) + 3 * 2 * shape.batch * shape.tokens * 4 * shape.width ** 2,
  shared: { kind: "attention-layer", ...shape },
  prepare(engine) {
    const { batch, tokens, width, heads } = shape, one = [batch, tokens, width];
    const module = new MultiheadAttention({ engine, random: new Philox(1) }, width, heads);
    const x = parameter(engine, one, 1), dy = engine.tensor(one, uniform(batch * tokens * width, 2));
    return {
      round: () =>
        engine.step(() => {
          for (const each of [x, ...module.parameters()]) each.zeroGrad();
          backward(module.forward(x), dy);
        }),
      dispose: () => [module, x, dy].forEach((owned) => owned.dispose()),
    };
  },
});

/** Attention, alone, as a layer and within a window. */
export const attentionCases: readonly Case[] = [
  ...sizes.flatMap((shape) => [attentionCase(shape), attentionLayerCase(shape)]),
  windowed(sizes.at(-1)!, 64),
];
