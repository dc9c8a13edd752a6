import { ShapeError } from "../../kernels/errors.ts";
import { topk } from "../ops/gather.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { cosine, type Distance } from "./distances.ts";
import { labelPairs } from "./label_pairs.ts";
import type { LabelledEmbeddings } from "./losses.ts";
import { mean } from "./reducers.ts";

/** Settings of `recallAt`. */
export interface RecallSettings {
  /** How many neighbours are looked at; 1 by default. */
  readonly k?: number;
  /** By what they are found; the cosine by default. */
  readonly distance?: Distance;
}

/**
 * Recall@k: the share of rows that have a row of their label among the k that are nearest to them, of all rows whose label
 * another row has; one number. No gradient flows back.
 *
 * @throws ShapeError when there is not one label for each row, or there are no more than k rows
 */
export function recallAt(
  { x, label }: LabelledEmbeddings,
  { k = 1, distance = cosine() }: RecallSettings = {},
): Tensor {
  const { engine } = x;
  if (!(Number.isInteger(k) && k >= 1 && k < x.shape[0]!)) {
    throw new ShapeError(
      `recall_at: k is ${k}, but a whole number from 1 to below the ${x.shape[0]} rows is expected.`,
    );
  }
  return engine.scope(() =>
    engine.noGrad(() => {
      const { positive, negative } = labelPairs("recall_at", x, label);
      const between = distance.between(x, x), near = distance.inverted ? between : between.neg();
      const itself = positive.add(negative).sub(1).mul(1e30);
      const { indices } = topk({ x: near.add(itself) }, { k, axis: 1 });
      const found = positive.gather(indices, { axis: 1 }).max({ axis: 1 });
      return mean(found, positive.max({ axis: 1 }));
    })
  );
}
