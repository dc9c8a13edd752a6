import { describeValue } from "../../engine/files/describe_value.ts";
import { platform } from "../../engine/platform/here.ts";
import { DataError } from "../../kernels/errors.ts";
import { type JsonObject, readJsonObjectIfThere } from "../../data/files/json_object.ts";
import { readTokenizerSettings, type TokenizerSettings } from "./tokenizer_settings.ts";

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
  /** Settings of the tokenizer. */
  readonly tokenizer?: TokenizerSettings;
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
    const { do_lower_case: lowerCase = false } = config, limit = tokenLimit(config, path);
    if (typeof lowerCase !== "boolean") {
      throw new DataError(`${path}: "do_lower_case" is ${describeValue(lowerCase)}; true or false is expected.`);
    }
    const tokenizer = await readTokenizerSettings(folder, tokenizerChanges(config));
    return { maxTokens: limit ?? tokenizer.maxTokens, lowerCase, tokenizer };
  }
  const tokenizer = await readTokenizerSettings(folder);
  return { maxTokens: tokenizer.maxTokens, lowerCase: false, tokenizer };
}

/** What is set over `tokenizer_config.json`, by the names of sentence-transformers before and from 5.4. */
function tokenizerChanges({ processor_kwargs, tokenizer_args }: JsonObject): JsonObject {
  return { ...tokenizer_args as object | null, ...processor_kwargs as object | null };
}

/** The limit of tokens that the settings give, the strongest first; null where they give none. */
function tokenLimit(config: JsonObject, path: string): number | null {
  const of = (value: unknown) => (value ?? {}) as JsonObject;
  const { text, common } = of(config.processing_kwargs);
  const places = [
    ["processing_kwargs.text.max_length", of(text).max_length],
    ["processing_kwargs.common.max_length", of(common).max_length],
    ["model_max_length", tokenizerChanges(config).model_max_length],
    ["max_seq_length", config.max_seq_length],
  ] as const;
  const [key, limit = null] = places.find(([, value]) => value !== undefined && value !== null) ?? [];
  if (limit === null || (Number.isSafeInteger(limit) && limit as number > 0)) return limit as number | null;
  throw new DataError(`${path}: "${key}" is ${describeValue(limit)}; a positive integer is expected.`);
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
