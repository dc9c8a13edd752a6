import { describeValue } from "../../engine/files/describe_value.ts";
import { platform } from "../../engine/platform/here.ts";
import { DataError } from "../../kernels/errors.ts";
import { type JsonObject, readJsonObjectIfThere } from "../../data/files/json_object.ts";

const { join } = platform;

/** How BERT's normalizer changes texts, by the names that it has in `tokenizer.json`. */
export interface BertNormalizerSettings {
  /** Whether texts are put in lower case. */
  readonly lowercase: boolean;
  /** Whether accents are removed; null where lower case decides. */
  readonly strip_accents: boolean | null;
  /** Whether each Chinese character is a word. */
  readonly handle_chinese_chars: boolean;
}

/** What `tokenizer_config.json` says beside `tokenizer.json`. */
export interface TokenizerSettings {
  /** Most tokens of a text; null where nothing is said of it. */
  readonly maxTokens: number | null;
  /** The end of a long text that is cut off; null where `tokenizer.json` decides. */
  readonly cutSide: "left" | "right" | null;
  /** What stands over BERT's normalizer in `tokenizer.json`; null where nothing does. */
  readonly normalizer: BertNormalizerSettings | null;
}

/** Classes of transformers that set BERT's normalizer from their own settings, whatever `tokenizer.json` says. */
const bertClasses = /^(?:Bert|DistilBert|MPNet|Electra)Tokenizer(?:Fast)?$/;

/**
 * Reads `tokenizer_config.json`.
 *
 * @param changes settings that stand over those of the file
 * @throws DataError when one is not what it has to be
 */
export async function readTokenizerSettings(folder: string, changes: JsonObject = {}): Promise<TokenizerSettings> {
  const path = join(folder, "tokenizer_config.json");
  const config = { ...await readJsonObjectIfThere(path, "the settings of a tokenizer"), ...changes };
  const { model_max_length: most, truncation_side: side = null, tokenizer_class: name } = config;
  if (side !== null && side !== "left" && side !== "right") {
    throw new DataError(`${path}: "truncation_side" is ${describeValue(side)}; "left" or "right" is expected.`);
  }
  const maxTokens = typeof most === "number" && most >= 1 ? Math.floor(most) : null;
  const isBert = typeof name === "string" ? bertClasses.test(name) : config.do_lower_case !== undefined;
  return { maxTokens, cutSide: side, normalizer: isBert ? bertNormalizerSettings(config, path) : null };
}

function bertNormalizerSettings(config: JsonObject, path: string): BertNormalizerSettings {
  const flag = <T>(key: string, usual: T) => {
    const value = config[key] ?? usual;
    if (typeof value === "boolean" || value === usual) return value as boolean | T;
    throw new DataError(`${path}: "${key}" is ${describeValue(value)}; true or false is expected.`);
  };
  return {
    lowercase: flag("do_lower_case", true),
    strip_accents: flag("strip_accents", null),
    handle_chinese_chars: flag("tokenize_chinese_chars", true),
  };
}
