import type { Observer } from "../../data/observer.ts";
import type { RunConfig } from "../run_folder.ts";
import type { EncodingChoice } from "./encode_source.ts";
import { prepare } from "./prepare.ts";
import type { PreparedRun } from "./prepared_run.ts";
import { planBlocks } from "./streamed/block_plan.ts";
import { prepareStreamed } from "./streamed/prepare_streamed.ts";

/**
 * Prepares a run in memory, or, where its embeddings are more than that holds, so that they are streamed from disk.
 *
 * @throws DataError or MetrogradError as `prepare` does
 */
export async function prepareRun(config: RunConfig, observer: Observer, choice: EncodingChoice): Promise<PreparedRun> {
  const plan = await planBlocks(config, (sentence) => observer.note?.(sentence));
  return plan ? await prepareStreamed(config, plan, observer, choice) : await prepare(config, observer, choice);
}
