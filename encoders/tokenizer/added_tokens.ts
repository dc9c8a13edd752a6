import { space, word } from "./characters.ts";
import type { Normalizer } from "./normalizers.ts";

/** A token that texts are searched for before anything else is done with them. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Whether it counts only where no word goes on before or behind it. */
  readonly single_word?: boolean;
  /** Whether it takes in the space before it. */
  readonly lstrip?: boolean;
  /** Whether it takes in the space behind it. */
  readonly rstrip?: boolean;
  /** Whether texts are searched for it after they were normalized. */
  readonly normalized?: boolean;
}

/** A part of a text: an added token's number, or what lies between them. */
export type Section = { readonly id: number } | { readonly text: string; readonly at: number };

const endsInWord = new RegExp(`[${word}]$`, "u"), beginsWithWord = new RegExp(`^[${word}]`, "u");
const isSpace = new RegExp(`^[${space}]$`, "u");

/** Whether a word goes on over a place in a text. */
const wordBefore = (text: string, at: number) => endsInWord.test(text.slice(Math.max(at - 2, 0), at));
const wordBehind = (text: string, at: number) => beginsWithWord.test(text.slice(at, at + 2));

/** Finds added tokens in texts: of those that begin at one place the longest, and none within another. */
export function addedTokenFinder(
  tokens: readonly AddedToken[],
  normalize: Normalizer = (text) => text,
): (text: string) => Section[] {
  // Of two with the same content the first counts.
  const byContent = new Map(tokens.toReversed().map((token) => [normalize(token.content), token]));
  byContent.delete("");
  if (byContent.size === 0) return (text) => text === "" ? [] : [{ text, at: 0 }];
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map((one) => one.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|"), "gu");
  return (text) => {
    const sections: Section[] = [];
    let from = 0;
    for (const { index, 0: found } of text.matchAll(pattern)) {
      const token = byContent.get(found)!;
      let start = index, end = index + found.length;
      if (token.single_word && (wordBefore(text, start) || wordBehind(text, end))) continue;
      if (token.lstrip) { while (start > from && isSpace.test(text[start - 1]!)) start--; }
      if (token.rstrip) { while (end < text.length && isSpace.test(text[end]!)) end++; }
      if (from < start) sections.push({ text: text.slice(from, start), at: from });
      sections.push({ id: token.id });
      from = end;
    }
    if (from < text.length) sections.push({ text: text.slice(from), at: from });
    return sections;
  };
}
