import { notePrompt, promptChanges } from "../model_folder/default_prompt.ts";
import type { EncodingOptions, PretrainedEncoder } from "../encoder.ts";
import { despiteLoss } from "../../engine/device/despite_loss.ts";
import { DeviceLostError, UsageError } from "../../kernels/errors.ts";
import { SharedEngine } from "../shared_engine.ts";
import { SentenceEncoder } from "./sentence_encoder.ts";

/** The forms of weights that there are here, and in which precision they compute. */
const precisions: Partial<Record<EncodingOptions["dtype"], "f32" | "f16">> = { auto: "f32", fp32: "f32", fp16: "f16" };

/**
 * A Hugging Face folder as an encoder. Its engine is opened when the first text is encoded.
 *
 * @param given engine to encode on; one of the encoder's own where none is given
 * @param onNote told what it runs on, and of a prompt that the folder has for each text
 * @throws UsageError for forms of weights and devices that the engine does not have, and what `SentenceEncoder.open` throws
 */
export async function openGpuEncoder(
  folder: string,
  options: EncodingOptions,
  onNote: (sentence: string) => void,
  given?: SharedEngine,
): Promise<PretrainedEncoder> {
  const { prefix, pooling, normalize, maxTokens, dimensions, dtype, batchSize, device } = options;
  const name = `gpu:${folder}`;
  const precision = precisions[dtype];
  if (!precision) throw new UsageError(`${name} computes in fp32 or fp16; ${dtype} is asked for.`);
  if (device !== "auto" && device !== "webgpu") throw new UsageError(`${name} runs on webgpu; ${device} is asked for.`);
  const settings = {
    pooling: pooling === "auto" ? undefined : pooling,
    normalize,
    ...promptChanges(options),
    dimensions: dimensions ?? undefined,
    maxTokens: maxTokens ?? undefined,
    precision,
  };
  const { width, fingerprint, maxTokens: most, prompt } = await SentenceEncoder.describe(folder, settings);
  if (prefix === null && options.prompt == null) notePrompt(name, prompt, onNote);
  const engine = given ?? new SharedEngine(null, { onNote });
  let opened: SentenceEncoder | null = null;
  const close = () => {
    opened?.dispose();
    opened = null;
  };
  const encode = async (texts: readonly string[]) => {
    try {
      opened ??= await SentenceEncoder.open(await engine.open(), folder, settings);
      return await opened.encode(texts);
    } catch (error) {
      if (error instanceof DeviceLostError) {
        close();
        await engine.close();
      }
      throw error;
    }
  };
  return {
    name,
    dimension: width,
    fingerprint,
    maxTokens: most,
    batchSize,
    encode: (texts) => despiteLoss(() => encode(texts), { onNote, next: "the texts are encoded on" }),
    async [Symbol.asyncDispose]() {
      const wasOpen = opened !== null;
      close();
      if (!given) await engine.close();
      else if (wasOpen) await (await engine.open()).trim();
    },
  };
}
