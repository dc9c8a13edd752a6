import type { DataPaths } from "./files/data_paths.ts";
import { shellWord } from "./files/shell_word.ts";
import { type FieldMap, isFieldMap } from "./formats/field_map.ts";
import { formatNames } from "./formats/formats.ts";
import { isScoreRange, type ScoreRange } from "./scores.ts";

/** How records are read that are not whole, or not in the fields of a record. */
export interface Reading {
  /** Name of the form that rows have; found by their keys where it is not given. */
  readonly format?: string;
  /** Which fields a record is taken from. */
  readonly map?: FieldMap;
  /** The scale of the scores; 0 to 10 where it is not given. */
  readonly scoreRange?: ScoreRange;
  /** Takes the whole records before the damage of a damaged file. */
  readonly recover?: boolean;
}

/** True for a reading as a config keeps it. */
export function isReading(value: unknown): value is Reading {
  if (typeof value !== "object" || value === null) return false;
  const { format, map, scoreRange, recover } = value as Partial<Record<keyof Reading, unknown>>;
  return (format === undefined || formatNames.includes(format as string)) && (map === undefined || isFieldMap(map)) &&
    (scoreRange === undefined || isScoreRange(scoreRange)) && (recover === undefined || typeof recover === "boolean");
}

/** The options of a command line that read the same records in the same way. */
export function dataWords(data: DataPaths, { format, map, scoreRange, recover }: Reading = {}): string {
  const words = [data].flat().map((path) => `--data ${shellWord(path)}`);
  if (format) words.push(`--format ${format}`);
  if (map) words.push(`--map ${shellWord(Object.entries(map).map((pair) => pair.join("=")).join())}`);
  if (scoreRange) words.push(`--score-range ${scoreRange.join("..")}`);
  if (recover) words.push("--recover");
  return words.join(" ");
}
