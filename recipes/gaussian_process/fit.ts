import { Philox } from "../../kernels/philox.ts";
import { cholesky, triangularInverse } from "../classical/cholesky.ts";
import { conjugateGradient } from "../classical/gaussian_process/conjugate_gradient.ts";
import { maximizeLikelihood } from "../classical/gaussian_process/marginal_likelihood.ts";
import type { TrainRows } from "../recipe.ts";
import type { GaussianProcess } from "./network.ts";
import { distancesBetween, fitProjections, setRows, type UsedRows, usedRows } from "./rows.ts";

const searchStream = 0x6a56;

/** Finds projections and, on some rows a step, the scales of the covariance. @returns the rows by kind, as `setRows` has them */
export async function searchScales(
  network: GaussianProcess,
  train: TrainRows,
  { searchRows, seed }: { readonly searchRows: number; readonly seed: number },
): Promise<{ readonly used: UsedRows; readonly projected: Float32Array[] }> {
  const { engine, phase } = train, used = usedRows(network, train, seed);
  await fitProjections(network, train, used);
  const projected = await setRows(network, train, used);
  const count = Math.min(searchRows, used.rows.length), random = new Philox(seed, searchStream);
  let queue: number[] = [];
  /** Different rows in random order: each comes as often as any other. */
  const draw = () => {
    if (queue.length < count) queue = [...random.permutation(used.rows.length)];
    return Uint32Array.from(queue.splice(0, count));
  };
  const meanDistances = await distancesBetween(network, engine, draw());
  const units = Float32Array.from(meanDistances, (one) => one.reduce((sum, value) => sum + value, 0) / one.length || 1);
  const scales = await maximizeLikelihood(
    network.covariance,
    async () => {
      const rows = draw(), distances = await distancesBetween(network, engine, rows);
      return {
        distances: distances.map((one, kind) => one.map((value) => value / units[kind]!)),
        target: Float64Array.from(rows, (row) => used.score[row]! - used.mean),
        weight: Float64Array.from(rows, (row) => used.weight[row]!),
      };
    },
    (step, steps) => phase("searching the scales of the covariance", step, steps),
  );
  network.setScales(engine, scales, units);
  return { used, projected };
}

/** Variances of the rows' noise. */
export async function noiseOf(network: GaussianProcess, { engine }: TrainRows, used: UsedRows): Promise<Float64Array> {
  const [scales] = await engine.read([network.scales]);
  const { noise } = network.covariance.values(scales!);
  return used.weight.map((weight) => noise / weight);
}

/** Solves for what each train row adds to predictions, and what the variance is computed from. */
export async function solveProcess(
  network: GaussianProcess,
  train: TrainRows,
  used: UsedRows,
  covariances: Float32Array,
): Promise<void> {
  const { engine, phase } = train, size = used.rows.length;
  const noise = await noiseOf(network, train, used);
  const alpha = await conjugateGradient(covariances, noise, used.score.map((score) => score - used.mean), {
    onStep: (step) => phase(`solving for ${size} train rows`, step),
  });
  const padded = new Float32Array(network.alpha.size);
  padded.set(alpha);
  engine.write(network.alpha, padded);
  network.mean.engine.write(network.mean, Float32Array.of(used.mean));
  await phase("factoring the covariance of the first rows");
  const width = network.root.shape[0]!, count = Math.min(width, size);
  const factor = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    factor.set(covariances.subarray(i * size, i * size + count), i * count);
    factor[i * count + i]! += noise[i]!;
  }
  cholesky(factor, count);
  const inverse = triangularInverse(factor, count), root = new Float32Array(width * width);
  for (let i = 0; i < count; i++) root.set(inverse.subarray(i * count, i * count + i + 1), i * width);
  engine.write(network.root, root);
}
