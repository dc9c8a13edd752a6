import type { Engine } from "../../engine/engine.ts";
import { type DirectionWeights, meanDirectionWeights } from "../../recipes/direction_weights.ts";
import type { Model } from "../../recipes/model.ts";
import { BatchSource } from "../../recipes/training/batch.ts";
import { computeRows } from "../../recipes/training/predict_rows.ts";
import type { PreparedRun } from "../prepare/prepared_run.ts";

/** What the metrics of a run's train records are composed of; null where its recipe learns no such metrics. */
export async function measureDirections(
  engine: Engine,
  { recipe, network, settings }: Model,
  { data: { tables }, metrics, rows: { plain } }: PreparedRun,
): Promise<DirectionWeights | null> {
  if (!recipe.directionWeights) return null;
  const source = new BatchSource(engine, tables);
  try {
    const [weights] = await computeRows(engine, network, source, plain, (batch) => {
      const weights = recipe.directionWeights!(network, batch, settings);
      return weights ? [weights] : [];
    });
    return weights ? meanDirectionWeights(weights, plain.metric, metrics.names) : null;
  } finally {
    source.dispose();
  }
}
