import { createHash } from "node:crypto";
import { join } from "node:path";
import { openOrExplain, readFileOrExplain } from "../../engine/files.ts";
import { DataError } from "../../kernels/errors.ts";
import type { TokenPooling } from "./pool_tokens.ts";

/** Part of every fingerprint: changed when texts are prepared or pooled in another way. */
const encodingVersion = 1;

/** What the files of a pretrained model say of it. */
export interface ModelFolder {
  /** Numbers in the vector of a token. */
  readonly dimension: number;
  /** Most tokens of a text. */
  readonly maxTokens: number;
  /** "mean" where nothing is said of it. */
  readonly pooling: TokenPooling["pooling"];
}

/** Model types whose first two positions are no tokens'. */
const shiftedPositions = ["roberta", "xlm-roberta", "mpnet", "camembert", "xlm-roberta-xl"];

/**
 * Reads a Hugging Face folder: how wide a model is, and how many tokens it takes, which is the least of what
 * `sentence_bert_config.json`, `tokenizer_config.json` and `config.json` say.
 *
 * @param most tokens that are asked for; null for as many as the model takes
 * @throws DataError when `config.json` is missing or says nothing of it
 */
export async function readModelFolder(folder: string, most: number | null): Promise<ModelFolder> {
  const path = join(folder, "config.json");
  const config = parseObject(await readFileOrExplain(path, "the config.json of an encoder"), path);
  const dimension = [config.hidden_size, config.d_model, config.dim].find(isCount);
  if (dimension === undefined) {
    throw new DataError(`${path} has no hidden_size; the config of a text encoder is expected.`);
  }
  const shift = shiftedPositions.includes(String(config.model_type)) ? 2 : 0;
  const positions = [config.max_position_embeddings, config.n_positions].find(isCount);
  const further = async (file: string, field: string) => {
    const bytes = await Deno.readFile(join(folder, file)).catch(() => null);
    return bytes && parseObject(bytes, join(folder, file))[field];
  };
  const limitIn = async (file: string, field: string) => {
    const found = await further(file, field);
    return isCount(found) ? found : Infinity;
  };
  const limit = Math.min(
    positions === undefined ? Infinity : positions - shift,
    await limitIn("tokenizer_config.json", "model_max_length"),
    await limitIn("sentence_bert_config.json", "max_seq_length"),
  );
  const known = Number.isFinite(limit) ? limit : 512;
  if (most !== null && most > known) {
    throw new DataError(`${folder} takes ${known} tokens of a text; ${most} are asked for.`);
  }
  const cls = await further("1_Pooling/config.json", "pooling_mode_cls_token") === true;
  return { dimension, maxTokens: most ?? known, pooling: cls ? "cls" : "mean" };
}

/**
 * SHA-256, in hex, of all that an encoder's vectors depend on.
 *
 * @param files names, in the folder, of the weights and of what prepares texts; those that are missing count as such
 */
export async function fingerprintModel(
  scheme: string,
  folder: string,
  files: readonly string[],
  { pooling, normalize }: TokenPooling,
  maxTokens: number,
): Promise<string> {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([encodingVersion, scheme, pooling, normalize, maxTokens]));
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

function parseObject(bytes: Uint8Array, path: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch (error) {
    throw new DataError(`${path} is not valid JSON: ${(error as Error).message}.`, { cause: error });
  }
  throw new DataError(`${path} holds no object.`);
}
