import type { TokenCounter } from "../../encoders/tokenizer/token_counter.ts";
import { words } from "../../data/texts/text_features.ts";
import type { MetricRecord } from "../../data/records.ts";
import { type Script, scriptOf } from "../../data/texts/scripts.ts";

/** The texts of a record, by their names on the page. */
export const textNames = ["system prompt", "prompt", "response"] as const;

/** One of them. */
export type TextName = (typeof textNames)[number];

/** What is measured of one text of each record. */
export interface TextMeasures {
  /** Code points. */
  readonly characters: Float64Array;
  readonly words: Float64Array;
  /** Tokens of an encoder; empty where they are not counted. */
  readonly tokens: Float64Array;
  readonly scripts: Script[];
  /** Equal for equal texts, and for no others that are likely to occur. */
  readonly keys: Float64Array;
}

/** What is measured of the texts of records. */
export interface Measures {
  readonly texts: Readonly<Record<TextName, TextMeasures>>;
}

/** A text, measured. */
interface Measured {
  readonly characters: number;
  readonly words: Uint32Array;
  readonly tokens: number;
  readonly script: Script;
  readonly key: number;
}

/** Characters of a text by which its script is told. */
const scriptCharacters = 2000;

/** Texts whose measures are remembered: the same prompt often stands in several records. */
const remembered = 4096;

/** The text of a record that has a name. */
export function textOf(record: MetricRecord, name: TextName): string {
  if (name === "response") return record.response;
  return name === "prompt" ? record.userPrompt : record.systemPrompt ?? "";
}

/**
 * Measures the texts of records.
 *
 * @param onWords takes the hashes of the words of a record's prompt and response, in order
 * @param tokens counts tokens; null where they are not counted
 */
export function measureTexts(
  records: readonly MetricRecord[],
  onWords: (row: number, words: Uint32Array) => void,
  tokens: Pick<TokenCounter, "count"> | null,
): Measures {
  const count = records.length, known = new Map<string, Measured>();
  const measured = (text: string) => {
    const before = known.get(text);
    if (before) return before;
    if (known.size >= remembered) known.clear();
    const found = measure(text, tokens);
    known.set(text, found);
    return found;
  };
  const empty = (): TextMeasures => ({
    characters: new Float64Array(count),
    words: new Float64Array(count),
    tokens: new Float64Array(tokens ? count : 0),
    scripts: [],
    keys: new Float64Array(count),
  });
  const texts = { "system prompt": empty(), prompt: empty(), response: empty() };
  records.forEach((record, row) => {
    const all = textNames.map((name) => {
      const one = measured(textOf(record, name)), to = texts[name];
      to.characters[row] = one.characters;
      to.words[row] = one.words.length;
      if (tokens) to.tokens[row] = one.tokens;
      to.scripts.push(one.script);
      to.keys[row] = one.key;
      return one.words;
    });
    onWords(row, join(all[1]!, all[2]!));
  });
  return { texts };
}

function join(a: Uint32Array, b: Uint32Array): Uint32Array {
  const both = new Uint32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function measure(text: string, tokens: Pick<TokenCounter, "count"> | null): Measured {
  const { key, characters } = hashText(text);
  return {
    key,
    characters,
    words: Uint32Array.from(words(text), hashWord),
    tokens: tokens?.count(text) ?? 0,
    script: scriptOf(text.slice(0, scriptCharacters)),
  };
}

/** A hash of 53 bits, and the code points that were counted on the way. */
function hashText(text: string): { key: number; characters: number } {
  let a = 0xdeadbeef, b = 0x41c6ce57, characters = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
    if ((unit & 0xfc00) !== 0xdc00) characters++;
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return { key: 4294967296 * (2097151 & b) + (a >>> 0), characters };
}

function hashWord(word: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
