import { Covariance } from "./covariance.ts";

/** Squared distances of two rows, by kind: those of each text field come first. */
export interface DistanceKinds {
  /** One for each text field. */
  readonly texts: readonly number[];
  readonly metric: number;
  /** What is measured of the texts by themselves. */
  readonly style: number;
  /** What the response has in common with the prompts. */
  readonly comparison: number;
  /** Words and spelling of the response. */
  readonly lexical: number;
  /** How many kinds there are. */
  readonly count: number;
}

/** The kinds of distances where rows have so many text fields. */
export function distanceKinds(fields: number): DistanceKinds {
  const texts = Array.from({ length: fields }, (_, field) => field);
  return { texts, metric: fields, style: fields + 1, comparison: fields + 2, lexical: fields + 3, count: fields + 4 };
}

/**
 * The covariance of two records' scores: what metrics share, what texts share, what all together share, and what the
 * statistics and the words of texts share, in general and under like metrics.
 */
export function scoreCovariance(fields: number): Covariance {
  const { texts, metric, style, comparison, lexical } = distanceKinds(fields);
  const apart = texts.map(() => -0.5);
  return new Covariance([
    { distances: [metric], start: [-1, 1] },
    { distances: texts, start: [-1.5, ...apart] },
    { distances: [...texts, metric, style, comparison], start: [0, ...apart, 0.5, 0.5, 0.5] },
    { distances: [style, comparison], start: [-1.5, 1, 1] },
    { distances: [style, comparison, metric], start: [-1.5, 1, 1, 0.5] },
    { distances: [lexical], start: [-1.5, -0.5] },
    { distances: [lexical, metric], start: [-1.5, -0.5, 0.5] },
  ]);
}
