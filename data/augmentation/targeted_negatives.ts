import { Philox } from "../../kernels/philox.ts";
import { drawRows, metricsOfTexts, type MismatchOptions } from "../pairs/negatives.ts";
import type { ScoredPairs } from "../pairs/scored_pairs.ts";
import { type GrowingRows, mixed, noisy } from "./growing_rows.ts";
import { RowList } from "../pairs/row_list.ts";
import type { MetricRelations } from "./relations.ts";

/** Tables that rows look their numbers up in; stages add rows to them. */
export interface GrowingTables {
  /** One row a text, its fields side by side. */
  readonly texts: GrowingRows;
  /** Fields of a text. */
  readonly fields: number;
  /** One row a text: its statistics. */
  readonly statistics: GrowingRows;
  /** One row a metric. */
  readonly metrics: GrowingRows;
}

/** What targeted negatives are made by. */
export const corruptions = ["shuffle", "noise", "swap"] as const;
/** Name of a way to spoil a row. */
export type Corruption = (typeof corruptions)[number];

/** How negatives of one band of scores are made. */
export interface TargetedOptions extends MismatchOptions {
  /** How many, in equal thirds. */
  readonly count: number;
  /** Their lowest and highest score; whole scores between them are equally frequent. */
  readonly scores: readonly [lowest: number, highest: number];
  /** Part of another row's numbers in a shuffled or swapped row, 0 to 1, and the length of noise beside the row's own. */
  readonly severity: number;
  readonly relations: MetricRelations;
  readonly tables: GrowingTables;
  /** Tells bands apart: each has random numbers of its own. */
  readonly band: number;
}

const targetedStream = 0x7a60, misalignedStream = 0x315a;
/** Draws of another row before a row is given up: with few metrics many rows fit. */
const mostDraws = 20;

/**
 * Targeted negatives in embedding space: rows whose prompt and response are another row's (shuffle), carry noise, or stand
 * under an unrelated metric (swap), at low scores. Below a severity of 1 the other's numbers are mixed into the row's own.
 *
 * @returns the rows of each kind; a row is left out where nothing else fits badly enough
 * @see document 003, section 4
 */
export function targetedNegatives(rows: ScoredPairs, options: TargetedOptions): Record<Corruption, ScoredPairs> {
  const { scores: [low, high], count, band, seed } = options;
  const make = (kind: Corruption) => {
    const number = corruptions.indexOf(kind);
    const random = new Philox(seed, targetedStream + band * corruptions.length + number);
    const spoil = spoilers[kind](rows, options, random);
    const made = new RowList();
    const third = Math.floor((count + corruptions.length - 1 - number) / corruptions.length);
    for (const row of drawRows(rows.text.length, third, random)) {
      const spoilt = spoil(row);
      if (spoilt) made.push(...spoilt, low + random.integer(high - low + 1));
    }
    return made.rows();
  };
  return { shuffle: make("shuffle"), noise: make("noise"), swap: make("swap") };
}

/** Makes of a row another text and metric; null where it cannot. */
type Spoiler = (
  rows: ScoredPairs,
  options: TargetedOptions,
  random: Philox,
) => (row: number) => readonly [text: number, metric: number] | null;

const spoilers: Record<Corruption, Spoiler> = {
  shuffle(rows, options, random) {
    const { severity, tables } = options;
    const other = otherTexts(rows, options, random);
    return (row) => {
      const own = rows.text[row]!, found = other(row);
      if (found === null) return null;
      return [severity === 1 ? found : addMixedText(tables, own, found, severity), rows.metric[row]!];
    };
  },
  noise(rows, { severity, tables }, random) {
    return (row) => {
      const own = rows.text[row]!;
      tables.statistics.add(tables.statistics.row(own), own);
      const spoilt = changedFields(tables, own, (field) => noisy(field, severity, random));
      return [tables.texts.add(spoilt, own), rows.metric[row]!];
    };
  },
  swap(rows, options, random) {
    const { severity, tables: { metrics }, relations: { opposite, substitute } } = options;
    const metricsOf = metricsOfTexts(options);
    return (row) => {
      const text = rows.text[row]!, own = rows.metric[row]!;
      const taken = new Set([...metricsOf(text), own, opposite.get(own), substitute.get(own)]);
      const free = Array.from({ length: options.metrics }, (_, one) => one).filter((one) => !taken.has(one));
      if (free.length === 0) return null;
      const found = free[random.integer(free.length)]!;
      return [text, severity === 1 ? found : metrics.add(mixed(metrics.row(own), metrics.row(found), severity), own)];
    };
  },
};

/**
 * Misaligned negatives: rows that keep their metric under the texts of another row that does not occur with it.
 *
 * @param options.count how many
 * @param options.scores their lowest and highest score
 */
export function misalignedNegatives(
  rows: ScoredPairs,
  options: MismatchOptions & Pick<TargetedOptions, "count" | "scores">,
): ScoredPairs {
  const { count, scores: [low, high], seed } = options;
  const random = new Philox(seed, misalignedStream);
  const other = otherTexts(rows, options, random);
  const made = new RowList();
  for (const row of drawRows(rows.text.length, count, random)) {
    const found = other(row);
    if (found !== null) made.push(found, rows.metric[row]!, low + random.integer(high - low + 1));
  }
  return made.rows();
}

/** Draws for a row the text of another one that does not occur with the row's metric; null where none is found. */
function otherTexts(rows: ScoredPairs, options: MismatchOptions, random: Philox): (row: number) => number | null {
  const metricsOf = metricsOfTexts(options);
  return (row) => {
    for (let draw = 0; draw < mostDraws; draw++) {
      const text = rows.text[random.integer(rows.text.length)]!;
      if (!metricsOf(text).has(rows.metric[row]!)) return text;
    }
    return null;
  };
}

/** Adds a text between two others, with statistics between theirs. */
function addMixedText({ texts, fields, statistics }: GrowingTables, own: number, other: number, part: number): number {
  const to = statistics.row(other);
  statistics.add(statistics.row(own).map((value, i) => (1 - part) * value + part * to[i]!), own);
  const text = changedFields(
    { texts, fields },
    own,
    (field, at) => mixed(field, fieldOf(texts, fields, other, at), part),
  );
  return texts.add(text, own);
}

/** A text with each of its fields changed. */
function changedFields(
  { texts, fields }: Pick<GrowingTables, "texts" | "fields">,
  row: number,
  change: (field: Float32Array, at: number) => Float32Array,
): Float32Array {
  const changed = new Float32Array(texts.dimension);
  for (let at = 0; at < fields; at++) {
    changed.set(change(fieldOf(texts, fields, row, at), at), at * texts.dimension / fields);
  }
  return changed;
}

function fieldOf(texts: GrowingRows, fields: number, row: number, at: number): Float32Array {
  const width = texts.dimension / fields;
  return texts.row(row).subarray(at * width, (at + 1) * width);
}
