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

const wordBefore = new RegExp(`[${word}]$`, "u"), wordBehind = new RegExp(`^[${word}]`, "u");
const spaceBefore = new RegExp(`(?<![${space}])[${space}]+$`, "u"), spaceBehind = new RegExp(`^[${space}]+`, "u");

/** Finds added tokens in texts: of those that begin at one place the longest, and none within another. */
export function addedTokenFinder(
  tokens: readonly AddedToken[],
  normalize: Normalizer = (text) => text,
): (text: string) => Section[] {
  const byContent = new Map(tokens.map((token) => [normalize(token.content), token]));
  byContent.delete("");
  if (byContent.size === 0) return (text) => text === "" ? [] : [{ text, at: 0 }];
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map((one) => one.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|"), "gu");
  return (text) => {
    const sections: Section[] = [];
    let from = 0;
    for (const { index, 0: found } of text.matchAll(pattern)) {
      const token = byContent.get(found)!, before = text.slice(0, index), behind = text.slice(index + found.length);
      if (token.single_word && (wordBefore.test(before) || wordBehind.test(behind))) continue;
      const start = token.lstrip ? Math.max(from, spaceBefore.exec(before)?.index ?? index) : index;
      if (from < start) sections.push({ text: text.slice(from, start), at: from });
      sections.push({ id: token.id });
      from = index + found.length + (token.rstrip ? spaceBehind.exec(behind)?.[0].length ?? 0 : 0);
    }
    if (from < text.length) sections.push({ text: text.slice(from), at: from });
    return sections;
  };
}
