import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { promptOf } from "./model_folder/default_prompt.ts";
import type { EncodingOptions, PretrainedEncoder } from "./encoder.ts";
import { defaultTransformersModel, openTransformers } from "./transformers/transformers.ts";
import { UsageError } from "../kernels/errors.ts";
import type { SharedEngine } from "./shared_engine.ts";
import { openGpuEncoder } from "./network/gpu.ts";

/**
 * Opens a pretrained encoder by what follows its scheme: "owner/name" or a folder. One that computes on the GPU uses the
 * engine, where it is given.
 */
export type OpenEncoder = (
  argument: string,
  options: EncodingOptions,
  onNote: (sentence: string) => void,
  engine?: SharedEngine,
) => Promise<PretrainedEncoder>;

/** What an encoder's name may begin with, and what has to follow. */
interface Scheme {
  /** In words: "<folder>". */
  readonly argument: string;
  readonly open: OpenEncoder;
}

const schemes = new Map<string, Scheme>([
  ["transformers", {
    argument: "<model>",
    open: (model, options, onNote) => openTransformers(model, options, undefined, onNote),
  }],
  ["gpu", { argument: "<folder>", open: openGpuEncoder }],
]);

/** The name of the encoder that learns from the train texts. */
export const builtInEncoder = "hash";

/** Adds a kind of encoder of one's own: `--encoder SCHEME:ARGUMENT` opens it. */
export function registerEncoder(scheme: string, open: OpenEncoder, argument = "<name>"): void {
  const prefixed: OpenEncoder = async (name, options, onNote, engine) => {
    const encoder = await open(name, options, onNote, engine);
    return options.prefix === null ? encoder : withPrefix(encoder, options.prefix);
  };
  schemes.set(scheme, { argument, open: prefixed });
}

/** What an encoder may be called, in words: "hash, transformers:<model> or file:<folder>". */
export function encoderNames(): string {
  const pretrained = [...schemes].map(([scheme, { argument }]) => `${scheme}:${argument}`);
  return `${[builtInEncoder, ...pretrained].join(", ")} or file:<folder>`;
}

/** An encoder's name, taken apart. */
export interface EncoderName {
  /** "hash", "file", or that of a pretrained encoder. */
  readonly scheme: string;
  /** What follows the colon; "" where nothing does. */
  readonly argument: string;
}

/**
 * Takes the name of an encoder apart.
 *
 * @param option what messages call it
 * @throws UsageError listing what is known
 */
export function parseEncoderName(name: string, option = "--encoder"): EncoderName {
  const colon = name.indexOf(":");
  const scheme = colon < 0 ? name : name.slice(0, colon);
  const argument = colon < 0 ? "" : name.slice(colon + 1);
  if (scheme === builtInEncoder && colon < 0) return { scheme, argument };
  if (scheme === "transformers" && colon < 0) return { scheme, argument: defaultTransformersModel };
  if (argument !== "" && (scheme === "file" || schemes.has(scheme))) return { scheme, argument };
  throw new UsageError(`${option} is "${name}"; ${encoderNames()} is expected.`);
}

/**
 * The name with an absolute path where it names a folder that is there, so that it means the same from anywhere.
 *
 * @param option what messages call it
 * @throws UsageError when it is no encoder's, or that of embeddings that are given
 */
export function absoluteEncoderName(name: string, option = "features.encoder"): string {
  const { scheme, argument } = parseEncoderName(name, option);
  if (scheme === "file") {
    throw new UsageError(
      `${option} is "${name}"; an encoder of texts is expected, since embeddings that are there go with --embeddings.`,
    );
  }
  if (argument === "") return scheme;
  const path = resolve(argument);
  return `${scheme}:${isFolder(path) ? path : argument}`;
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/**
 * Opens a pretrained encoder by its name.
 *
 * @param engine for an encoder that computes on the GPU; without it such an encoder opens one of its own
 * @throws UsageError when it is none, and what the encoder itself throws
 */
export async function openEncoder(
  name: string,
  options: EncodingOptions,
  onNote: (sentence: string) => void = () => {},
  engine?: SharedEngine,
): Promise<PretrainedEncoder> {
  const { scheme, argument } = parseEncoderName(name);
  const known = schemes.get(scheme);
  if (!known) throw new UsageError(`"${name}" is no pretrained encoder.`);
  return await known.open(argument, options, onNote, engine);
}

/** The encoder with words before each text, which are part of its fingerprint. */
function withPrefix(encoder: PretrainedEncoder, prefix: string): PretrainedEncoder {
  const { name, dimension, maxTokens, batchSize } = encoder, prompt = promptOf(prefix);
  return {
    name,
    dimension,
    maxTokens,
    batchSize,
    fingerprint: createHash("sha256").update(`${encoder.fingerprint} ${prefix}`).digest("hex"),
    encode: (texts) => encoder.encode(texts.map((text) => prompt + text)),
    [Symbol.asyncDispose]: () => encoder[Symbol.asyncDispose](),
  };
}
