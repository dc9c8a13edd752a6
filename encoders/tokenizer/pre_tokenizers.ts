import { SplitPreTokenizer } from "@huggingface/tokenizers";
import { describeValue } from "../../engine/files/describe_value.ts";
import { MetrogradError } from "../../kernels/errors.ts";
import { numeric, punctuation, space, word } from "./characters.ts";
import type { PartConfig } from "./normalizers.ts";
import { type SplitBehavior, splitBehaviors, splitPieces } from "./split_pieces.ts";

/** A part of a text. */
export interface Piece {
  /** What it is, as far as it has been changed. */
  readonly text: string;
  /** How much of it the first character of the whole text has become; 0 or less where it does not begin with that. */
  readonly begins: number;
}

/** Takes a part of a text further apart. */
export type PreTokenizer = (piece: Piece) => Piece[];

/**
 * A pre-tokenizer by its part of `tokenizer.json`, which gives what Python's tokenizers gives. Those of the npm package
 * know only ASCII for words and digits, leave punctuation together, and take the first part of a text for all parts.
 *
 * @throws MetrogradError naming an unknown kind
 */
export function createPreTokenizer(config: PartConfig | null | undefined): PreTokenizer {
  if (!config) return (piece) => [piece];
  switch (config.type) {
    case "Sequence":
      return sequence((config.pretokenizers as PartConfig[]).map(createPreTokenizer));
    case "BertPreTokenizer":
      return sequence([split(`[${space}]`, "Removed"), split(punctuation, "Isolated")]);
    case "Whitespace":
      return split(`[${word}]+|[^${word}${space}]+`, "Removed", true);
    case "WhitespaceSplit":
      return split(`[${space}]`, "Removed");
    case "Punctuation":
      return split(punctuation, behaviorOf(config.behavior ?? "Isolated"));
    case "Digits":
      return split(`[${numeric}]`, config.individual_digits ? "Isolated" : "Contiguous");
    case "CharDelimiterSplit":
      return split(literal(String(config.delimiter)), "Removed");
    case "Split":
      return splitBy(config);
    case "FixedLength":
      return split(`[^]{1,${Number(config.length ?? 5)}}`, "Isolated");
    case "Metaspace":
      return metaspace(config);
    case "ByteLevel":
      return byteLevel(config);
    default:
      throw new MetrogradError(`the pre-tokenizer ${describeValue(config.type)} is not known`);
  }
}

function sequence(all: readonly PreTokenizer[]): PreTokenizer {
  return (piece) => all.reduce((pieces, one) => pieces.flatMap(one), [piece]);
}

function split(pattern: string | RegExp, behavior: SplitBehavior, invert = false): PreTokenizer {
  const expression = typeof pattern === "string" ? new RegExp(pattern, "gu") : pattern;
  return ({ text, begins }) =>
    splitPieces(text, expression, behavior, invert).map(({ text, at }) => ({ text, begins: begins - at }));
}

function splitBy({ pattern, behavior, invert }: PartConfig): PreTokenizer {
  const { String: text, Regex: source } = pattern as { String?: string; Regex?: string };
  const expression = text === undefined ? regex(String(source)) : text === "" ? /(?!)/gu : literal(text);
  return split(expression, behaviorOf(behavior), invert === true);
}

/** A regular expression of Oniguruma's kind. */
function regex(source: string): RegExp {
  return new SplitPreTokenizer({ type: "Split", pattern: { Regex: source }, behavior: "Isolated" }).pattern!;
}

function literal(text: string): RegExp {
  return new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "gu");
}

function behaviorOf(name: unknown): SplitBehavior {
  const known = splitBehaviors.find((one) => one === name);
  if (known) return known;
  throw new MetrogradError(`the behavior ${describeValue(name)} of a pre-tokenizer is not known`);
}

function metaspace(config: PartConfig): PreTokenizer {
  const { replacement = "▁", add_prefix_space: prefix, split: apart = true } = config;
  const sign = String(replacement), scheme = prefix === false ? "never" : config.prepend_scheme ?? "always";
  const cut = apart ? split(literal(sign), "MergedWithNext") : (piece: Piece) => [piece];
  return (piece) => {
    const text = piece.text.replaceAll(" ", sign);
    const prepend = !text.startsWith(sign) && (scheme === "always" || scheme === "first" && piece.begins > 0);
    return cut({ ...piece, text: prepend ? sign + text : text });
  };
}

const byteLevelPattern = new RegExp(
  `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${space}\\p{L}\\p{N}]+|[${space}]+(?![^${space}])|[${space}]+`,
  "gu",
);

const encoder = new TextEncoder();
/** The character that stands for each byte: itself where it can be seen, else one from U+0100 on. */
const byteCharacters = (() => {
  let next = 256;
  const isSeen = (byte: number) => byte > 32 && byte < 127 || byte > 160 && byte !== 173;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isSeen(byte) ? byte : next++));
})();

function byteLevel({ add_prefix_space: prefix = true, use_regex: apart = true }: PartConfig): PreTokenizer {
  const cut = apart ? split(byteLevelPattern, "Isolated") : (piece: Piece) => [piece];
  return (piece) => {
    const text = prefix && !piece.text.startsWith(" ") ? ` ${piece.text}` : piece.text;
    return cut({ ...piece, text }).map((part) => ({
      ...part,
      text: Array.from(encoder.encode(part.text), (byte) => byteCharacters[byte]).join(""),
    }));
  };
}
