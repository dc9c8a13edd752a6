import { createHash } from "node:crypto";
import { join } from "node:path";
import { openOrExplain } from "../../engine/files/files.ts";
import { DataError } from "../../kernels/errors.ts";
import { readJsonObject } from "../../data/files/json_object.ts";
import type { Pooling } from "./pooling.ts";
import {
  checkWidths,
  type HeadChanges,
  headWidth,
  poolingOf,
  readSentenceHead,
  type SentenceHead,
} from "./sentence_head.ts";

/** Part of every fingerprint: changed when texts are prepared or pooled in another way. */
const encodingVersion = 2;

/** What the files of a pretrained model say of it. */
export interface ModelFolder {
  /** Numbers in the vector of a token. */
  readonly tokenDimension: number;
  /** Numbers in the vector of a text. */
  readonly dimension: number;
  /** Most tokens of a text. */
  readonly maxTokens: number;
  /** What stands side by side in the vector of a text; the mean where nothing is said of it. */
  readonly pooling: Pooling["modes"];
  /** What follows the encoder. */
  readonly head: SentenceHead;
  /** Tokens of the model; `Infinity` where nothing is said of it. */
  readonly vocabulary: number;
  /** Token that fills up short texts. */
  readonly padToken: number;
}

/** Model types whose first two positions are no tokens'. */
const shiftedPositions = ["roberta", "xlm-roberta", "mpnet", "camembert", "xlm-roberta-xl"];

/**
 * Reads a Hugging Face folder: how wide a model is, what makes one vector of its tokens', and how many tokens it takes,
 * which is what sentence-transformers' files or else `tokenizer_config.json` say, within what `config.json` says.
 *
 * @param most tokens that are asked for; null for as many as the model takes
 * @param changes what stands over what the files say
 * @throws DataError when `config.json` is missing or says nothing of it, or a module is unknown
 */
export async function readModelFolder(
  folder: string,
  most: number | null,
  changes: HeadChanges = {},
): Promise<ModelFolder> {
  const path = join(folder, "config.json"), config = await readJsonObject(path, "the config.json of an encoder");
  const tokenDimension = [config.hidden_size, config.d_model, config.dim].find(isCount);
  if (tokenDimension === undefined) {
    throw new DataError(`${path} has no hidden_size; the config of a text encoder is expected.`);
  }
  const head = await readSentenceHead(folder, changes);
  checkWidths(head, tokenDimension);
  const shift = shiftedPositions.includes(String(config.model_type)) ? 2 : 0;
  const positions = [config.max_position_embeddings, config.n_positions].find(isCount);
  const limit = Math.min(positions === undefined ? Infinity : positions - shift, head.maxTokens ?? Infinity);
  const known = limit < unlimited ? limit : 512;
  if (most !== null && most > known) {
    throw new DataError(`${folder} takes ${known} tokens of a text; ${most} are asked for.`);
  }
  return {
    tokenDimension,
    dimension: headWidth(head, tokenDimension),
    maxTokens: most ?? known,
    pooling: poolingOf(head).modes,
    head,
    vocabulary: isCount(config.vocab_size) ? config.vocab_size : Infinity,
    padToken: Number.isSafeInteger(config.pad_token_id) ? config.pad_token_id as number : 0,
  };
}

/** Tokenizers without a limit name a larger one. */
const unlimited = 1e9;

/**
 * SHA-256, in hex, of all that an encoder's vectors depend on.
 *
 * @param files names, in the folder, of the weights and of what prepares texts; those that are missing count as such
 */
export async function fingerprintModel(
  scheme: string,
  folder: string,
  files: readonly string[],
  { modules, prompt, lowerCase }: SentenceHead,
  maxTokens: number,
): Promise<string> {
  const hash = createHash("sha256");
  const described = modules.map((module) => module.kind === "dense" ? { ...module, folder: undefined } : module);
  hash.update(JSON.stringify([encodingVersion, scheme, described, prompt, lowerCase, maxTokens]));
  for (const name of files) hash.update(`\n${name} ${await hashFile(join(folder, name))}`);
  return hash.digest("hex");
}

/** SHA-256 of a file, read piece by piece; "" when it is missing. */
async function hashFile(path: string): Promise<string> {
  if (!await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return "";
  using file = await openOrExplain(path, "a file of an encoder");
  const hash = createHash("sha256"), piece = new Uint8Array(1 << 20);
  for (let read; (read = await file.read(piece)) !== null;) hash.update(piece.subarray(0, read));
  return hash.digest("hex");
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
