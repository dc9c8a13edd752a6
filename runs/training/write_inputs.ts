import { writeSample } from "../../data/sample/write.ts";
import type { SharedEngine } from "../../encoders/shared_engine.ts";
import { writeSafetensors } from "../../engine/files/write_safetensors.ts";
import type { PreparedRun } from "../prepare/prepared_run.ts";
import { trainedMetrics } from "../prepare/trained_metrics.ts";
import type { RunConfig, RunFolder } from "../run_folder.ts";
import { saveFit } from "./finish_run.ts";

/** Writes what a run's data have decided before its training begins: metrics, encoder, word frequencies, fit model, config. */
export async function writeInputs(
  folder: RunFolder,
  config: RunConfig,
  prepared: PreparedRun,
  engine: SharedEngine,
): Promise<void> {
  const { metrics, encoder, lexical, fit, sample, inputs, memory } = prepared;
  await metrics.write(folder.path);
  await lexical?.write(folder.lexical);
  if (encoder) {
    const state = [...encoder.state()].map(([name, tensor]) => [name, { dtype: "F32" as const, ...tensor }] as const);
    await writeSafetensors(folder.encoder, new Map(state));
  }
  // That of a run that is done has learnt from more rows.
  if (fit && !await folder.isFinished()) await saveFit(folder, fit.model);
  if (sample) await writeSample(folder.sample, sample, "");
  const { textureReads } = (await engine.open()).opened;
  // A run is streamed as it began, wherever it goes on.
  const files = config.files && memory !== undefined ? { ...config.files, memory } : config.files;
  await folder.writeConfig({ ...config, files, textureReads }, { ...inputs, trainedMetrics: trainedMetrics(prepared) });
}
