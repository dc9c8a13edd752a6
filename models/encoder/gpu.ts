import type { EncodingOptions, PretrainedEncoder } from "../../data/encoders/encoder.ts";
import { Engine } from "../../engine/engine.ts";
import { UsageError } from "../../kernels/errors.ts";
import { SentenceEncoder } from "./sentence_encoder.ts";

/** The forms of weights that there are here, and in which precision they compute. */
const precisions: Partial<Record<EncodingOptions["dtype"], "f32" | "f16">> = { auto: "f32", fp32: "f32", fp16: "f16" };

/**
 * A Hugging Face folder on an engine of its own.
 *
 * @param onNote told what it runs on
 * @throws UsageError for forms of weights and devices that the engine does not have, and what `SentenceEncoder.open` throws
 */
export async function openGpuEncoder(
  folder: string,
  { pooling, normalize, maxTokens, dtype, batchSize, device }: EncodingOptions,
  onNote: (sentence: string) => void,
): Promise<PretrainedEncoder> {
  const name = `gpu:${folder}`;
  const precision = precisions[dtype];
  if (!precision) throw new UsageError(`${name} computes in fp32 or fp16; ${dtype} is asked for.`);
  if (device !== "auto" && device !== "webgpu") throw new UsageError(`${name} runs on webgpu; ${device} is asked for.`);
  const engine = await Engine.open({ onNote });
  try {
    const encoder = await SentenceEncoder.open(engine, folder, {
      pooling: pooling === "auto" ? undefined : pooling,
      normalize,
      maxTokens: maxTokens ?? undefined,
      precision,
    });
    return {
      name,
      dimension: encoder.width,
      fingerprint: encoder.fingerprint,
      maxTokens: encoder.maxTokens,
      batchSize,
      encode: (texts) => encoder.encode(texts),
      async [Symbol.asyncDispose]() {
        encoder.dispose();
        await engine[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
}
