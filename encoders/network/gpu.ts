import { notePrompt, promptOf } from "../model_folder/default_prompt.ts";
import type { EncodingOptions, PretrainedEncoder } from "../encoder.ts";
import { despiteLoss } from "../../engine/device/despite_loss.ts";
import { Engine } from "../../engine/engine.ts";
import { DeviceLostError, UsageError } from "../../kernels/errors.ts";
import { SentenceEncoder } from "./sentence_encoder.ts";

/** The forms of weights that there are here, and in which precision they compute. */
const precisions: Partial<Record<EncodingOptions["dtype"], "f32" | "f16">> = { auto: "f32", fp32: "f32", fp16: "f16" };

/**
 * A Hugging Face folder on an engine of its own, which is opened when the first text is encoded.
 *
 * @param onNote told what it runs on, and of a prompt that the folder has for each text
 * @throws UsageError for forms of weights and devices that the engine does not have, and what `SentenceEncoder.open` throws
 */
export async function openGpuEncoder(
  folder: string,
  { prefix, pooling, normalize, maxTokens, dtype, batchSize, device }: EncodingOptions,
  onNote: (sentence: string) => void,
): Promise<PretrainedEncoder> {
  const name = `gpu:${folder}`;
  const precision = precisions[dtype];
  if (!precision) throw new UsageError(`${name} computes in fp32 or fp16; ${dtype} is asked for.`);
  if (device !== "auto" && device !== "webgpu") throw new UsageError(`${name} runs on webgpu; ${device} is asked for.`);
  const settings = {
    pooling: pooling === "auto" ? undefined : pooling,
    normalize,
    prompt: prefix === null ? undefined : promptOf(prefix),
    maxTokens: maxTokens ?? undefined,
    precision,
  };
  const { width, fingerprint, maxTokens: most, prompt } = await SentenceEncoder.describe(folder, settings);
  if (prefix === null) notePrompt(name, prompt, onNote);
  let opened: OpenEncoder | null = null;
  const close = async () => {
    const open = opened;
    opened = null;
    await open?.stack.disposeAsync();
  };
  const encode = async (texts: readonly string[]) => {
    try {
      opened ??= await openOnEngine(folder, settings, onNote);
      return await opened.encoder.encode(texts);
    } catch (error) {
      if (error instanceof DeviceLostError) await close();
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
    [Symbol.asyncDispose]: close,
  };
}

/** An encoder, and what frees it with its engine. */
interface OpenEncoder {
  readonly encoder: SentenceEncoder;
  readonly stack: AsyncDisposableStack;
}

async function openOnEngine(
  folder: string,
  settings: Parameters<typeof SentenceEncoder.open>[2],
  onNote: (sentence: string) => void,
): Promise<OpenEncoder> {
  await using stack = new AsyncDisposableStack();
  const engine = stack.use(await Engine.open({ onNote }));
  const encoder = stack.use(await SentenceEncoder.open(engine, folder, settings));
  return { encoder, stack: stack.move() };
}
