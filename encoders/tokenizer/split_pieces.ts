/** What becomes of what a pattern matches. */
export type SplitBehavior = "Removed" | "Isolated" | "MergedWithPrevious" | "MergedWithNext" | "Contiguous";

/** Values of `SplitBehavior`. */
export const splitBehaviors: readonly SplitBehavior[] = [
  "Removed",
  "Isolated",
  "MergedWithPrevious",
  "MergedWithNext",
  "Contiguous",
];

interface Span {
  readonly start: number;
  readonly end: number;
  readonly match: boolean;
}

/**
 * Takes a text apart at what a pattern matches.
 *
 * @param pattern with the flag g
 * @param invert true to take what lies between matches for the matches
 * @returns parts that are not empty, with the place where each begins
 */
export function splitPieces(
  text: string,
  pattern: RegExp,
  behavior: SplitBehavior,
  invert = false,
): { readonly text: string; readonly at: number }[] {
  const spans: Span[] = [];
  let from = 0;
  for (const { index, 0: { length } } of text.matchAll(pattern)) {
    if (from < index) spans.push({ start: from, end: index, match: invert });
    if (length > 0) spans.push({ start: index, end: index + length, match: !invert });
    from = index + length;
  }
  if (from < text.length) spans.push({ start: from, end: text.length, match: invert });
  return arrange(spans, behavior).map(({ start, end }) => ({ text: text.slice(start, end), at: start }));
}

function arrange(spans: readonly Span[], behavior: SplitBehavior): readonly Span[] {
  switch (behavior) {
    case "Isolated":
      return spans;
    case "Removed":
      return spans.filter(({ match }) => !match);
    case "Contiguous":
      return merged(spans, (span, before) => span.match === before.match);
    case "MergedWithPrevious":
      return merged(spans, (span, before) => span.match && !before.match);
    case "MergedWithNext":
      return merged(spans, (span, before) => before.match && !span.match);
  }
}

/** Puts a span to the one before it where `belongs` says so of the two as they were found. */
function merged(spans: readonly Span[], belongs: (span: Span, before: Span) => boolean): Span[] {
  const found: Span[] = [];
  spans.forEach((span, i) => {
    if (i > 0 && belongs(span, spans[i - 1]!)) found.push({ ...found.pop()!, end: span.end });
    else found.push(span);
  });
  return found;
}
