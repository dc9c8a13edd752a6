/** Tokens of a byte-level tokenizer: the special ones, a character for each byte, and pairs that belong together. */
const special = ["<s>", "<pad>", "</s>", "<unk>"];
/** Pairs in the order in which they are put together; "Ġ" is the space before a word, "à¤" begins most Hindi letters. */
const merges = [
  "h e",
  "t he",
  "Ġ the",
  "Ġ a",
  "i n",
  "in g",
  "l l",
  "he ll",
  "hell o",
  "' t",
  "à ¤",
  "à¤ ¾",
  "ð Ł",
  "Ġ Ġ",
];

/** The character that stands for each byte: itself where it can be seen, else one from U+0100 on (Radford et al. 2019). */
function byteCharacters(): string[] {
  let next = 256;
  const isSeen = (byte: number) =>
    byte >= 33 && byte <= 126 || byte >= 161 && byte <= 172 || byte >= 174 && byte <= 255;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isSeen(byte) ? byte : next++));
}

/** A `tokenizer.json` of the kind that RoBERTa has: byte-level BPE. */
export function byteLevelTokenizer(): object {
  const tokens = [...special, ...byteCharacters(), ...merges.map((pair) => pair.replace(" ", "")), "<mask>"];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [...special, "<mask>"].map((content) => ({
      ...{ id: vocab[content], content, single_word: false, lstrip: content === "<mask>", rstrip: false },
      ...{ normalized: false, special: true },
    })),
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: {
      ...{ type: "RobertaProcessing", sep: ["</s>", 2], cls: ["<s>", 0] },
      ...{ trim_offsets: true, add_prefix_space: false },
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      ...{ type: "BPE", dropout: null, unk_token: null, continuing_subword_prefix: "", end_of_word_suffix: "" },
      ...{ fuse_unk: false, byte_fallback: false, ignore_merges: false, vocab, merges },
    },
  };
}

/** How many tokens it has. */
export const byteLevelVocabulary = special.length + 256 + merges.length + 1;
