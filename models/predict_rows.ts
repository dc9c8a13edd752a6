import type { Engine } from "../engine/engine.ts";
import { embedding } from "../engine/ops/embedding.ts";
import type { Tensor } from "../engine/tensor.ts";
import type { BilinearNetwork } from "./bilinear.ts";
import type { Rows } from "./training_data.ts";

/** Rows that run through the network at once. */
const rowsPerBatch = 512;

/** Scores of rows and how sure the network is of them. */
export interface Predictions {
  /** Expected scores, clamped to 0..10. */
  readonly score: Float32Array;
  /** Standard deviation of the score, from the log-variance. */
  readonly spread: Float32Array;
}

/** Scores rows with a network whose tables are on the GPU. */
export async function predictRows(
  engine: Engine,
  network: BilinearNetwork,
  metrics: Tensor,
  texts: Tensor,
  rows: Rows,
): Promise<Predictions> {
  const { training } = network;
  network.eval();
  const score = new Float32Array(rows.text.length), spread = new Float32Array(rows.text.length);
  const batches: Tensor[] = [];
  try {
    for (let from = 0; from < rows.text.length; from += rowsPerBatch) {
      const index = (values: Uint32Array) => {
        const picked = values.subarray(from, from + rowsPerBatch);
        return engine.indices([picked.length], picked);
      };
      batches.push(engine.scope(() =>
        engine.noGrad(() =>
          network.forward(
            embedding({ weight: metrics, index: index(rows.metric) }),
            embedding({ weight: texts, index: index(rows.text) }),
          )
        )
      ));
      engine.stream.submit();
    }
    (await engine.read(batches)).forEach((values, batch) => {
      for (let i = 0; i < values.length / 2; i++) {
        score[batch * rowsPerBatch + i] = Math.min(Math.max(values[2 * i]!, 0), 10);
        spread[batch * rowsPerBatch + i] = Math.exp(Math.min(Math.max(values[2 * i + 1]!, -10), 10) / 2);
      }
    });
  } finally {
    for (const batch of batches) batch.dispose();
    network.train(training);
  }
  return { score, spread };
}
