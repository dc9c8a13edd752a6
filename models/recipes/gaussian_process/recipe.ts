import { drawnRows } from "../../../data/drawn_rows.ts";
import { embedding } from "../../../engine/ops/embedding.ts";
import { indexSelect } from "../../../engine/ops/gather.ts";
import type { Tensor } from "../../../engine/tensor.ts";
import { MetrogradError } from "../../../kernels/errors.ts";
import { Philox } from "../../../kernels/philox.ts";
import { conjugateGradient } from "../../gaussian_process/conjugate_gradient.ts";
import { maximizeLikelihood } from "../../gaussian_process/marginal_likelihood.ts";
import type { Recipe, TrainRows } from "../../recipe.ts";
import { weightedMeanScore } from "../../training_data.ts";
import { type GaussianProcessSettings, gaussianProcessTable } from "./config.ts";
import { GaussianProcess, statisticsScale } from "./network.ts";

const rowsStream = 0x6a55, searchStream = 0x6a56;

/** Rows whose distances to all others are computed at once. */
const chunk = 512;

/** A Gaussian process on texts, metric and text statistics: fitted, not trained. */
export const gaussianProcess: Recipe<GaussianProcessSettings, GaussianProcess> = {
  name: "gaussian-process",
  summary: "Gaussian process on texts, metric and lengths, fitted in closed form; for up to some thousand rows",
  table: gaussianProcessTable,

  build: ({ model: { rows } }, { metric, text, fields, statistics, fittedRows }, options) =>
    new GaussianProcess(options, { rows: Math.min(rows, fittedRows), metric, text, fields, statistics }),

  /** Searches the scales on some rows. */
  async start(network, train, { model, training: { seed } }) {
    const used = usedRows(network, train, seed);
    setStatisticsScale(network, train, used);
    setRows(network, train, used);
    const searched = drawnRows(Uint32Array.from(used.keys()), model.searchRows, new Philox(seed, searchStream));
    const raw = await distancesOf(train, network, searched, searched);
    const units = Float32Array.from(raw, (one) => one.reduce((sum, value) => sum + value, 0) / one.length || 1);
    train.engine.write(network.units, units);
    const { score, weight } = train.rows, mean = weightedMeanScore(train.rows);
    const scales = maximizeLikelihood(network.covariance, {
      distances: raw.map((one, kind) => one.map((value) => value / units[kind]!)),
      target: Float64Array.from(searched, (row) => score[used[row]!]! - mean),
      weight: Float64Array.from(searched, (row) => weight[used[row]!]!),
    });
    train.engine.write(network.scales, Float32Array.from(scales));
  },

  /** Solves for the weights of all rows. */
  async refit(network, train, { training: { seed } }) {
    const { engine, rows: { score, weight } } = train;
    const used = usedRows(network, train, seed);
    setRows(network, train, used);
    const mean = weightedMeanScore(train.rows);
    network.mean.assign(Float32Array.of(mean));
    const [scales] = await engine.read([network.scales]);
    const all = Uint32Array.from(used.keys());
    const covariances = new Float32Array(used.length ** 2);
    for (let from = 0; from < used.length; from += chunk) {
      const part = all.subarray(from, from + chunk);
      const into = covariances.subarray(from * used.length, (from + part.length) * used.length);
      network.covariance.fill(await distancesOf(train, network, part, all), scales!, into);
    }
    const { noise } = network.covariance.values(scales!);
    const alpha = conjugateGradient(
      covariances,
      Float64Array.from(used, (row) => noise / weight[row]!),
      Float64Array.from(used, (row) => score[row]! - mean),
    );
    const padded = new Float32Array(network.alpha.size);
    padded.set(alpha);
    engine.write(network.alpha, padded);
  },

  fitted: () => true,

  loss: () => {
    throw new MetrogradError("A Gaussian process is fitted in closed form; it has no loss to train by.");
  },

  predict: (network, batch) => ({ score: network.forward(batch) }),
};

