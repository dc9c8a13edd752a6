/**
 * Characters that are not seen or change how others are shown: controls, marks of direction, separators of lines, a lone
 * surrogate. The joiners that Indic scripts and emoji need stay.
 */
const hidden = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/gu;

/**
 * A text of unknown origin in one line: hidden characters are replaced by their code points, white space by spaces, and
 * what is longer than `limit` code points is cut.
 */
export function visibleText(text: string, limit = 120): string {
  // A code point has at most two units, so no more of a long text is looked at.
  const beginning = text.slice(0, 2 * limit + 2).replace(/\s+/gu, " ").trim();
  const points = Array.from(beginning);
  const cut = points.length > limit || text.length > 2 * limit + 2;
  return points.slice(0, limit).join("").replace(hidden, name) + (cut ? "…" : "");
}

/** A text of unknown origin in its own lines, at most so many code points of it; hidden characters are replaced. */
export function visibleLines(text: string, limit: number): string {
  const points = Array.from(text.slice(0, 2 * limit + 2).trim());
  const cut = points.length > limit || text.length > 2 * limit + 2;
  return withoutHidden(points.slice(0, limit).join("").replace(/\r\n?/g, "\n")) + (cut ? "…" : "");
}

/** A text of unknown origin for a file that people open: its hidden characters are replaced, all else stays. */
export function withoutHidden(text: string): string {
  return text.replace(hidden, (character) => character === "\n" || character === "\t" ? character : name(character));
}

const name = (character: string) => `⟨U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}⟩`;

/**
 * Names as labels of a figure: short, and each different, so that no two share a mark.
 *
 * @param limit code points of a label
 */
export function labels(names: readonly string[], limit = 34): string[] {
  const taken = new Set<string>(), next = new Map<string, number>();
  return names.map((one) => {
    // Of "safety/privacy" the second part tells more.
    const told = one.length > limit && one.includes("/") ? `…${one.slice(one.indexOf("/"))}` : one;
    const short = visibleText(told, limit) || "(empty)";
    let label = short, number = next.get(short) ?? 2;
    for (; taken.has(label); number++) label = `${short} (${number})`;
    next.set(short, number);
    taken.add(label);
    return label;
  });
}
