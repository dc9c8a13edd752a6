import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { DataError } from "../../kernels/errors.ts";
import type { EncoderConfig } from "./config.ts";
import { readJsonObject, readJsonObjectIfThere } from "./json_file.ts";

/** Characters of a text that are looked at for each token that is wanted: at first, and at most where they give too few. */
const charactersPerToken = { first: 16, most: 64 } as const;
/** Tokens at the end of a part of a text that the rest could change: no known tokenizer makes more of one word. */
const unsettled = 128;

/** Texts → numbers of tokens, as the `tokenizer.json` of a Hugging Face folder says. */
export class TextTokenizer {
  readonly #tokenizer: Tokenizer;
  /** Tokens before and behind each text's own. */
  readonly #around: { readonly before: readonly number[]; readonly behind: readonly number[] };

  private constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
    const own = tokenizer.encode("a", { add_special_tokens: false }).ids, all = tokenizer.encode("a").ids;
    const at = all.findIndex((_, from) => own.every((id, i) => all[from + i] === id));
    this.#around = { before: all.slice(0, at), behind: all.slice(at + own.length) };
  }

  /**
   * Reads `tokenizer.json`, and `tokenizer_config.json` where there is one.
   *
   * @throws DataError when the tokenizer is missing or damaged, of an unknown kind or has tokens that the encoder lacks
   */
  static async open(folder: string, { vocabulary }: Pick<EncoderConfig, "vocabulary">): Promise<TextTokenizer> {
    const path = join(folder, "tokenizer.json"), settings = "the settings of a tokenizer";
    const json = await readJsonObject(path, "the tokenizer of an encoder");
    const config = await readJsonObjectIfThere(join(folder, "tokenizer_config.json"), settings);
    let tokenizer: Tokenizer, found: TextTokenizer;
    try {
      tokenizer = new Tokenizer(json, config);
      found = new TextTokenizer(tokenizer);
    } catch (error) {
      const reason = error instanceof Error ? error.message.split("\n", 1)[0]! : String(error);
      throw new DataError(`${path} is no tokenizer that can be used: ${reason.replace(/\.$/, "")}.`, { cause: error });
    }
    for (const [token, id] of tokenizer.get_vocab()) {
      if (id < vocabulary) continue;
      const text = JSON.stringify(token);
      throw new DataError(`${path} gives ${text} the number ${id}, but config.json has a vocab_size of ${vocabulary}.`);
    }
    return found;
  }

  /** The fewest tokens that a text may be cut to. */
  get least(): number {
    return this.#around.before.length + 1 + this.#around.behind.length;
  }

  /**
   * The first tokens of a text, at most `most` with those that stand before and behind each text. What follows them, or the
   * first 64 characters for each of them, is not looked at, so that a text of any length takes little time. Half a surrogate
   * pair counts as U+FFFD.
   */
  encode(text: string, most: number, { lowerCase = false } = {}): number[] {
    const { before, behind } = this.#around, room = most - before.length - behind.length;
    for (let length = most * charactersPerToken.first;; length *= 2) {
      const part = text.slice(0, length).toWellFormed();
      const { ids } = this.#tokenizer.encode(lowerCase ? part.toLowerCase() : part, { add_special_tokens: false });
      const whole = length >= Math.min(text.length, most * charactersPerToken.most);
      if (!whole && ids.length < room + unsettled) continue;
      return [...before, ...ids.slice(0, room), ...behind];
    }
  }
}
