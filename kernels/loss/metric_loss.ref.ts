import { cosineReference, euclideanReference } from "../distance/distance.ref.ts";

type Numbers = ArrayLike<number>;

/** A loss of one sample, and its gradients for the rows it is made of, in float64. */
export interface RowLoss {
  readonly value: number;
  readonly gradients: readonly (readonly number[])[];
}

/** See `tripletHinge`; gradients for anchor, positive and negative. */
export function tripletReference(
  anchor: Numbers,
  positive: Numbers,
  negative: Numbers,
  { margin = 1, squared = false }: { margin?: number; squared?: boolean } = {},
): RowLoss {
  const near = euclideanReference(anchor, positive, { squared });
  const far = euclideanReference(anchor, negative, { squared });
  const value = near.value - far.value + margin, slope = value > 0 ? 1 : 0;
  return {
    value: slope * value,
    gradients: [
      near.gradientX.map((each, k) => slope * (each - far.gradientX[k]!)),
      near.gradientY.map((each) => slope * each),
      far.gradientY.map((each) => -slope * each),
    ],
  };
}

function ofCosine(x: Numbers, y: Numbers, loss: (cosine: number) => { value: number; slope: number }): RowLoss {
  const cosine = cosineReference(x, y), { value, slope } = loss(cosine.value);
  return { value, gradients: [cosine.gradientX, cosine.gradientY].map((each) => each.map((part) => slope * part)) };
}

/** See `contrastive`; gradients for both rows. */
export function contrastiveReference(x: Numbers, y: Numbers, similar: boolean, margin = 0.5): RowLoss {
  return ofCosine(x, y, (cosine) => {
    const apart = 1 - cosine, missing = Math.max(0, margin - apart);
    return similar ? { value: apart ** 2 / 2, slope: -apart } : { value: missing ** 2 / 2, slope: missing };
  });
}

/** See `cosineEmbedding`; gradients for both rows. */
export function cosineEmbeddingReference(x: Numbers, y: Numbers, similar: boolean, margin = 0): RowLoss {
  return ofCosine(x, y, (cosine) => {
    if (similar) return { value: 1 - cosine, slope: -1 };
    return cosine > margin ? { value: cosine - margin, slope: 1 } : { value: 0, slope: 0 };
  });
}
