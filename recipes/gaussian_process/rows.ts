import type { Engine } from "../../engine/engine.ts";
import { indexSelect } from "../../engine/ops/gather.ts";
import { slice } from "../../engine/ops/slice.ts";
import { MetrogradError } from "../../kernels/errors.ts";
import { Philox } from "../../kernels/philox.ts";
import type { Matrix } from "../classical/matrix.ts";
import type { TrainRows } from "../recipe.ts";
import { type Embeddings, weightedMeanScore } from "../../data/pairs/feature_tables.ts";
import type { GaussianProcess } from "./network.ts";

const rowsStream = 0x6a55;

/** Rows that are projected, or measured against all others, at once. */
const chunk = 512;

/** The rows that predictions lean on, in an order that a seed decides: the first ones are a sample of all. */
export interface UsedRows {
  /** Their numbers among the train rows. */
  readonly rows: Uint32Array;
  readonly score: Float64Array;
  readonly weight: Float64Array;
  /** Mean score of all train rows, by weight. */
  readonly mean: number;
}

/** The rows that count, or as many as there is room for. @throws MetrogradError when there are none */
export function usedRows(
  { alpha }: GaussianProcess,
  { rows }: Pick<TrainRows, "rows">,
  seed: number,
  most: number = Infinity,
): UsedRows {
  const { score, weight } = rows;
  const counted = Uint32Array.from(weight.keys()).filter((row) => weight[row]! > 0);
  if (counted.length === 0) throw new MetrogradError("There are no rows to train on.");
  const order = new Philox(seed, rowsStream).permutation(counted.length);
  const used = Uint32Array.from(order.subarray(0, Math.min(alpha.shape[0]!, most)), (i) => counted[i]!);
  return {
    rows: used,
    score: Float64Array.from(used, (row) => score[row]!),
    weight: Float64Array.from(used, (row) => weight[row]!),
    mean: weightedMeanScore(rows),
  };
}

/** Sets what rows are projected by: the principal components of their embeddings, and the scale of their statistics. */
export async function fitProjections(
  network: GaussianProcess,
  { engine, tables, rows, phase }: TrainRows,
  used: UsedRows,
): Promise<void> {
  const onDone = (done: number, total: number) => phase("finding principal components", done, total);
  const { texts, metrics, statistics } = tables;
  const distinct = (of: Uint32Array) => [...new Set(Array.from(used.rows, (row) => of[row]!))];
  const numbers = distinct(rows.text), width = texts.fields * texts.dimension;
  for (const [field, projection] of network.textProjection.entries()) {
    const from = (text: number) => text * width + field * texts.dimension;
    await projection.fit(engine, gather(texts.data, numbers.map(from), texts.dimension), onDone);
  }
  const { dimension } = metrics;
  await network.metricProjection.fit(
    engine,
    gather(metrics.data, distinct(rows.metric).map((metric) => metric * dimension), dimension),
    onDone,
  );
  const { center, deviation } = moments(
    statistics,
    network.center.size,
    Array.from(used.rows, (row) => rows.text[row]!),
  );
  engine.write(network.center, center);
  engine.write(network.deviation, deviation);
}

/** Means and standard deviations of some rows' first numbers; 1 where a number never varies, which leaves it at 0. */
function moments({ data, dimension }: Embeddings, columns: number, rows: number[]) {
  const center = new Float64Array(columns), square = new Float64Array(columns);
  const each = (visit: (value: number, k: number) => void) =>
    rows.forEach((row) => data.subarray(row * dimension, row * dimension + columns).forEach(visit));
  each((value, k) => center[k]! += value / rows.length);
  each((value, k) => square[k]! += (value - center[k]!) ** 2 / rows.length);
  return { center: Float32Array.from(center), deviation: Float32Array.from(square, (one) => Math.sqrt(one) || 1) };
}

function gather(data: Float32Array, starts: readonly number[], columns: number): Matrix<Float32Array> {
  const gathered = new Float32Array(starts.length * columns);
  starts.forEach((from, i) => gathered.set(data.subarray(from, from + columns), i * columns));
  return { data: gathered, rows: starts.length, columns };
}

