import { Embedding } from "../../engine/nn/embedding.ts";
import type { ModuleOptions } from "../../engine/nn/module.ts";
import { permute } from "../../engine/ops/permute.ts";
import type { IndexTensor, Tensor, TensorEngine } from "../../engine/tensors/tensor.ts";

/** From this distance on, keys on one side of a query share a bucket. */
const farthest = 128;

/**
 * Buckets of the distances from queries to keys, [tokens, tokens]: half of them for keys behind the query; of each half the
 * first half for one distance each, the others for ranges that grow with the logarithm.
 *
 * @see Raffel et al., "Exploring the limits of transfer learning with a unified text-to-text transformer" (2020), 2.1
 */
export function relativePositionBuckets(tokens: number, buckets: number): Uint32Array<ArrayBuffer> {
  const side = buckets >> 1, exact = side >> 1, growth = Math.fround(Math.log(farthest / exact));
  const bucketOf = Uint32Array.from({ length: tokens }, (_, distance) => {
    if (distance < exact) return distance;
    // Where ranges begin depends on the rounding of PyTorch's f32.
    const far = Math.fround(Math.fround(Math.log(Math.fround(distance / exact))) / growth) * (side - exact);
    return Math.min(exact + Math.trunc(Math.fround(far)), side - 1);
  });
  return Uint32Array.from({ length: tokens * tokens }, (_, at) => {
    const query = Math.floor(at / tokens), key = at % tokens;
    return bucketOf[Math.abs(query - key)]! + (key > query ? side : 0);
  });
}

/** What is added to the scores of attention for the distance of key and query: a table [buckets, heads]. */
export class RelativePositions extends Embedding {
  /** Makes a table whose values are loaded next. */
  constructor(options: ModuleOptions, buckets: number, heads: number) {
    super(options, buckets, heads, { draw: false });
  }

  /** The buckets of a sequence's distances, [tokens, tokens] (u32). */
  buckets(engine: TensorEngine, tokens: number): IndexTensor {
    const [buckets] = this.weight.shape;
    return engine.indices([tokens, tokens], relativePositionBuckets(tokens, buckets!), "buckets of distances");
  }

  /** What each head adds for the buckets, [heads, tokens, tokens]. */
  bias(buckets: Tensor): Tensor {
    return permute({ x: this.forward(buckets) }, { order: [2, 0, 1] });
  }
}
