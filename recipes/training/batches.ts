import { Philox } from "../../kernels/philox.ts";
import type { Model } from "../model.ts";
import type { LabelledRows } from "../../data/pairs/feature_tables.ts";

const orderStream = 0x0bde0000;

/** The rows of each batch of an epoch, counted from 0; the same whenever it is asked. None where a recipe is fitted. */
export function epochBatches(model: BatchRules, train: LabelledRows, epoch: number): readonly Uint32Array[] {
  return model.recipe.fitted?.(model.settings) ? [] : batchesOf(model, train, orderOf(model, epoch));
}

/** What decides the batches of rows. */
export type BatchRules = Omit<Model, "network">;

/** Random numbers for the order of an epoch's rows. */
export function orderOf({ settings: { training: { seed } } }: BatchRules, epoch: number): Philox {
  return new Philox(seed, orderStream + epoch);
}

/** Batches of rows that are taken in a random order. */
export function batchesOf(
  { recipe, settings }: BatchRules,
  train: LabelledRows,
  random: Philox,
): readonly Uint32Array[] {
  const { batchSize } = settings.training;
  if (train.preferredTo) return pairedBatches(train.preferredTo, batchSize, random);
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

/**
 * Batches of answers that were compared, each with the one that it was preferred to: a random permutation of the pairs, cut
 * into pieces of `batchSize` rows, or of one pair where that is less. Rows that are in no pair are left out.
 */
export function pairedBatches(preferredTo: Int32Array, batchSize: number, random: Philox): Uint32Array[] {
  const chosen = Uint32Array.from(preferredTo.keys()).filter((row) => preferredTo[row]! >= 0);
  const pairs = Math.max(Math.floor(batchSize / 2), 1);
  return shuffledBatches(chosen.length, { batchSize: pairs }, random)
    .map((batch) => Uint32Array.from([...batch].flatMap((pair) => [chosen[pair]!, preferredTo[chosen[pair]!]!])));
}

/**
 * As many batches as `shuffledBatches` gives, each of `batchSize` rows (all, if there are fewer). Bins of scores that have
 * rows take turns in giving one, so that each has the same share of a batch. The rows of a bin come in a random order, and
 * in another once they are used up.
 *
 * @param binStarts lowest score of each bin, ascending from 0
 */
export function balancedBatches(
  score: ArrayLike<number>,
  { batchSize, binStarts }: { readonly batchSize: number; readonly binStarts: readonly number[] },
  random: Philox,
): Uint32Array[] {
  const rowsOf: number[][] = binStarts.map(() => []);
  Array.from(score, (value, row) => rowsOf[binStarts.findLastIndex((start) => value >= start)]!.push(row));
  const bins = rowsOf.filter((rows) => rows.length > 0).map((rows) => endless(rows, random));
  const size = Math.min(batchSize, score.length);
  let turn = 0;
  return Array.from(
    { length: Math.ceil(score.length / batchSize) },
    () => Uint32Array.from({ length: size }, () => bins[turn++ % bins.length]!.next().value),
  );
}

/** Rows in a random order, again and again. */
function* endless(rows: readonly number[], random: Philox): Generator<number, never> {
  while (true) for (const at of random.permutation(rows.length)) yield rows[at]!;
}
