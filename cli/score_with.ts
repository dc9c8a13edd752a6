import { MetricTable } from "../data/metric_table.ts";
import type { MetricRecord } from "../data/records.ts";
import { Engine } from "../engine/engine.ts";
import { holdsEnsemble } from "../models/ensemble/config.ts";
import { EnsembleScorer } from "../models/ensemble/scorer.ts";
import type { Predictions } from "../models/predict_rows.ts";
import { type Features, Scorer } from "../models/scorer.ts";
import type { ShiftName } from "../models/shift.ts";
import type { MetricFiles } from "./options.ts";

/** Options of the commands that score records with a run. */
export interface ScoreCall {
  readonly run: string;
  readonly data: string;
  readonly embeddings: string | null;
  readonly metrics: MetricFiles | null;
  /** How records whose metric does not fit are allowed for, where the run has a gate. */
  readonly shift: ShiftName;
}

/** Scores records with a run or an ensemble, whose members have no features in common, on an engine that is closed again. */
export async function scoreWith(
  { run, data, embeddings, metrics, shift }: ScoreCall,
  records: readonly MetricRecord[],
  onNote: (sentence: string) => void,
): Promise<{ predictions: Predictions; features: Features | null; trainMean: number }> {
  const added = metrics && await MetricTable.read(metrics.names, metrics.embeddings, { onNote });
  await using engine = await Engine.open({ onNote });
  if (await holdsEnsemble(run)) {
    const ensemble = await EnsembleScorer.load(engine, run);
    const predictions = await ensemble.predict(records, { source: data, embeddings, metrics: added, onNote });
    return { predictions, features: null, trainMean: ensemble.fitted.trainMean };
  }
  const scorer = await Scorer.load(engine, run);
  const features = await scorer.features(records, { source: data, embeddings, metrics: added, onNote });
  const predictions = await scorer.predict(features, shift);
  scorer.dispose();
  return { predictions, features, trainMean: scorer.inputs.trainMean };
}
