import { attentionReference } from "../../../kernels/attention/attention.ref.ts";
import { unaryReferences } from "../../../kernels/elementwise/unary.ref.ts";
import { epsOf, type Family, layerNames, sizes } from "./tiny_encoder.ts";

type Activation = "gelu" | "gelu_tanh" | "relu";

/** Tensors by their names in a file. */
export type ReferenceWeights = ReadonlyMap<string, { readonly data: Float32Array | Float64Array }>;

/** Hidden states of the last layer for one sequence, [tokens][width], in float64, written for clarity. */
export function hiddenStates(
  family: Family,
  weights: ReferenceWeights,
  ids: readonly number[],
  activation: Activation = "gelu",
): Float64Array[] {
  const { width, heads, layers } = sizes, eps = epsOf(family);
  const firstPosition = family === "roberta" || family === "xlm-roberta" ? 2 : 0;
  const row = (table: string, index: number) => {
    const values = weights.get(`embeddings.${table}.weight`)?.data;
    return values ? Float64Array.from(values.subarray(index * width, (index + 1) * width)) : new Float64Array(width);
  };
  const norm = (name: string) => (x: Float64Array) => {
    const scale = weights.get(`${name}.weight`)!.data, shift = weights.get(`${name}.bias`)!.data;
    const mean = x.reduce((sum, value) => sum + value, 0) / width;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    return x.map((value, i) => (value - mean) / Math.sqrt(variance + eps) * scale[i]! + shift[i]!);
  };
  const linear = (name: string) => (x: Float64Array) => {
    const weight = weights.get(`${name}.weight`)!.data, bias = weights.get(`${name}.bias`)!.data;
    return Float64Array.from(
      bias,
      (sum, o) => x.reduce((total, value, i) => total + value * weight[o * x.length + i]!, sum),
    );
  };
  const sum = (...parts: Float64Array[]) => parts[0]!.map((_, i) => parts.reduce((total, part) => total + part[i]!, 0));
  let hidden = ids.map((id, i) =>
    norm("embeddings.LayerNorm")(
      sum(row("word_embeddings", id), row("position_embeddings", firstPosition + i), row("token_type_embeddings", 0)),
    )
  );
  for (let layer = 0; layer < layers; layer++) {
    const names = layerNames(family, layer);
    const attended = attend(
      ...([names.query, names.key, names.value].map((name) => hidden.map(linear(name))) as [
        Float64Array[],
        Float64Array[],
        Float64Array[],
      ]),
      heads,
    );
    hidden = hidden.map((x, i) => norm(names.norm1)(sum(x, linear(names.mix)(attended[i]!))));
    hidden = hidden.map((x) => {
      const inner = linear(names.into)(x).map((value) => unaryReferences[activation].value(value, 0, 0));
      return norm(names.norm2)(sum(x, linear(names.out)(inner)));
    });
  }
  return hidden;
}

/** The mean, the first or the greatest of tokens' vectors. */
export function pooled(hidden: readonly Float64Array[], pooling: "mean" | "cls" | "max"): Float64Array {
  const [first] = hidden;
  if (pooling === "cls") return first!;
  if (pooling === "max") return first!.map((_, i) => Math.max(...hidden.map((x) => x[i]!)));
  return first!.map((_, i) => hidden.reduce((sum, x) => sum + x[i]!, 0) / hidden.length);
}

function attend(q: Float64Array[], k: Float64Array[], v: Float64Array[], heads: number): Float64Array[] {
  const tokens = q.length, headSize = q[0]!.length / heads;
  const apart = (x: Float64Array[]) =>
    Array.from(
      { length: heads },
      (_, head) => x.map((one) => [...one.subarray(head * headSize, (head + 1) * headSize)]),
    )
      .flat(2);
  const y = attentionReference({
    ...{ batch: 1, heads, queries: tokens, keys: tokens, headSize, scale: 1 / Math.sqrt(headSize) },
    ...{ q: apart(q), k: apart(k), v: apart(v) },
  });
  return q.map((one, i) => one.map((_, c) => y[(Math.floor(c / headSize) * tokens + i) * headSize + c % headSize]!));
}
