import { platform } from "../../engine/platform/here.ts";
import { DataError } from "../../kernels/errors.ts";
import { type JsonObject, readJsonObject } from "../../data/files/json_object.ts";
import type { BertNormalizerSettings, TokenizerSettings } from "../model_folder/tokenizer_settings.ts";
import { type AddedToken, addedTokenFinder } from "./added_tokens.ts";
import { checkParts } from "./check_parts.ts";
import { createNormalizer, lowerCase, type Normalizer, type PartConfig } from "./normalizers.ts";
import { createPreTokenizer, type PreTokenizer } from "./pre_tokenizers.ts";
import { type SpecialTokens, specialTokens } from "./special_tokens.ts";
import { createTokenModel, type TokenModel } from "./token_model.ts";

const { join } = platform;

/** Characters of a text that are looked at for each token that is wanted: at first, and at most where they give too few. */
const charactersPerToken = { first: 16, most: 64 } as const;
/** Tokens at the end of a part of a text that the rest could change: no known tokenizer makes more of one word. */
const unsettled = 128;

/** What a `tokenizer.json` is made of. */
interface Parts {
  readonly model: TokenModel;
  readonly added: readonly AddedToken[];
  readonly normalize: Normalizer;
  readonly preTokenize: PreTokenizer;
  readonly around: SpecialTokens;
  /** The end of a long text that is cut off. */
  readonly cutSide: "left" | "right";
  /** Settings of `tokenizer_config.json` that differ from `tokenizer.json`; null where none does. */
  readonly changes: TokenizerChanges | null;
}

/** Settings of `tokenizer_config.json` that stand over those of `tokenizer.json`. */
export type TokenizerChanges = Partial<BertNormalizerSettings> & { readonly truncation_side?: "left" | "right" };

/** How a `TextTokenizer` departs from what `tokenizer.json` says. */
export interface TextTokenizerOptions {
  /** Whether texts are put in lower case first. */
  readonly lowerCase?: boolean;
  /** What `tokenizer_config.json` says; nothing by default. */
  readonly tokenizer?: Pick<TokenizerSettings, "cutSide" | "normalizer">;
}

/**
 * Texts → numbers of tokens, as the `tokenizer.json` of a Hugging Face folder says. The models (WordPiece, Unigram, BPE) are
 * those of the npm package @huggingface/tokenizers. What comes before them is the project's own, since the package departs
 * from Python's tokenizers there.
 */
export class TextTokenizer {
  readonly #parts: Parts;
  readonly #findPlain: ReturnType<typeof addedTokenFinder>;
  readonly #findNormalized: ReturnType<typeof addedTokenFinder>;

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.#findPlain = addedTokenFinder(parts.added.filter(({ normalized }) => !normalized));
    this.#findNormalized = addedTokenFinder(parts.added.filter(({ normalized }) => normalized), parts.normalize);
  }

  /**
   * Reads `tokenizer.json`.
   *
   * @throws DataError when the tokenizer is missing or damaged, of an unknown kind or has tokens that the encoder lacks
   */
  static async open(
    folder: string,
    { vocabulary }: { readonly vocabulary: number },
    options: TextTokenizerOptions = {},
  ): Promise<TextTokenizer> {
    const path = join(folder, "tokenizer.json"), json = await readJsonObject(path, "the tokenizer of an encoder");
    let parts: Parts;
    try {
      checkParts(json);
      parts = partsOf(json, options);
    } catch (error) {
      const reason = error instanceof Error ? error.message.split("\n", 1)[0]! : String(error);
      throw new DataError(`${path} is no tokenizer that can be used: ${reason.replace(/\.$/, "")}.`, { cause: error });
    }
    checkNumbers(parts, vocabulary, path);
    return new TextTokenizer(parts);
  }

  /** Settings of `tokenizer_config.json` that differ from `tokenizer.json`, and hold; null where none does. */
  get changes(): TokenizerChanges | null {
    return this.#parts.changes;
  }

  /** The fewest tokens that a text may be cut to. */
  get least(): number {
    const { before, behind } = this.#parts.around;
    return before.length + 1 + behind.length;
  }

  /** Tokens that a prompt makes at the beginning of a text, with those that begin each text. */
  promptLength(prompt: string, most: number): number {
    if (prompt === "") return 0;
    return this.encode(prompt, most).length - (this.#parts.around.behind.length > 0 ? 1 : 0);
  }

  /**
   * The first tokens of a text, at most `most` with those that stand before and behind each text. What follows them, or the
   * first 64 characters for each of them, is not looked at, so that a text of any length takes little time. Where the
   * tokenizer cuts on the left, they are the last ones of the whole text. Half a surrogate pair counts as U+FFFD.
   */
  encode(text: string, most: number): number[] {
    const { cutSide, around: { before, behind } } = this.#parts, room = most - before.length - behind.length;
    if (cutSide === "left") {
      const ids = this.#encodeWhole(text.toWellFormed());
      return [...before, ...ids.slice(Math.max(ids.length - room, 0)), ...behind];
    }
    for (let length = most * charactersPerToken.first;; length *= 2) {
      const ids = this.#encodeWhole(text.slice(0, length).toWellFormed());
      const whole = length >= Math.min(text.length, most * charactersPerToken.most);
      if (!whole && ids.length < room + unsettled) continue;
      return [...before, ...ids.slice(0, room), ...behind];
    }
  }

  #encodeWhole(text: string): number[] {
    const { model, normalize, preTokenize } = this.#parts;
    return this.#findPlain(text).flatMap((section) => {
      if ("id" in section) return [section.id];
      const normalized = normalize(section.text);
      const begins = section.at === 0 ? lengthOfFirst(section.text, normalized, normalize) : 0;
      return this.#findNormalized(normalized).flatMap((part) => {
        if ("id" in part) return [part.id];
        const pieces = preTokenize({ text: part.text, begins: begins - part.at });
        return pieces.flatMap((piece) => model.encode(piece.text));
      });
    });
  }
}

