import { Option } from "@commander-js/extra-typings";
import type { DataPaths } from "../../data/files/data_paths.ts";
import { parseFieldMap } from "../../data/formats/field_map.ts";
import { formatNames } from "../../data/formats/formats.ts";
import type { Reading } from "../../data/reading.ts";
import { parseScoreRange } from "../../data/scores.ts";
import { given, oneOf, text } from "./options.ts";

// The options that commands which read records share.

/** What `--data` takes, for the help. */
export const dataForms =
  "JSON, JSON Lines, CSV or Parquet, a folder of such files, or - for standard input; may be repeated";

/** Adds a path to those that were given before; one alone stays a text. @throws UsageError when it is empty */
export function oneMorePath(word: string, before?: DataPaths): DataPaths {
  const path = text("--data")(word);
  return before === undefined ? path : [...[before].flat(), path];
}

/** The form of the rows. */
export const format = new Option(
  "--format <name>",
  `form of the rows (default: found by their fields): ${formatNames.join(", ")}`,
).argParser(oneOf("--format", formatNames));

/** Which fields a record is taken from. */
export const map = new Option(
  "--map <fields>",
  "fields that have other names, as response=output,score=rating; score=a+b makes a record of each of several scores",
).argParser(parseFieldMap);

/** The scale of the scores. */
export const scoreRange = new Option(
  "--score-range <range>",
  "lowest and highest score of --data's scale, as 1..5 (default: 0..10, or that of the run)",
).argParser(parseScoreRange);

/** Whether a damaged file is read as far as it goes. */
export const recover = new Option(
  "--recover",
  "take the whole records before the damage of a damaged --data; they keep their numbers",
);

/** What the options say of how records are read, to be put into a call; nothing where none is given. */
export function readingOf(
  { format, map, scoreRange, recover }: { readonly [Name in keyof Reading]?: Reading[Name] | undefined },
): { readonly reading?: Reading } {
  const reading = given({ format, map, scoreRange, recover }) as Reading;
  return Object.keys(reading).length === 0 ? {} : { reading };
}
