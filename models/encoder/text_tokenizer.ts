/** What makes tokens of texts, with the other parts of an encoder. */
export { TextTokenizer, type TextTokenizerOptions } from "../../data/encoders/tokenizer/text_tokenizer.ts";