/** How much of a normalized text its first character has become. */
function lengthOfFirst(text: string, normalized: string, normalize: Normalizer): number {
  const [first = ""] = text, alone = normalize(first);
  return normalized.startsWith(alone) ? alone.length : 1;
}

function partsOf(json: JsonObject, options: TextTokenizerOptions): Parts {
  const part = (name: string) => json[name] as PartConfig | null | undefined;
  if (!part("model")) throw new TypeError("it has no model");
  const changes = changesOf(json, options.tokenizer), { truncation_side: side, ...normalizer } = changes;
  const model = createTokenModel(part("model")!);
  const normalize = createNormalizer(part("normalizer") && { ...part("normalizer"), ...normalizer });
  const added = (json.added_tokens ?? []) as AddedToken[];
  return {
    model,
    added: added.map((token) => ({ ...token, id: model.vocabulary.get(token.content) ?? token.id })),
    normalize: options.lowerCase ? (text) => normalize(lowerCase(text)) : normalize,
    preTokenize: createPreTokenizer(part("pre_tokenizer")),
    around: specialTokens(part("post_processor")),
    cutSide: side ?? cutSideOf(json),
    changes: Object.keys(changes).length > 0 ? changes : null,
  };
}

function cutSideOf({ truncation }: JsonObject): "left" | "right" {
  return (truncation as { readonly direction?: unknown } | null | undefined)?.direction === "Left" ? "left" : "right";
}

/** The settings of `tokenizer_config.json` that differ from those of `tokenizer.json`. */
function changesOf(json: JsonObject, settings: TextTokenizerOptions["tokenizer"]): TokenizerChanges {
  const normalizer = json.normalizer as PartConfig | null | undefined,
    { cutSide = null, normalizer: set } = settings ?? {};
  const usual = { lowercase: true, strip_accents: null, handle_chinese_chars: true };
  const written = { ...usual, ...normalizer }, isBert = normalizer?.type === "BertNormalizer";
  const changed = Object.entries(isBert ? set ?? {} : {}).filter(([key, value]) =>
    value !== written[key as keyof BertNormalizerSettings]
  );
  const side = cutSide && cutSide !== cutSideOf(json) ? { truncation_side: cutSide } : {};
  return { ...Object.fromEntries(changed), ...side };
}

/** Refuses tokens that the encoder has no row for, and names the first. */
function checkNumbers({ model, added, around }: Parts, vocabulary: number, path: string): void {
  const beyond: (readonly [token: string, id: number])[] = [];
  const check = (token: string, id: number) => {
    if (!(Number.isInteger(id) && id >= 0 && id < vocabulary)) beyond.push([token, id]);
  };
  for (const [token, id] of model.vocabulary) check(token, id);
  for (const { content, id } of added) check(content, id);
  for (const id of [...around.before, ...around.behind]) check("a token of its post_processor", id);
  if (beyond.length === 0) return;
  const [token, id] = beyond.reduce((least, one) => one[1] < least[1] ? one : least);
  throw new DataError(
    `${path} gives ${JSON.stringify(token)} the number ${id}, but config.json has a vocab_size of ${vocabulary}.`,
  );
}
