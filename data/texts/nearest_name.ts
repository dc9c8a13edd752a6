import { appearance, explainLookAlike } from "./look_alikes.ts";

/** Characters of a name that are compared, since the time that takes grows with their square. */
const longest = 200;

/**
 * The known name that looks like `name`, or else the one with the fewest edits (Levenshtein) to it, letter case aside;
 * undefined when none is known.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const word = name.slice(0, longest), looks = appearance(word);
  let nearest: string | undefined;
  let fewest = Infinity;
  for (const candidate of known) {
    const edits = appearance(candidate.slice(0, longest)) === looks
      ? -1
      : editDistance(word.toLowerCase(), candidate.slice(0, longest).toLowerCase());
    if (edits < fewest) [nearest, fewest] = [candidate, edits];
  }
  return nearest;
}

/**
 * The known name that begins with a word, or else the nearest one, and in which code points it differs where it looks the
 * same: what follows "did you mean".
 */
export function suggestName(word: string, known: readonly string[]): string {
  const name = known.find((name) => name.startsWith(word)) ?? nearestName(word, known);
  return name === undefined ? "another" : name + explainLookAlike(word, name);
}

/**
 * The nearest known name in quotes, and in which code points it differs where it looks the same: what messages say of a
 * name that is not known.
 */
export function quoteNearest(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known);
  return `${JSON.stringify(nearest)}${nearest === undefined ? "" : explainLookAlike(name, nearest)}`;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substituted, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}
