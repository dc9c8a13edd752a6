import { readModelFolder } from "../model_folder/model_folder.ts";
import { TextTokenizer } from "./text_tokenizer.ts";

/** Characters that are tokenized at once: a tokenizer may take long for a word without an end. */
const charactersAtOnce = 20_000;

/** Counts the tokens of texts as an encoder reads them. */
export class TokenCounter {
  readonly #tokenizer: TextTokenizer;
  /** Tokens that stand around each text. */
  readonly #around: number;

  private constructor(
    tokenizer: TextTokenizer,
    /** Folder of the encoder. */
    readonly folder: string,
    /** Most tokens of a text that it reads, with those that begin and end each text. */
    readonly maxTokens: number,
  ) {
    this.#tokenizer = tokenizer;
    this.#around = tokenizer.least - 1;
  }

  /**
   * Reads the tokenizer and the limit of an encoder.
   *
   * @param folder a Hugging Face folder
   * @throws DataError when its `config.json` or its `tokenizer.json` is missing, damaged or of an unknown kind
   */
  static async open(folder: string): Promise<TokenCounter> {
    const { head, maxTokens, vocabulary } = await readModelFolder(folder, null);
    return new TokenCounter(await TextTokenizer.open(head.folder, { vocabulary }, head), folder, maxTokens);
  }

  /**
   * All tokens of a text, with those that begin and end each; 0 for an empty one. A text of more than 20,000 characters is
   * counted in parts, which may make some tokens more.
   */
  count(text: string): number {
    if (text === "") return 0;
    let tokens = this.#around;
    for (let from = 0; from < text.length; from += charactersAtOnce) {
      tokens += this.#tokenizer.encode(text.slice(from, from + charactersAtOnce), Infinity).length - this.#around;
    }
    return tokens;
  }
}
