import { MetrogradError } from "../../kernels/errors.ts";
import { drawnRows } from "../../data/pairs/drawn_rows.ts";
import { scoreClass } from "../../data/scores.ts";
import { Philox } from "../../kernels/philox.ts";
import { discriminantBasis, tripletDifferenceBasis } from "../classical/bases.ts";
import { KernelPca } from "../classical/kernel_pca.ts";
import { centered, columnMeans, type Matrix, pickedRows, rowOf, rowProducts, zeros } from "../classical/matrix.ts";
import { Pca } from "../classical/pca.ts";
import { fitScml } from "../classical/scml.ts";
import { scoreTriplets } from "../classical/triplets.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { Batch } from "../training/batch.ts";
import type { TrainRows } from "../recipe.ts";
import { weightedMeanScore } from "../../data/pairs/feature_tables.ts";
import type { ScmlSettings } from "./config.ts";
import { LocalNearestRows } from "./local_neighbours.ts";
import { NearestRows, ScoredRows } from "./neighbours.ts";
import type { ScmlNetwork } from "./network.ts";

const pcaStream = 0x5c60, kernelStream = 0x5c61, tripletStream = 0x5c62, basisStream = 0x5c63;

/** Most rows that principal components are fitted to; of more, that many are drawn. */
const mostRows = 10_000;

/**
 * Fits to the train rows, in float64, what is not learnt step by step: principal components, kernel PCA, the directions,
 * and the metric of nearest neighbours. Rows of weight 0 have no say.
 *
 * @throws MetrogradError when the scores give no triplets, or are all of one class where discriminants are wanted
 */
export async function fitNetwork(network: ScmlNetwork, train: TrainRows, settings: ScmlSettings): Promise<void> {
  const { model, training: { seed } } = settings;
  const counted = countedRows(train);
  if (counted.length < 2) {
    throw new MetrogradError(`There are ${counted.length} rows to fit to; at least 2 are needed.`);
  }
  if (network.input) {
    const features = featuresOf(train, drawnRows(counted, mostRows, new Philox(seed, pcaStream)));
    const onDone = (done: number, total: number) => train.phase("finding principal components", done, total);
    network.input.set(await Pca.fitInSteps(features, network.input.shift.size, onDone));
  }
  const x = await computed(train, counted, (batch) => network.place(batch));
  const score = Float32Array.from(counted, (row) => train.rows.score[row]!);
  if (network.kernel) {
    await train.phase("fitting kernel PCA");
    const chosen = drawnRows(
      Uint32Array.from(counted.keys()),
      network.kernel.rows.shape[0]!,
      new Philox(seed, kernelStream),
    );
    const rows = pickedRows(x, chosen);
    const gamma = model.gamma ?? 1 / meanSquaredDistance(rows);
    network.kernel.set(KernelPca.fit(rows, { components: model.projectionSize, gamma }));
  }
  const { head } = network;
  await train.phase("learning directions of the metric");
  const triplets = () => tripletsOf(score, settings);
  if (head instanceof NearestRows) {
    const basis = basisOf(x, score, triplets, settings);
    const { metric } = fitScml({ x, triplets: triplets(), basis }, { beta: model.beta, seed });
    head.setMetric(metric);
    return;
  }
  // Whatever its directions, it takes its steps on triplets.
  if (head instanceof LocalNearestRows) triplets();
  const basis = basisOf(x, score, triplets, settings);
  const columns = new Float32Array(head.basis.size);
  for (let k = 0; k < basis.rows; k++) rowOf(basis, k).forEach((value, j) => columns[j * basis.rows + k] = value);
  train.engine.write(head.basis, columns);
  if (head instanceof LocalNearestRows) {
    // At first rows are as far apart in the mean as the margin of the hinge is wide.
    await head.metric.scale(1 / Math.sqrt(meanSquaredDistance(rowProducts(x, basis))));
    return;
  }
  const { bias } = head.mlp.last;
  bias!.assign(new Float32Array(bias!.size).fill(weightedMeanScore(train.rows)));
}

/** Sets the rows that neighbours are looked for among. */
export async function fitRows(network: ScmlNetwork, train: TrainRows): Promise<void> {
  const { head } = network;
  if (!(head instanceof ScoredRows)) return;
  await train.phase("placing the train rows");
  const counted = countedRows(train);
  const x = await computed(train, counted, (batch) => head.transform(network.place(batch)));
  head.setRows(x, Float32Array.from(counted, (row) => train.rows.score[row]!));
}

/** Numbers of the rows that have a say. */
function countedRows({ rows: { weight } }: TrainRows): Uint32Array {
  return Uint32Array.from(weight.keys()).filter((row) => weight[row]! > 0);
}

/** Something of some rows, as a matrix. */
async function computed(train: TrainRows, chosen: Uint32Array, of: (batch: Batch) => Tensor): Promise<Matrix> {
  const data = await train.compute(of), rows = train.rows.score.length;
  return pickedRows({ data, rows, columns: data.length / rows }, chosen);
}

/** The directions that the settings ask for, as rows. */
function basisOf(
  x: Matrix,
  score: Float32Array,
  triplets: () => Uint32Array,
  { model: { basis, bases }, training: { seed } }: ScmlSettings,
): Matrix<Float64Array> {
  const random = new Philox(seed, basisStream);
  if (basis === "lda") return discriminantBasis(x, Array.from(score, scoreClass), bases, random);
  if (basis !== "identity") return tripletDifferenceBasis(x, triplets(), bases, random);
  const identity = zeros(x.columns, x.columns);
  for (let i = 0; i < x.columns; i++) identity.data[i * (x.columns + 1)] = 1;
  return identity;
}

/** @throws MetrogradError where there are none */
function tripletsOf(
  score: Float32Array,
  { model: { head, triplets: count }, training: { seed } }: ScmlSettings,
): Uint32Array {
  const triplets = scoreTriplets(score, count, new Philox(seed, tripletStream));
  if (triplets.length > 0) return triplets;
  throw new MetrogradError(
    `No train row has one score within 1 and another 3 away, so there are no triplets; ${
      head === "mlp" ? "model.basis identity and lda need none" : `model.head ${head} cannot learn without`
    }.`,
  );
}

/** [metric | text] of some train rows. */
function featuresOf({ tables: { texts, metrics }, rows }: TrainRows, chosen: Uint32Array): Matrix {
  const text = texts.fields * texts.dimension, columns = metrics.dimension + text;
  const data = new Float32Array(chosen.length * columns);
  chosen.forEach((row, i) => {
    const metricAt = rows.metric[row]! * metrics.dimension, textAt = rows.text[row]! * text;
    data.set(metrics.data.subarray(metricAt, metricAt + metrics.dimension), i * columns);
    data.set(texts.data.subarray(textAt, textAt + text), i * columns + metrics.dimension);
  });
  return { data, rows: chosen.length, columns };
}

/** Of all pairs of different rows, which is twice the sum of the columns' variances; 1 where all rows are the same. */
function meanSquaredDistance(x: Matrix): number {
  const { data, rows } = centered(x, columnMeans(x));
  return 2 * data.reduce((sum, one) => sum + one ** 2, 0) / Math.max(rows - 1, 1) || 1;
}
