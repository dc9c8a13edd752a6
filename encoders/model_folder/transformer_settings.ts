import { describeValue } from "../../engine/files/describe_value.ts";
import { platform } from "../../engine/platform/here.ts";
import { DataError } from "../../kernels/errors.ts";
import { type JsonObject, readJsonObjectIfThere } from "../../data/files/json_object.ts";

const { join } = platform;

/** Names of sentence-transformers' settings of an encoder; the first file that is there and not empty is read. */
export const transformerSettingsFiles = ["bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet"]
  .map((name) => `sentence_${name}_config.json`);

/** Settings of an encoder. */
export interface TransformerSettings {
  /** Most tokens of a text: sentence-transformers' limit, else the tokenizer's; null where there is neither. */
  readonly maxTokens: number | null;
  /** Whether texts are lower-cased. */
  readonly lowerCase: boolean;
}

/**
 * Reads sentence-transformers' settings of an encoder.
 *
 * @throws DataError when they ask for something other than the last hidden states, or are not what they have to be
 */
export async function readTransformerSettings(folder: string): Promise<TransformerSettings> {
  for (const name of transformerSettingsFiles) {
    const path = join(folder, name), config = await readJsonObjectIfThere(path, "the settings of an encoder");
    if (Object.keys(config).length === 0) continue;
    refuseOtherOutputs(config, path);
    const { max_seq_length: maxTokens = null, do_lower_case: lowerCase = false } = config;
    if (maxTokens !== null && !(Number.isSafeInteger(maxTokens) && maxTokens as number > 0)) {
      throw new DataError(`${path}: "max_seq_length" is ${describeValue(maxTokens)}; a positive integer is expected.`);
    }
    if (typeof lowerCase !== "boolean") {
      throw new DataError(`${path}: "do_lower_case" is ${describeValue(lowerCase)}; true or false is expected.`);
    }
    return { maxTokens: maxTokens as number | null ?? await readModelMaxLength(folder), lowerCase };
  }
  return { maxTokens: await readModelMaxLength(folder), lowerCase: false };
}

async function readModelMaxLength(folder: string): Promise<number | null> {
  const path = join(folder, "tokenizer_config.json");
  const { model_max_length: most } = await readJsonObjectIfThere(path, "the settings of a tokenizer");
  return typeof most === "number" && most >= 1 ? Math.floor(most) : null;
}

function refuseOtherOutputs({ transformer_task, module_output_name, modality_config }: JsonObject, path: string): void {
  const text = (modality_config as { text?: { method_output_name?: unknown } } | null | undefined)?.text;
  const asked = [
    ["transformer_task", transformer_task, "feature-extraction"],
    ["module_output_name", module_output_name, "token_embeddings"],
    ["method_output_name", text?.method_output_name, "last_hidden_state"],
  ] as const;
  for (const [key, found, expected] of asked) {
    if (found === undefined || found === expected) continue;
    throw new DataError(`${path}: "${key}" is ${describeValue(found)}; "${expected}" is expected.`);
  }
}
