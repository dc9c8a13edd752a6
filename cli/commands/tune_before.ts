import { UsageError } from "../../kernels/errors.ts";
import type { FinetuneRequest } from "../../runs/finetune/finetune.ts";
import { simcse, tunedEncoder } from "../../runs/finetune/tuned_encoder.ts";
import type { TrainFiles } from "../../runs/train_request.ts";
import { Interruption } from "../interruption.ts";
import { createFinetuneReporter } from "../output/finetune_progress.ts";
import type { Terminal } from "../output/terminal.ts";

/**
 * What `train --finetune-encoder` tunes before a run: its encoder, on the texts of its records and of those to be scored.
 *
 * @throws UsageError where there are no records or another encoder
 */
export function tuningOf(
  files: TrainFiles | null,
  { encoder, target, out }: {
    readonly encoder: string | undefined;
    readonly target: string | undefined;
    readonly out: string;
  },
): FinetuneRequest {
  if (!files || !encoder?.startsWith("gpu:")) {
    throw new UsageError("--finetune-encoder needs --data and --encoder gpu:FOLDER beside it.");
  }
  return {
    data: [...[files.data].flat(), ...(target === undefined ? [] : [target])],
    reading: { ...files.reading, ...(files.recover ? { recover: true } : {}) },
    metricDefinitions: null,
    encoder,
    settings: simcse,
    out,
  };
}

/** Tunes an encoder, or finds it tuned. @throws Interruption when it was stopped */
export async function tuneBefore(request: FinetuneRequest, signal: AbortSignal, terminal: Terminal): Promise<void> {
  const observer = createFinetuneReporter(terminal);
  try {
    if (await tunedEncoder(request, { ...observer, signal }) !== null) return;
  } finally {
    observer.end();
  }
  throw new Interruption("The encoder is not tuned yet. The same command goes on with it.");
}