/** Projects rows and puts them where distances are measured to. @returns them by kind, each [rows, numbers] */
export async function setRows(
  network: GaussianProcess,
  { engine, tables, rows, phase }: TrainRows,
  used: UsedRows,
): Promise<Float32Array[]> {
  const { texts, metrics, statistics } = tables;
  const whole = network.trainRows.map(({ size }) => new Float32Array(size));
  for (let from = 0; from < used.rows.length; from += chunk) {
    await phase("projecting train rows", from, used.rows.length);
    const part = Array.from(used.rows.subarray(from, from + chunk));
    const of = (data: Float32Array, numbers: Uint32Array, width: number) =>
      engine.tensor([part.length, width], gather(data, part.map((row) => numbers[row]! * width), width).data);
    const projected = engine.noGrad(() =>
      engine.scope(() =>
        network.project({
          text: of(texts.data, rows.text, texts.fields * texts.dimension),
          metric: of(metrics.data, rows.metric, metrics.dimension),
          statistics: of(statistics.data, rows.text, statistics.dimension),
        })
      )
    );
    const read = await engine.read(projected);
    for (const tensor of projected) tensor.dispose();
    read.forEach((values, kind) => whole[kind]!.set(values, from * network.trainRows[kind]!.shape[1]!));
  }
  whole.forEach((values, kind) => engine.write(network.trainRows[kind]!, values));
  return whole;
}

/** Squared distances by kind between some of the used rows, each [count, count]. */
export async function distancesBetween(
  network: GaussianProcess,
  engine: Engine,
  rows: Uint32Array,
): Promise<Float32Array[]> {
  const tensors = engine.noGrad(() =>
    engine.scope(() => {
      const index = engine.indices([rows.length], rows);
      const picked = network.trainRows.map((x) => indexSelect({ x, index }, { axis: 0 }));
      return network.distances(picked, picked);
    })
  );
  const distances = await engine.read(tensors);
  for (const tensor of tensors) tensor.dispose();
  return distances;
}

/** Covariances between so many of the first rows, without noise, [count, count]. */
export async function trainCovariances(
  network: GaussianProcess,
  { engine, phase }: Pick<TrainRows, "engine" | "phase">,
  count: number,
): Promise<Float32Array> {
  const scales = await scalesOf(network, engine);
  const all = new Float32Array(count * count);
  // Covariances with the rows before are those of the rows before.
  for (let from = 0; from < count; from += chunk) {
    await phase("measuring distances between train rows", from * (2 * count - from), count * count);
    const rows = Math.min(chunk, count - from), others = count - from;
    const covariances = new Float32Array(rows * others);
    const distances = await distanceParts(network, engine, { from, count: rows }, { from, count: others });
    network.covariance.fill(distances, scales, covariances);
    for (let i = 0; i < rows; i++) {
      const row = covariances.subarray(i * others, (i + 1) * others);
      all.set(row, (from + i) * count + from);
      for (let j = rows; j < others; j++) all[(from + j) * count + from + i] = row[j]!;
    }
  }
  return all;
}

/** Seconds that `trainCovariances` would take, by a part of it. */
export async function secondsOfCovariances(
  network: GaussianProcess,
  { engine }: Pick<TrainRows, "engine">,
  count: number,
): Promise<number> {
  const scales = await scalesOf(network, engine), rows = Math.min(chunk, count), began = performance.now();
  const distances = await distanceParts(network, engine, { from: 0, count: rows }, { from: 0, count });
  network.covariance.fill(distances, scales, new Float32Array(rows * count));
  // Later parts are measured to fewer and fewer rows.
  return (performance.now() - began) / 1000 * count / rows / 2;
}

/** Parameters of the covariance for squared distances as they are, instead of in their units. */
async function scalesOf({ scales, units, covariance }: GaussianProcess, engine: Engine): Promise<Float64Array> {
  const [parameters, unit] = await engine.read([scales, units]);
  return covariance.inUnits(Float64Array.from(parameters!), unit!);
}

/** Train rows side by side. */
interface RowRange {
  readonly from: number;
  readonly count: number;
}

/** Squared distances by kind of some train rows to others, each [rows, others]. */
async function distanceParts(
  network: GaussianProcess,
  engine: Engine,
  rows: RowRange,
  others: RowRange,
): Promise<Float32Array[]> {
  const tensors = engine.noGrad(() =>
    engine.scope(() => {
      const part = ({ from, count }: RowRange) =>
        network.trainRows.map((x) => slice({ x }, { axis: 0, start: from, end: from + count }));
      return network.distances(part(rows), part(others));
    })
  );
  const distances = await engine.read(tensors);
  for (const tensor of tensors) tensor.dispose();
  return distances;
}
