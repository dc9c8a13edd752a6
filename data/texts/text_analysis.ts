import { words } from "./text_features.ts";
import { sentences } from "./sentences.ts";

/** What is counted of one text, without knowing its language. */
export interface TextAnalysis {
  /** Its words in order; see `words`. */
  readonly words: readonly string[];
  /** Its different words. */
  readonly vocabulary: ReadonlySet<string>;
  readonly sentences: readonly string[];
  /** Its different runs of three characters, in lower case and with white space folded. */
  readonly trigrams: ReadonlySet<string>;
  /** Its different numbers, as they are written. */
  readonly numbers: ReadonlySet<string>;
  /** How often it uses each block of 128 code points for letters; a block holds about one script. */
  readonly scripts: ReadonlyMap<number, number>;
  /** UTF-16 code units. */
  readonly length: number;
}

/** Texts whose analysis is remembered: the same text often stands in several records, side by side. */
const remembered = 512;

/** Analyses texts, and remembers the last few. */
export function textAnalyser(): (text: string) => TextAnalysis {
  const known = new Map<string, TextAnalysis>();
  return (text) => {
    const before = known.get(text);
    if (before) return before;
    if (known.size >= remembered) known.clear();
    const found = analyse(text);
    known.set(text, found);
    return found;
  };
}

function analyse(text: string): TextAnalysis {
  const all = words(text);
  return {
    words: all,
    vocabulary: new Set(all),
    sentences: sentences(text),
    trigrams: trigrams(text),
    numbers: new Set(text.match(/\p{Nd}+/gu) ?? []),
    scripts: scriptsOf(text),
    length: text.length,
  };
}

function trigrams(text: string): Set<string> {
  const folded = Array.from(text.normalize("NFKC").toLowerCase().replace(/\s+/gu, " "));
  const found = new Set<string>();
  for (let from = 0; from + 3 <= folded.length; from++) {
    found.add(folded[from]! + folded[from + 1]! + folded[from + 2]!);
  }
  return found;
}

function scriptsOf(text: string): Map<number, number> {
  const blocks = new Map<number, number>();
  for (const letter of text.match(/\p{L}/gu) ?? []) {
    const block = letter.codePointAt(0)! >> 7;
    blocks.set(block, (blocks.get(block) ?? 0) + 1);
  }
  return blocks;
}
