import { join } from "node:path";
import { readScores } from "../../../data/submission.ts";
import { UsageError } from "../../../kernels/errors.ts";
import { predict, predictCommand } from "../../../cli/commands/predict.ts";
import { createTerminal, type Terminal } from "../../../cli/output/terminal.ts";
import { train } from "../../../cli/commands/train.ts";
import { trainCommand } from "../../../cli/commands/train_call.ts";
import { readSettings } from "../../../cli/options/train_options.ts";
import { groupField, type SetFiles } from "./sets.ts";

/** A recipe on a set. */
export interface RealCell {
  /** Also the name of the run's folder: "usr-gaussian-process". */
  readonly name: string;
  readonly files: SetFiles;
  readonly recipe: string;
  /** The words after `deno task` that train the run. */
  readonly train: readonly string[];
  /** The words after `deno task` that score the test records. */
  readonly predict: readonly string[];
  /** The CSV file that this writes. */
  readonly submission: string;
  readonly run: string;
}

/** What a cell came to. */
export interface RealResult {
  readonly trainSeconds: number;
  readonly predictSeconds: number;
  /** What it was measured on. */
  readonly machine: string;
  /** Of the test records, in their order. */
  readonly scores: readonly number[];
}

/**
 * Every recipe on every set, set by set.
 *
 * @param options.recipes null for what `train` takes when no recipe is named
 * @param options.out folder of the runs
 */
export function realCells(
  sets: readonly SetFiles[],
  { recipes, out }: { readonly recipes: readonly string[] | null; readonly out: string },
): RealCell[] {
  const wanted = recipes?.map((recipe) => ({ recipe, words: ["--recipe", recipe] })) ??
    [{ recipe: readSettings({ shorthands: {} }, null).recipe, words: [] }];
  return sets.flatMap((files) =>
    wanted.map(({ recipe, words }) => {
      const name = `${files.name}-${recipe}`, run = join(out, name), submission = join(run, "test.csv");
      const metrics = ["--metric-names", files.metricNames, "--metric-embeddings", files.metricEmbeddings];
      return {
        name,
        files,
        recipe,
        run,
        submission,
        train: [
          ...["train", ...words, "--data", files.trainData, ...metrics],
          ...["--embeddings", files.trainEmbeddings, "--group-by", groupField, "--out", run],
        ],
        predict: [
          ...["predict", "--run", run, "--data", files.testData],
          ...["--embeddings", files.testEmbeddings, "--out", submission],
        ],
      };
    })
  );
}

/** @throws UsageError when the words of a cell are not what `train` takes, such as an unknown recipe */
export async function checkCell(cell: RealCell): Promise<void> {
  await parse(trainCommand(() => Promise.resolve()), cell.train);
}

/**
 * Trains a cell and scores its test records by the very commands that a user types. What an earlier, broken attempt has
 * left in the run's folder is removed, so that the seconds are those of the whole.
 */
export async function measureCell(
  { run, submission, ...words }: RealCell,
  { machine, say }: { readonly machine: string; readonly say: (line: string) => void },
): Promise<RealResult> {
  const terminal = quietTerminal(say);
  await Deno.remove(run, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  const seconds = async (work: Promise<void>) => {
    const started = performance.now();
    await work;
    return Number(((performance.now() - started) / 1000).toFixed(1));
  };
  const trainSeconds = await seconds(parse(trainCommand((call) => train(call, terminal)), words.train));
  const predictSeconds = await seconds(parse(predictCommand((call) => predict(call, terminal)), words.predict));
  return { trainSeconds, predictSeconds, machine, scores: Array.from(await readScores(submission)) };
}

/** Carries out a command. @throws UsageError in place of commander's own errors */
async function parse(
  command: { parseAsync(words: readonly string[], options: { from: "user" }): Promise<unknown> },
  [, ...words]: readonly string[],
): Promise<void> {
  try {
    await command.parseAsync(words, { from: "user" });
  } catch (error) {
    if (error instanceof Error && "code" in error && String(error.code).startsWith("commander.")) {
      throw new UsageError(error.message, { cause: error });
    }
    throw error;
  }
}

/** A terminal whose every line goes to one place. */
function quietTerminal(say: (line: string) => void): Terminal {
  const lines = (text: string) => {
    for (const line of text.split("\n")) if (line.trim() !== "") say(line);
  };
  return createTerminal({ out: lines, err: lines, interactive: false, color: false, columns: () => 120 });
}
