import { ReplaceNormalizer } from "@huggingface/tokenizers";
import { describeValue } from "../../engine/files/describe_value.ts";
import { MetrogradError } from "../../kernels/errors.ts";
import type { JsonObject } from "../../data/files/json_object.ts";
import { bertMark, control, fixedCharacter, han, mark, newCapital, space } from "./characters.ts";
import { charsmapNormalizer } from "./charsmap.ts";

/** Changes a text before it is taken apart. */
export type Normalizer = (text: string) => string;

/** What a part of `tokenizer.json` says. */
export type PartConfig = JsonObject & { readonly type?: unknown };

/**
 * A normalizer by its part of `tokenizer.json`, which gives what Python's tokenizers gives. Those of the npm package
 * lower-case by context, know other white space and only part of the tables that come with SentencePiece's models.
 *
 * @throws MetrogradError naming an unknown kind
 */
export function createNormalizer(config: PartConfig | null | undefined): Normalizer {
  if (!config) return (text) => text;
  switch (config.type) {
    case "Sequence": {
      const all = (config.normalizers as PartConfig[]).map(createNormalizer);
      return (text) => all.reduce((changed, normalize) => normalize(changed), text);
    }
    case "BertNormalizer":
      return bertNormalizer(config);
    case "Lowercase":
      return lowerCase;
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD":
      return normalFormOf(config.type);
    case "StripAccents":
      return (text) => text.replace(mark, "");
    case "Strip":
      return stripper(config);
    case "Replace":
      return replacer(config);
    case "Prepend":
      return (text) => text === "" ? "" : `${config.prepend}${text}`;
    case "Nmt":
      return nmt;
    case "Precompiled":
      return charsmapNormalizer(config.precompiled_charsmap as string | null | undefined);
    default:
      throw new MetrogradError(`the normalizer ${describeValue(config.type)} is not known`);
  }
}

/** Small letters, each character by itself: a sigma that ends a word is what any sigma is. */
export function lowerCase(text: string): string {
  const lower = text.replaceAll("Σ", "σ").toLowerCase();
  return lower.replace(newCapital, (capital) => {
    const code = capital.codePointAt(0)!;
    return String.fromCodePoint(code + (code < 0x10000 ? 1 : 27));
  });
}

/** A normal form of Unicode that leaves newer characters alone. */
function normalFormOf(form: "NFC" | "NFD" | "NFKC" | "NFKD"): Normalizer {
  return (text) => text.split(fixedCharacter).map((part, i) => i % 2 === 0 ? part.normalize(form) : part).join("");
}

const nfd = normalFormOf("NFD");
const spaces = new RegExp(`[${space}]`, "gu");

function bertNormalizer({ clean_text, handle_chinese_chars, strip_accents, lowercase }: PartConfig): Normalizer {
  const steps: Normalizer[] = [];
  if (clean_text) steps.push((text) => text.replace(control, "").replace(spaces, " "));
  if (handle_chinese_chars) steps.push((text) => text.replace(han, " $& "));
  if (strip_accents ?? lowercase) steps.push((text) => nfd(text).replace(bertMark, ""));
  if (lowercase) steps.push(lowerCase);
  return (text) => steps.reduce((changed, step) => step(changed), text);
}

function stripper({ strip_left: left = true, strip_right: right = true }: PartConfig): Normalizer {
  const ends = [...left ? [`^[${space}]+`] : [], ...right ? [`(?<![${space}])[${space}]+$`] : []];
  if (ends.length === 0) return (text) => text;
  const pattern = new RegExp(ends.join("|"), "gu");
  return (text) => text.replace(pattern, "");
}

function replacer({ pattern, content }: PartConfig): Normalizer {
  const { String: literal, Regex: source } = pattern as { String?: string; Regex?: string };
  const by = String(content ?? "");
  if (literal !== undefined) return (text) => literal === "" ? text : text.replaceAll(literal, () => by);
  const expression = new ReplaceNormalizer({ type: "Replace", pattern: { Regex: String(source) }, content: by })
    .pattern!;
  return (text) => text.replace(expression, () => by);
}

// deno-lint-ignore no-control-regex
const removedByNmt = /[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]/g;
const spacesOfNmt = /[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/g;

function nmt(text: string): string {
  return text.replace(removedByNmt, "").replace(spacesOfNmt, " ");
}