/** The rows that predictions lean on: those that count, or as many as there is room for. */
function usedRows({ alpha }: GaussianProcess, { rows: { weight } }: TrainRows, seed: number): Uint32Array {
  const counted = Uint32Array.from(weight.keys()).filter((row) => weight[row]! > 0);
  if (counted.length === 0) throw new MetrogradError("There are no rows to train on.");
  return drawnRows(counted, alpha.shape[0]!, new Philox(seed, rowsStream));
}

/** Hands the network what it has to know of the rows that predictions lean on. */
function setRows(network: GaussianProcess, { engine, tables, rows }: TrainRows, used: Uint32Array): void {
  const { texts, metrics, statistics } = tables;
  const write = (into: Tensor, of: (row: number) => Float32Array) => {
    const data = new Float32Array(into.size);
    const width = into.shape[1]!;
    used.forEach((row, at) => data.set(of(row), at * width));
    engine.write(into, data);
  };
  const { fields, dimension } = texts;
  network.text.forEach((into, field) =>
    write(into, (row) => {
      const from = (rows.text[row]! * fields + field) * dimension;
      return texts.data.subarray(from, from + dimension);
    })
  );
  write(network.metric, (row) => {
    const from = rows.metric[row]! * metrics.dimension;
    return metrics.data.subarray(from, from + metrics.dimension);
  });

  const width = statistics.dimension;
  const raw = new Float32Array(network.statistics.size);
  used.forEach((row, at) => raw.set(statisticsOf(tables, rows.text[row]!), at * width));
  const standardized = engine.noGrad(() =>
    engine.scope(() => network.standardized(engine.tensor(network.statistics.shape, raw)))
  );
  engine.copyInto(network.statistics, standardized);
  standardized.dispose();
}

/** Text statistics of a record. */
function statisticsOf({ statistics: { data, dimension } }: TrainRows["tables"], text: number): Float32Array {
  return data.subarray(text * dimension, (text + 1) * dimension);
}

/** Sets what text statistics are measured from and by: their means and deviations over some rows. */
function setStatisticsScale(network: GaussianProcess, { engine, tables, rows }: TrainRows, used: Uint32Array): void {
  const width = tables.statistics.dimension;
  const of = (row: number) => statisticsOf(tables, rows.text[row]!);
  const center = new Float64Array(width), square = new Float64Array(width);
  for (const row of used) of(row).forEach((value, k) => center[k]! += value / used.length);
  for (const row of used) of(row).forEach((value, k) => square[k]! += (value - center[k]!) ** 2 / used.length);
  // A statistic that never varies stays at 0.
  const spread = Float32Array.from(square, (value) => (Math.sqrt(value) || 1) / statisticsScale(width));
  engine.write(network.center, Float32Array.from(center));
  engine.write(network.spread, spread);
}

/** Squared distances by kind between some of the network's rows and others of them, [rows, others] each. */
async function distancesOf(
  { engine }: TrainRows,
  network: GaussianProcess,
  rows: Uint32Array,
  others: Uint32Array,
): Promise<Float32Array[]> {
  const parts: Float32Array[][] = [];
  const width = others.length, first = others.every((row, i) => row === i);
  for (let from = 0; from < rows.length; from += chunk) {
    const tensors = engine.noGrad(() =>
      engine.scope(() => {
        const part = rows.subarray(from, from + chunk);
        const numbers = engine.indices([part.length], part);
        const pick = (weight: Tensor) => embedding({ weight, index: numbers });
        const distances = network.distances({
          text: network.text.map(pick),
          metric: pick(network.metric),
          statistics: pick(network.statistics),
        });
        if (first && width === network.alpha.shape[0]) return distances;
        const index = engine.indices([width], others);
        return distances.map((x) => indexSelect({ x, index }, { axis: 1 }));
      })
    );
    parts.push(await engine.read(tensors));
    for (const tensor of tensors) tensor.dispose();
  }
  return parts[0]!.map((_, kind) => {
    const whole = new Float32Array(rows.length * width);
    parts.forEach((part, i) => whole.set(part[kind]!, i * chunk * width));
    return whole;
  });
}
