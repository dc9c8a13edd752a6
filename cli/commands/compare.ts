import { type DataPaths, nameData } from "../../data/files/data_paths.ts";
import { fromStandard } from "../../data/scores.ts";
import { UsageError } from "../../kernels/errors.ts";
import {
  compareScores,
  describeRun,
  meanScores,
  type RunLine,
  type TestLine,
  type TestScores,
} from "../../runs/compare.ts";
import { scaleScores } from "../../scoring/score_scale.ts";
import { readScoreRange } from "../../runs/score_range.ts";
import { describeTrainedOn } from "../../runs/trained_on.ts";
import { command } from "../command.ts";
import { readLabelled } from "./evaluate.ts";
import { type ComparedRecords, comparedRecords, withComparedRecords } from "../options/compared_records.ts";
import { scoreWith } from "../score_with.ts";
import { alignColumns, type Terminal } from "../output/terminal.ts";

/** What `compare` is asked for. */
export interface CompareCall extends ComparedRecords {
  readonly json: boolean;
}

/** `compare`: one table of several runs. */
export function compareCommand(act: (call: CompareCall) => Promise<void>) {
  return withComparedRecords(
    command("compare", "Compare runs, ensembles and folds in one table.", [
      ["compare runs/*", "What each reached on the rows that it held out"],
      ["compare runs/* --data labelled.json", "All on the same records, each against the best"],
    ]),
    "folders of trained runs, ensembles or folds",
  )
    .option("--json", "print the figures as JSON")
    .action((runs, { json, ...options }) => act({ ...comparedRecords(runs, options), json: json ?? false }));
}

/** A run's figures, with those on the records that all have scored. */
type Line = RunLine & { readonly test: TestLine | null };

export async function compare({ runs, data, ...call }: CompareCall, terminal: Terminal): Promise<void> {
  const described = await Promise.all(runs.map(describeRun));
  described.forEach((line, i) => {
    if (!line) terminal.warn(`${runs[i]} is left out: it is not finished; go on with train --resume ${runs[i]}.`);
  });
  const finished = described.filter((line) => line !== null);
  if (finished.length === 0) throw new UsageError("None of the runs is finished; there is nothing to compare.");
  const tests = data === null ? null : await testAll(finished, { data, ...call }, terminal);
  const lines = finished.map((line, i): Line => ({ ...line, test: tests?.[i] ?? null }));
  const figure = ({ rmse, test }: Line) => test?.rmse ?? rmse;
  lines.sort((a, b) => figure(a) - figure(b));
  terminal.print(call.json ? JSON.stringify(lines, null, 2) : formatLines(lines, data));
  if (!call.json && new Set(lines.map(({ constantRmse }) => constantRmse.toFixed(6))).size > 1) {
    terminal.note(
      "\nThe runs held out different rows, as the constant's figures show; --data measures all on the same.",
    );
  }
  const scales = call.json ? null : describeScales(lines);
  if (scales !== null) terminal.note(scales);
}

/** Says that errors on held-out rows are on different scales; null where they are on one. */
function describeScales(lines: readonly RunLine[]): string | null {
  const [first] = lines, other = lines.find(({ scoreRange }) => scoreRange.join() !== first?.scoreRange.join());
  if (!first || !other) return null;
  const scale = ({ run, scoreRange: [low, high] }: RunLine) => `${low} to ${high} for ${run}`;
  return `The figures of held-out rows are on the scale of each run's scores, ${scale(first)} and ${scale(other)}; ` +
    "those on different scales cannot be compared.";
}

async function testAll(
  lines: readonly RunLine[],
  { data, reading, scores, embeddings, metrics, shift }: Omit<CompareCall, "runs" | "data"> & {
    readonly data: DataPaths;
  },
  terminal: Terminal,
): Promise<TestLine[]> {
  // Runs read the same files, so that what is worth knowing of them is said once.
  const said = new Set<string>();
  const note = (sentence: string) => {
    if (!said.has(sentence)) terminal.note(sentence);
    said.add(sentence);
  };
  const labelled = { data, ...(reading ? { reading } : {}), scores };
  const { records, actual, range, definitions } = await readLabelled(
    labelled,
    note,
    await readScoreRange(lines[0]!.scorers[0]!),
  );
  const all: TestScores[] = [];
  for (const { run: name, scorers, needsEmbeddings } of lines) {
    terminal.status(`Scoring with ${name}`);
    const each: TestScores[] = [];
    for (const run of scorers) {
      const call = {
        run,
        data,
        embeddings: needsEmbeddings ? embeddings : null,
        encoder: null,
        metrics,
        definitions,
        shift,
        ...(reading ? { reading } : {}),
      };
      const { predictions: { score }, ridge, trainMean } = await scoreWith(call, records, { ...terminal, note });
      each.push({ score, ridge, trainMean });
    }
    const trainedOn = await describeTrainedOn(name, records, nameData(data));
    if (trainedOn !== null) note(trainedOn);
    const { score, ridge, trainMean } = meanScores(each);
    all.push({
      score: scaleScores(score, range),
      ridge: ridge && scaleScores(ridge, range),
      trainMean: fromStandard(trainMean, range),
    });
  }
  terminal.status("");
  return compareScores(all, scaleScores(actual, range));
}

function formatLines(lines: readonly Line[], data: DataPaths | null): string {
  const trained = alignColumns([
    [
      "held out by the run",
      "recipe",
      "seed",
      "rows",
      "RMSE",
      "95 % interval",
      "mismatched",
      "ridge",
      "constant",
      "seconds",
    ],
    ...lines.map((line) => [
      line.run,
      recipeOf(line),
      line.seed === null ? "-" : String(line.seed),
      String(line.rows),
      figure(line.rmse),
      interval(line.rmseInterval),
      figure(line.mismatchedRmse),
      figure(line.ridgeRmse),
      figure(line.constantRmse),
      line.seconds.toFixed(1),
    ]),
  ], 2);
  if (data === null) return trained;
  const tested = alignColumns([
    [nameData(data), "RMSE", "95 % interval", "behind the best", "95 % interval", "ridge", "constant"],
    ...lines.map(({ run, test }) => [
      run,
      figure(test!.rmse),
      interval(test!.rmseInterval),
      figure(test!.behind),
      test!.behind === 0 ? "" : interval(test!.behindInterval),
      figure(test!.ridgeRmse),
      figure(test!.constantRmse),
    ]),
  ]);
  return `${tested}\n\n${trained}`;
}

function recipeOf({ recipe, members, folds }: RunLine): string {
  const what = members === null ? recipe : `${recipe} of ${members}`;
  return folds === null ? what : `${what}, ${folds} folds`;
}

const figure = (value: number | null) => value === null ? "-" : value.toFixed(3);
const interval = (ends: readonly [number, number] | null) =>
  ends === null ? figure(null) : `${figure(ends[0])} to ${figure(ends[1])}`;
