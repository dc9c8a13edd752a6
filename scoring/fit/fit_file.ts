import type { SafetensorsFile } from "../../engine/files/read_safetensors.ts";
import type { SafetensorsTensor } from "../../engine/files/safetensors_format.ts";
import { DataError } from "../../kernels/errors.ts";
import { ClassMeans } from "./class_means.ts";
import { Experts } from "./experts.ts";
import { FitModel, type FitState } from "./fit_model.ts";
import { MetricRidge } from "./metric_ridge.ts";
import { type Regime, regimeNames } from "./regimes.ts";
import { TopicModel } from "./topics.ts";

/** The metadata's part of a regime: all but the ratios, which are a tensor. */
type KeptRegime = Omit<Regime, "heldOut">;

/** Everything that a fit model learnt, as a safetensors file holds it. */
export function fitToFile({ experts, metrics, state }: FitModel): {
  tensors: Map<string, SafetensorsTensor>;
  metadata: Record<string, string>;
} {
  const tensors = new Map<string, SafetensorsTensor>();
  const put = (name: string, data: Float32Array<ArrayBuffer>, ...shape: number[]) =>
    tensors.set(name, { dtype: "F32", shape, data });
  const count = metrics.shares.length;
  put("metric_shares", metrics.shares, count);
  put("metric_center", metrics.center, metrics.center.length);
  for (const name of regimeNames) {
    const { heldOut } = state.regimes[name];
    put(`held_out_${name}`, Float32Array.from(heldOut), heldOut.length);
  }
  const { words, means, ridge } = experts;
  if (words) {
    const { topicOf, shares, logRatios, likeness, words: vocabulary } = words.state();
    put("topic_of_metric", topicOf, topicOf.length);
    put("topic_shares", shares, shares.length);
    put("log_ratios", logRatios, vocabulary.length, shares.length);
    put("likeness", likeness, shares.length, shares.length);
  }
  if (means) {
    put("class_weights", means.weights, count, means.weights.length / count);
    put("class_offsets", means.offsets, count);
  }
  if (ridge) {
    put("ridge_weights", ridge.weights, count, ridge.center.length);
    put("text_center", ridge.center, ridge.center.length);
    put("metric_directions", ridge.directions, count, ridge.directions.length / count);
  }
  const kept = Object.fromEntries(regimeNames.map((name) => {
    const { heldOut: _, ...regime } = state.regimes[name];
    return [name, regime];
  }));
  return {
    tensors,
    metadata: {
      state: JSON.stringify({ ...state, regimes: kept }),
      ...(words ? { words: JSON.stringify(words.state().words) } : {}),
    },
  };
}

/** The fit model of a file. @throws DataError when a part is missing */
export function fitFromFile({ tensors, metadata }: SafetensorsFile, source: string): FitModel {
  const part = (name: string) => {
    const data = tensors.get(name)?.data;
    if (!(data instanceof Float32Array)) throw new DataError(`${source}: "${name}" of float32 numbers is expected.`);
    return data as Float32Array<ArrayBuffer>;
  };
  if (!metadata.state) throw new DataError(`${source} lacks "state".`);
  const { regimes, ...state } = JSON.parse(metadata.state) as FitState & { regimes: Record<string, KeptRegime> };
  const shares = part("metric_shares");
  const words = tensors.has("topic_of_metric")
    ? TopicModel.fromState({
      words: JSON.parse(metadata.words ?? "[]"),
      topicOf: part("topic_of_metric"),
      shares: part("topic_shares"),
      logRatios: part("log_ratios"),
      likeness: part("likeness"),
    })
    : null;
  const means = tensors.has("class_weights")
    ? new ClassMeans(part("class_weights"), part("class_offsets"), shares)
    : null;
  const ridge = tensors.has("ridge_weights")
    ? new MetricRidge(part("ridge_weights"), part("text_center"), part("metric_directions"), shares)
    : null;
  const withRatios = (name: (typeof regimeNames)[number]): Regime => ({
    ...regimes[name],
    heldOut: Float64Array.from(part(`held_out_${name}`)),
  });
  return new FitModel(
    new Experts(words, means, ridge),
    { shares, center: part("metric_center") },
    { ...state, regimes: { seen: withRatios("seen"), unseen: withRatios("unseen") } },
  );
}
