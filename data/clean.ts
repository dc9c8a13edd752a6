import type { NoteTaker } from "./note_taker.ts";
import { describeTextless } from "./texts/missing_texts.ts";
import { describeUnscored, hasTexts, type MetricRecord } from "./records.ts";
import { scoreClass } from "./scores.ts";

/** What becomes of scores that are no whole numbers: they stay, become their class, or their records are left out. */
export type OffGrid = "keep" | "round" | "drop";

/** Records that are left after cleaning. */
export interface CleanRecords {
  readonly records: readonly MetricRecord[];
  /** For each of them its number among all, from 0. */
  readonly kept: Uint32Array<ArrayBuffer>;
}

/** How records are cleaned. */
export interface CleanOptions {
  readonly offGrid: OffGrid;
  /** Numbers, from 0, of records that are left out whatever they hold. */
  readonly dropped?: readonly number[];
  /** What notes call the records. */
  readonly source: string;
  readonly onNote: NoteTaker;
}

/**
 * Leaves out records without texts, without a score, and those that are named, and cleans the others by their scores; notes
 * say how many were concerned.
 */
export function cleanRecords(all: readonly MetricRecord[], options: CleanOptions): CleanRecords {
  const note = describeTextless(all, options.source, "left out"), dropped = new Set(options.dropped);
  const unscored = all.filter(({ score }) => score === null).length;
  if (unscored > 0) options.onNote(describeUnscored(unscored, options.source));
  if (note === null && unscored === 0 && dropped.size === 0) return cleanScores(all, options);
  if (note !== null) options.onNote(note);
  const isLeft = (i: number) => hasTexts(all[i]!) && all[i]!.score !== null && !dropped.has(i);
  const there = Uint32Array.from(all.keys().filter(isLeft));
  const { records, kept } = cleanScores([...there].map((i) => all[i]!), options);
  return { records, kept: kept.map((i) => there[i]!) };
}

function cleanScores(records: readonly MetricRecord[], { offGrid, source, onNote }: CleanOptions): CleanRecords {
  const off = records.map(({ score }) => score !== null && !Number.isInteger(score));
  const count = off.filter((one) => one).length;
  if (offGrid === "keep" || count === 0) return { records, kept: Uint32Array.from(records.keys()) };
  const what = `${source}: ${count} scores are no whole numbers`;
  if (offGrid === "round") {
    onNote(`${what}; they are rounded.`);
    return {
      records: records.map((record, i) => off[i] ? { ...record, score: scoreClass(record.score!) } : record),
      kept: Uint32Array.from(records.keys()),
    };
  }
  onNote(`${what}; their records are left out.`);
  const kept = Uint32Array.from(records.keys().filter((i) => !off[i]));
  return { records: [...kept].map((i) => records[i]!), kept };
}
