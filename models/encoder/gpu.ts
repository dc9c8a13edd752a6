import type { EncodingOptions, PretrainedEncoder } from "../../data/encoders/encoder.ts";
import { Engine } from "../../engine/engine.ts";
import { UsageError } from "../../kernels/errors.ts";
import { SentenceEncoder } from "./sentence_encoder.ts";

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
  if (dtype !== "auto" && dtype !== "fp32") throw new UsageError(`${name} computes in fp32; ${dtype} is asked for.`);
  if (device !== "auto" && device !== "webgpu") throw new UsageError(`${name} runs on webgpu; ${device} is asked for.`);
  const engine = await Engine.open({ onNote });
  try {
    const encoder = await SentenceEncoder.open(engine, folder, {
      pooling: pooling === "auto" ? undefined : pooling,
      normalize,
      maxTokens: maxTokens ?? undefined,
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
