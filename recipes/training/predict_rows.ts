import type { Engine } from "../../engine/engine.ts";
import type { Module } from "../../engine/nn/module.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { Batch, BatchSource } from "./batch.ts";
import type { Model } from "../model.ts";
import type { OnDone } from "../../data/observer.ts";
import type { Rows } from "../../data/pairs/feature_tables.ts";

/** Rows that run through the network at once. */
const rowsPerBatch = 512;

/** Batches whose results are read together. */
const batchesAtOnce = 16;

/** How rows run through a network. */
export interface RowsOptions {
  /**
   * Fills the last batch up, so that all are of one size: what is said of a row then has the same bits among whatever others
   * it stands.
   */
  readonly padded?: boolean;
  /** Awaited whenever some rows are handed to the GPU. */
  readonly onDone?: OnDone | undefined;
}

/** Scores of rows and how sure the network is of them. */
export interface Predictions {
  /** Expected scores, clamped to 0..10. */
  readonly score: Float32Array;
  /** Standard deviations of the scores; null where the recipe gives none. */
  readonly standardDeviation: Float32Array | null;
  /** Probabilities of the scores 0..10, [rows, 11]; null where the recipe gives none. */
  readonly probabilities: Float32Array | null;
}

/**
 * Computes something of every row with a network in evaluation, without gradients: for each result its elements, those of
 * row after row.
 */
export async function computeRows(
  engine: Engine,
  network: Module,
  source: BatchSource,
  rows: Rows,
  of: (batch: Batch) => readonly Tensor[],
  { padded = false, onDone }: RowsOptions = {},
): Promise<Float32Array<ArrayBuffer>[]> {
  const { training } = network;
  network.eval();
  const count = rows.text.length;
  const results: Float32Array<ArrayBuffer>[] = [];
  let batches: (readonly Tensor[])[] = [], each = 0;
  const readBatches = async () => {
    const all = batches.flat();
    each = batches[0]?.length ?? each;
    results.push(...await engine.read(all));
    batches = [];
    for (const tensor of all) tensor.dispose();
  };
  try {
    for (let from = 0; from < count; from += rowsPerBatch) {
      if (batches.length === batchesAtOnce) await readBatches();
      await onDone?.(from, count);
      const length = padded ? rowsPerBatch : Math.min(rowsPerBatch, count - from);
      const picked = Uint32Array.from({ length }, (_, i) => Math.min(from + i, count - 1));
      batches.push(engine.scope(() => engine.noGrad(() => of(source.batch(rows, picked)))));
      engine.stream.submit();
    }
    await readBatches();
    const whole = Array.from(
      { length: each },
      (_, result) => concatenate(results.filter((_, i) => i % each === result)),
    );
    const rowsRun = Math.ceil(count / rowsPerBatch) * rowsPerBatch;
    return padded ? whole.map((values) => values.slice(0, values.length / rowsRun * count)) : whole;
  } finally {
    for (const tensor of batches.flat()) tensor.dispose();
    network.train(training);
  }
}

/** Scores rows with a network whose tables are on the GPU. */
export async function predictRows(
  engine: Engine,
  { recipe, network, settings }: Model,
  source: BatchSource,
  rows: Rows,
  options: RowsOptions = {},
): Promise<Predictions> {
  let has = { variance: false, probabilities: false };
  const results = await computeRows(engine, network, source, rows, (batch) => {
    const { score, variance, probabilities } = recipe.predict(network, batch, settings);
    has = { variance: variance !== undefined, probabilities: probabilities !== undefined };
    return [score, variance, probabilities].filter((tensor) => tensor !== undefined);
  }, options);
  const score = results.shift() ?? new Float32Array();
  const variance = has.variance ? results.shift()! : null;
  const probabilities = has.probabilities ? results.shift()! : null;
  return {
    score: score.map((value) => Math.min(Math.max(value, 0), 10)),
    standardDeviation: variance?.map(Math.sqrt) ?? (probabilities && standardDeviationOf(probabilities)),
    probabilities,
  };
}

/** Standard deviation of each row of probabilities of the scores 0..10. */
export function standardDeviationOf(probabilities: Float32Array): Float32Array {
  return Float32Array.from({ length: probabilities.length / 11 }, (_, row) => {
    const shares = probabilities.subarray(row * 11, (row + 1) * 11);
    const mean = shares.reduce((sum, share, score) => sum + share * score, 0);
    return Math.sqrt(shares.reduce((sum, share, score) => sum + share * (score - mean) ** 2, 0));
  });
}

function concatenate(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
