import { Philox } from "../kernels/philox.ts";
import type { Model } from "./model.ts";
import type { LabelledRows } from "./training_data.ts";

const orderStream = 0x0bde0000;

/** The rows of each batch of an epoch, counted from 0; the same whenever it is asked. None where a recipe is fitted. */
export function epochBatches({ recipe, settings }: Model, train: LabelledRows, epoch: number): readonly Uint32Array[] {
  if (recipe.fitted?.(settings)) return [];
  const { batchSize, seed } = settings.training;
  const random = new Philox(seed, orderStream + epoch);
  return recipe.batches?.(train, random, settings) ?? shuffledBatches(train.score.length, { batchSize }, random);
}

/**
 * The rows of each batch of an epoch: a random permutation, cut into pieces of `batchSize`. The last piece may be smaller;
 * where it has fewer than `least` rows, it joins the one before it.
 */
export function shuffledBatches(
  rows: number,
  { batchSize, least = 1 }: { readonly batchSize: number; readonly least?: number },
  random: Philox,
): Uint32Array[] {
  const order = random.permutation(rows);
  const batches = Math.max(Math.ceil((rows - least + 1) / batchSize), 1);
  return Array.from(
    { length: batches },
    (_, batch) => order.subarray(batch * batchSize, batch + 1 === batches ? rows : (batch + 1) * batchSize),
  );
}
