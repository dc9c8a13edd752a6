import { BPE, type Model, Unigram, WordPiece } from "@huggingface/tokenizers";
import { describeValue } from "../../engine/files/describe_value.ts";
import { MetrogradError } from "../../kernels/errors.ts";
import type { PartConfig } from "./normalizers.ts";

/** Takes parts of texts apart into tokens of a vocabulary. */
export interface TokenModel {
  /** Numbers of its tokens. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Numbers of the tokens of a part; none for what it has no token for at all. */
  encode(piece: string): number[];
}

/**
 * The model of a `tokenizer.json`, by the npm package but for lists of whole words.
 *
 * @throws MetrogradError naming what is unknown
 */
export function createTokenModel(config: PartConfig): TokenModel {
  const type = config.type ?? typeOf(config);
  if (type === "WordLevel") return wordLevel(config);
  const model = createPackageModel(type, config), vocabulary = model.tokens_to_ids;
  const unknown = model.unk_token_id ?? null;
  const fallsBack = type === "Unigram" && config.byte_fallback === true;
  const idsOf = (token: string): number[] => {
    const id = vocabulary.get(token);
    if (id !== undefined) return [id];
    const bytes = fallsBack ? bytesOf(token, vocabulary) : null;
    return bytes ?? (unknown === null ? [] : [unknown]);
  };
  return { vocabulary, encode: (piece) => model([piece]).flatMap(idsOf) };
}

/** Types are missing in older files. */
function typeOf(config: PartConfig): string {
  if (Array.isArray(config.vocab)) return "Unigram";
  if (config.merges !== undefined) return "BPE";
  return config.continuing_subword_prefix === undefined ? "WordLevel" : "WordPiece";
}

function createPackageModel(type: unknown, config: PartConfig): Model {
  switch (type) {
    case "WordPiece":
      return new WordPiece(config as unknown as ConstructorParameters<typeof WordPiece>[0]);
    case "Unigram":
      return new Unigram(config as unknown as ConstructorParameters<typeof Unigram>[0], "");
    case "BPE":
      if (config.continuing_subword_prefix) {
        throw new MetrogradError("BPE with a continuing_subword_prefix is not known");
      }
      return new BPE(config as unknown as ConstructorParameters<typeof BPE>[0]);
    default:
      throw new MetrogradError(`the model ${describeValue(type)} is not known`);
  }
}

function wordLevel({ vocab, unk_token }: PartConfig): TokenModel {
  const vocabulary = new Map(Object.entries(vocab as Record<string, number>));
  const unknown = vocabulary.get(String(unk_token));
  return { vocabulary, encode: (piece) => [vocabulary.get(piece) ?? unknown].filter((id) => id !== undefined) };
}

/** The tokens of a text's bytes; null where the vocabulary lacks one. */
function bytesOf(text: string, vocabulary: ReadonlyMap<string, number>): number[] | null {
  const ids = Array.from(new TextEncoder().encode(text), (byte) => {
    return vocabulary.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  });
  return ids.every((id) => id !== undefined) ? ids : null;
}
