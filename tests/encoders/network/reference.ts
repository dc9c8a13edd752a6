import { unaryReferences } from "../../../kernels/elementwise/unary.ref.ts";
import { epsOf, type Family, layerNames, sizes } from "./tiny_encoder.ts";

type Activation = "gelu" | "gelu_tanh" | "relu";

type Numbers = Float32Array | Float64Array;

/** Tensors by their names in a file. */
export type ReferenceWeights = ReadonlyMap<string, { readonly data: Numbers }>;

/** Hidden states of the last layer for one sequence, [tokens][width], in float64, written for clarity. */
export function hiddenStates(
  family: Family,
  weights: ReferenceWeights,
  ids: readonly number[],
  activation: Activation = "gelu",
): Float64Array[] {
  const { width, heads, layers } = sizes, eps = epsOf(family);
  const firstPosition = family === "bert" || family === "distilbert" ? 0 : 2;
  const distances = weights.get("encoder.relative_attention_bias.weight")?.data;
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
    const [q, k, v] = [names.query, names.key, names.value].map((name) => hidden.map(linear(name)));
    const attended = attend(q!, k!, v!, heads, distances);
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

/** Softmax of scaled scores, with what a table says of the distance of query and key, times the values, head by head. */
function attend(
  q: Float64Array[],
  k: Float64Array[],
  v: Float64Array[],
  heads: number,
  distances?: Numbers,
): Float64Array[] {
  const size = q[0]!.length / heads;
  return q.map((query, i) => {
    const mixed = new Float64Array(query.length);
    for (let head = 0; head < heads; head++) {
      const columns = Array.from({ length: size }, (_, c) => head * size + c);
      const scores = k.map((key, j) => {
        const product = columns.reduce((sum, c) => sum + query[c]! * key[c]!, 0) / Math.sqrt(size);
        return product + (distances ? distances[bucketOf(i, j) * heads + head]! : 0);
      });
      const shares = scores.map((score) => Math.exp(score - Math.max(...scores)));
      const sum = shares.reduce((total, share) => total + share, 0);
      for (const c of columns) mixed[c] = shares.reduce((total, share, j) => total + share / sum * v[j]![c]!, 0);
    }
    return mixed;
  });
}

/** The bucket of a distance, of 32: 0 to 7 and then in powers of the square root of 2, 16 further for keys behind the query. */
function bucketOf(query: number, key: number): number {
  const distance = Math.abs(query - key), far = Math.floor(8 + 2 * Math.log2(distance / 8) + 1e-6);
  return (key > query ? 16 : 0) + (distance < 8 ? distance : Math.min(far, 15));
}
