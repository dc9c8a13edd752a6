import type { SentenceEncoder } from "../network/sentence_encoder.ts";
import type { PairKind } from "./settings.ts";
import type { Fit, TextPool } from "./text_pool.ts";

/** Most pairs that alignment is taken over. */
const mostPairs = 2000;
/** Texts that are encoded at once for two views. */
const textsPerView = 16;

/** How well an encoder's rows are spread, and how near to each other what belongs together. */
export interface EncoderQuality {
  /** Mean squared distance of pairs. Lower is better. */
  readonly alignment: number;
  /** What the pairs are. */
  readonly alignmentOf: PairKind;
  /** Log of the mean of exp(-2 d²) over all pairs of different texts. Lower is better. */
  readonly uniformity: number;
  /** How often the right one is among the 1 or 5 definitions nearest to a text; null without definitions. */
  readonly recall: { readonly at1: number; readonly at5: number } | null;
  /** Texts that were measured. */
  readonly texts: number;
  /** Pairs that alignment was taken over. */
  readonly pairs: number;
}

/**
 * Measures an encoder on the held-out texts of a pool, with rows brought to length 1. The pairs of alignment are texts and the
 * definitions of metrics that they fit; where none is defined, texts that fit one metric; where none is known to, two views
 * of each text, whose dropout is the same in every measurement. In recall the other definitions that a text is known to fit
 * are no rivals of the one that is looked for.
 *
 * @see Wang, Isola, "Understanding contrastive representation learning through alignment and uniformity on the hypersphere"
 * (2020)
 */
export async function measureEncoder(encoder: SentenceEncoder, pool: TextPool): Promise<EncoderQuality> {
  const texts = pool.measured, defined = [...pool.definitions.keys()];
  const rows = await unitRows(encoder, texts);
  const definitions = await unitRows(encoder, [...pool.definitions.values()]);
  const rowOf = new Map(texts.map((text, i) => [text, rows[i]!]));
  const definitionOf = new Map(defined.map((name, i) => [name, definitions[i]!]));
  const fits = pool.fitsOf(texts).filter(({ metric }) => defined.length === 0 || definitionOf.has(metric));
  const pairs = defined.length > 0
    ? fits.slice(0, mostPairs).map(({ text, metric }) => [rowOf.get(text)!, definitionOf.get(metric)!] as const)
    : pairsOfTexts(fits).map(([a, b]) => [rowOf.get(a)!, rowOf.get(b)!] as const);
  const alignmentOf = pairs.length === 0 ? "texts" : defined.length > 0 ? "definitions" : "metrics";
  const distances = alignmentOf === "texts"
    ? await distancesOfViews(encoder, texts)
    : pairs.map(([a, b]) => squaredDistance(a, b));
  return {
    alignment: mean(distances),
    alignmentOf,
    uniformity: uniformityOf(rows),
    recall: defined.length > 0 && fits.length > 0
      ? recallOf(fits, defined, pool, (text, name) => dot(rowOf.get(text)!, definitionOf.get(name)!))
      : null,
    texts: texts.length,
    pairs: distances.length,
  };
}

/** Log of the mean of exp(-2 d²) over all pairs of different rows of length 1. */
export function uniformityOf(rows: readonly Float32Array[]): number {
  let sum = 0, count = 0;
  rows.forEach((a, i) => {
    for (const b of rows.slice(i + 1)) {
      sum += Math.exp(-2 * squaredDistance(a, b));
      count++;
    }
  });
  return Math.log(sum / Math.max(count, 1));
}

/** Share of the fits whose definition is nearest to the text, and among the five nearest. */
export function recallOf(
  fits: readonly Fit[],
  names: readonly string[],
  pool: Pick<TextPool, "fits">,
  similarity: (text: string, name: string) => number,
): { at1: number; at5: number } {
  const ranks = fits.map(({ text, metric }) => {
    const own = similarity(text, metric);
    const before = (name: string) => name !== metric && !pool.fits(text, name) && similarity(text, name) >= own;
    return 1 + names.filter(before).length;
  });
  const within = (most: number) => ranks.filter((rank) => rank <= most).length / ranks.length;
  return { at1: within(1), at5: within(5) };
}

/** Each text that fits a metric beside the next one that does. */
function pairsOfTexts(fits: readonly Fit[]): [string, string][] {
  return Object.values(Object.groupBy(fits, ({ metric }) => metric)).flatMap((group) =>
    group!.slice(1).map(({ text }, i): [string, string] => [group![i]!.text, text])
  ).slice(0, mostPairs);
}

/** The squared distance of two views of each text, which differ by their dropout. */
async function distancesOfViews(encoder: SentenceEncoder, texts: readonly string[]): Promise<number[]> {
  const { network } = encoder, { engine } = network.parameters()[0]!, { training } = network;
  network.train();
  engine.random.seed = engine.random.step = 0;
  const distances: number[] = [];
  try {
    for (let from = 0; from < texts.length; from += textsPerView) {
      const sequences = texts.slice(from, from + textsPerView).map((text) => encoder.tokenize(text));
      const views = await engine.step(() =>
        engine.noGrad(() => [encoder.forward(sequences), encoder.forward(sequences)])
      );
      const [first, second] = (await engine.read(views)).map((values) => unit(values, encoder.width));
      for (const view of views) view.dispose();
      distances.push(...first!.map((row, i) => squaredDistance(row, second![i]!)));
    }
  } finally {
    network.train(training);
  }
  return distances;
}

async function unitRows(encoder: SentenceEncoder, texts: readonly string[]): Promise<Float32Array[]> {
  return unit(await encoder.encode(texts), encoder.width);
}

/** Rows brought to length 1. */
function unit(values: Float32Array, width: number): Float32Array[] {
  return Array.from({ length: values.length / width }, (_, i) => {
    const row = values.subarray(i * width, (i + 1) * width), length = Math.sqrt(dot(row, row));
    return length > 0 ? row.map((value) => value / length) : row;
  });
}

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const squaredDistance = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
