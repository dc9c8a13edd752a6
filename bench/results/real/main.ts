/** `deno task results --real DIR`: trains recipes on sets of real records, scores their test records, and writes the tables. */
import { join } from "node:path";
import { Interruption } from "../../../cli/interruption.ts";
import { DataError, MetrogradError, UsageError } from "../../../kernels/errors.ts";
import { counted } from "../../../data/texts/counted.ts";
import { describeMachine } from "./machine.ts";
import { checkCell, measureCell, type RealCell, realCells, type RealResult } from "./measure.ts";
import { findSets, readSet, type RealSet } from "./sets.ts";
import { realTables } from "./tables.ts";
import { readResults, writeResults } from "../results_file.ts";

/** What is asked for. */
export interface RealRequest {
  /** Folder of the sets. */
  readonly folder: string;
  /** Recipes between commas; undefined for the one that `train` takes when none is named. */
  readonly recipes: string | undefined;
  /** Only cells whose name contains one of these; empty for all. */
  readonly parts: readonly string[];
  readonly out: string;
  readonly markdown: boolean;
  /** Prints the commands of the cells instead of carrying them out. */
  readonly list: boolean;
  /** Takes lines on the progress; to stderr by default. */
  readonly say?: (line: string) => void;
}

/** Measures all cells that are not done yet; the tables of those asked for, and why others could not be measured. */
export async function realResults(
  { folder, recipes, parts, out, markdown, list, say = console.error }: RealRequest,
): Promise<string> {
  const path = join(out, "real"), file = join(path, "results.json");
  const names = recipes === undefined ? null : recipes.split(",").map((name) => name.trim());
  const all = realCells(await findSets(folder), { recipes: names, out: path });
  const cells = all.filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)));
  if (cells.length === 0) throw new UsageError(`No cell's name contains "${parts.join('" or "')}"; see --list.`);
  for (const cell of cells) await checkCell(cell);
  if (list) return cells.map(listed).join("\n\n");
  // All sets first: a damaged one is told of before hours of training, not after.
  const sets = new Map<string, RealSet>();
  for (const { files } of cells) if (!sets.has(files.name)) sets.set(files.name, await readSet(files));
  const results = await readResults<RealResult>(file);
  const todo = cells.some(({ name }) => !results[name]), machine = todo ? await describeMachine() : "";
  const failures: string[] = [];
  for (const [i, cell] of cells.entries()) {
    const { name } = cell, place = `[${i + 1}/${cells.length}] ${name}`;
    if (!results[name]) {
      say(`${place}: deno task ${cell.train.join(" ")}`);
      const result = await measured(cell, machine, (line) => say(`${place}: ${line}`));
      if (typeof result === "string") {
        failures.push(`${name} is not measured. ${result}`);
        continue;
      }
      results[name] = result;
      await writeResults(file, results);
    }
    expectScores(results[name], sets.get(cell.files.name)!, cell, file);
  }
  return [realTables(cells, results, sets, { markdown }), ...failures].join("\n\n");
}

/** What a cell came to; a sentence where it cannot be measured, such as a recipe that needs embeddings of other fields. */
async function measured(
  cell: RealCell,
  machine: string,
  say: (line: string) => void,
): Promise<RealResult | string> {
  try {
    return await measureCell(cell, { machine, say });
  } catch (error) {
    if (error instanceof Interruption) {
      throw new Interruption(`Stopped; the same command begins ${cell.name} anew and keeps what is done.`, {
        cause: error,
      });
    }
    if (!(error instanceof MetrogradError)) throw error;
    say(error.message);
    return error.message;
  }
}

/** @throws DataError when kept scores are of other test records than those of the set */
function expectScores({ scores }: RealResult, { test }: RealSet, { name, files }: RealCell, file: string): void {
  if (scores.length === test.length) return;
  throw new DataError(
    `${file} has ${counted(scores.length, "score")} of ${name}, but ${files.testData} has ${
      counted(test.length, "record")
    }; ` +
      `delete that cell there to measure it again.`,
  );
}

const listed = ({ name, train, predict }: RealCell) =>
  [name, ...[train, predict].map((words) => `  deno task ${words.join(" ")}`)].join("\n");
