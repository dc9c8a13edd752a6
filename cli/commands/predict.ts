import { Option } from "@commander-js/extra-typings";
import { type DataPaths, nameData } from "../../data/files/data_paths.ts";
import { join } from "node:path";
import type { Reading } from "../../data/reading.ts";
import type { Shard } from "../../data/record_blocks.ts";
import { type ScoreForm, scoreFormOf, scoreForms } from "../../data/score_files/write_score_file.ts";
import type { ScoreRange } from "../../data/scores.ts";
import type { Profile } from "../../engine/profile/profile.ts";
import { UsageError } from "../../kernels/errors.ts";
import { moments, quantile } from "../../data/moments.ts";
import type { CalibrateName } from "../../scoring/calibration/correction.ts";
import { readFixesTexts, readScoreRange } from "../../runs/score_range.ts";
import { BlockScorer } from "../../runs/stream/score_blocks.ts";
import type { ShiftRequest } from "../../scoring/shift/shift_scores.ts";
import { command } from "../command.ts";
import { textSource } from "../options/data_options.ts";
import { given, intervalLevel, type MetricFiles, metricFiles, oneOf, text } from "../options/options.ts";
import { holdsSubmission, refuseExisting } from "../output/out.ts";
import { profiled, type ProfiledCall, profileOf, profileOption } from "../profiled.ts";
import { RecordStream } from "../record_stream.ts";
import { describeWeights, expectCorrectable, warnUnfinished } from "../score_with.ts";
import { Scoring } from "../scoring.ts";
import * as reading from "../options/reading_options.ts";
import { dataForms, oneMorePath, readingOf } from "../options/reading_options.ts";
import * as scoring from "../options/scoring_options.ts";
import { shiftRequest } from "../options/shift_options.ts";
import { parseShard } from "../options/shard.ts";
import { columnNames, unseenColumn } from "../options/submission_columns.ts";
import { counted } from "../../data/texts/counted.ts";
import { alignColumns, type Terminal } from "../output/terminal.ts";

/** What `predict` is asked for. */
export interface PredictCall extends ProfiledCall {
  readonly run: string;
  /** Records: files, folders of such or `-`. */
  readonly data: DataPaths;
  /** How they are read; absent where they are in the fields of a record. */
  readonly reading?: Reading;
  /** The file to write, `-` for standard output; null for `submission.csv` in the folder of the run. */
  readonly out: string | null;
  readonly force: boolean;
  /** Rounds scores to integers. */
  readonly round: boolean;
  /** Name of a column with the standard deviation that the model gives each score; null for no such column. */
  readonly standardDeviation: "standard_deviation" | "spread" | null;
  /** Columns after the score, by name: fields of the records, and `unseen_metric`. */
  readonly columns: readonly string[];
  /** Folder of text embeddings; null for the run's encoder. */
  readonly embeddings: string | null;
  /** The run's encoder by another name; null for the name that the run knows. */
  readonly encoder: string | null;
  /** Metrics that the run does not know; null for none. */
  readonly metrics: MetricFiles | null;
  /** How records are allowed for whose scores are distributed otherwise than those of training. */
  readonly shift: ShiftRequest;
  /** How scores are corrected by the run's held-out rows. */
  readonly calibrate: CalibrateName;
  /** File of weights to score by in place of the run's own; null for none. */
  readonly weights?: string | null;
  /** Share of the true scores that the columns low and high should hold; null for no such columns. */
  readonly interval: number | null;
  /** Folder to save the model's inputs in; null for none. */
  readonly saveFeatures: string | null;
  /** Folder to save the embeddings that the model makes of the records; null for none. */
  readonly saveEmbeddings?: string | null;
  /** The part of the records that is scored; absent or null for all. */
  readonly shard?: Shard | null;
  /** Form of the file of scores; absent or null for the one that its name asks for. */
  readonly outFormat?: ScoreForm | null;
}

/** `predict`: scores records with a run. */
export function predictCommand(act: (call: PredictCall) => Promise<void>) {
  return command("predict", "Score records with a trained run.", [
    ["predict --run runs/a --data test.json --out submission.csv", "Scores as CSV, ID,score"],
    [
      `predict --run runs/a --data test.json --columns id,metric_name,${unseenColumn}`,
      "With the records' own id, their metric, and a mark where training lacked it",
    ],
    ["predict --run runs/a --data test.json --interval 0.9", "With bounds that hold nine true scores in ten"],
    ["predict --run runs/a --data big.parquet --out scores.parquet --shard 1/8", "The first of eight equal parts"],
    ["predict --run runs/a --data - --out - --out-format jsonl", "From standard input to standard output"],
    [
      "predict --run runs/a --data new.json --metric-names new_names.json --metric-embeddings new.npy",
      "Score metrics that training has not seen",
    ],
  ])
    .requiredOption("--run <folder>", "folder of a trained run", text("--run"))
    .requiredOption("--data <file>", `records; scores in them are passed over: ${dataForms}`, oneMorePath)
    .addOption(reading.format)
    .addOption(reading.map)
    .addOption(reading.scoreRange)
    .addOption(reading.recover)
    .option(
      "--out <file>",
      "file to write: .csv, .jsonl or .parquet, or - for standard output (default: submission.csv in the folder of the run)",
      text("--out"),
    )
    .option("--out-format <name>", `form of the scores: ${scoreForms.join(", ")}`, oneOf("--out-format", scoreForms))
    .option("--shard <i/n>", "score the i-th of n equal parts of the records, as 1/8", parseShard)
    .option(
      "--force",
      "replace whatever is at --out, --save-features or --save-embeddings; an earlier submission is replaced anyway",
    )
    .option("--round", "round scores to integers")
    .option(
      "--standard-deviation",
      "add a column standard_deviation of each score, as the model gives it (--spread, its former name, calls it spread)",
    )
    .addOption(new Option("--spread").hideHelp())
    .option(
      "--columns <names>",
      `add columns: fields of the records, and ${unseenColumn}, which is 1 where training lacked the metric`,
      columnNames,
    )
    .addOption(scoring.embeddings)
    .addOption(scoring.encoder)
    .addOption(scoring.metricNames)
    .addOption(scoring.metricEmbeddings)
    .addOption(scoring.metricDefinitions)
    .addOption(scoring.shift)
    .addOption(scoring.shiftTarget)
    .addOption(scoring.calibrate)
    .addOption(scoring.weights)
    .option(
      "--interval <share>",
      "add columns low and high that hold such a share of the true scores, as 0.9",
      intervalLevel,
    )
    .option(
      "--save-features <folder>",
      "save the model's inputs as .npy, to repeat the scores elsewhere",
      text("--save-features"),
    )
    .option(
      "--save-embeddings <folder>",
      "save what the model makes of each record before it scores it as .npy, for --embeddings of another run",
      text("--save-embeddings"),
    )
    .addOption(profileOption)
    .action((
      {
        run,
        data,
        out,
        outFormat,
        shard,
        force,
        round,
        standardDeviation,
        spread,
        columns,
        embeddings,
        encoder,
        saveFeatures,
        saveEmbeddings,
        ...options
      },
    ) =>
      act({
        run,
        data,
        ...readingOf(options),
        out: out ?? null,
        force: force ?? false,
        round: round ?? false,
        standardDeviation: standardDeviation ? "standard_deviation" : spread ? "spread" : null,
        columns: columns ?? [],
        ...textSource({ encoder, embeddings }),
        metrics: metricFiles(options),
        shift: shiftRequest(options),
        calibrate: options.calibrate ?? "none",
        weights: options.weights ?? null,
        interval: options.interval ?? null,
        saveFeatures: saveFeatures ?? null,
        saveEmbeddings: saveEmbeddings ?? null,
        ...given({ shard, outFormat }),
        ...profileOf(options),
      })
    );
}

export async function predict(call: PredictCall, terminal: Terminal): Promise<void> {
  await profiled(call, terminal, (profile) => predictWatched(call, terminal, profile));
}

async function predictWatched(call: PredictCall, terminal: Terminal, profile?: Profile): Promise<void> {
  const { run, shard = null, weights = null, saveFeatures, saveEmbeddings = null } = call;
  const isPiped = call.out === standardOutput;
  await expectCorrectable(call);
  const form = call.outFormat ?? (call.out === null ? "csv" : scoreFormOf(call.out));
  const out = call.out ?? join(run, `submission${shard ? `-${shard.index}-of-${shard.count}` : ""}.${form}`);
  const replaced = !isPiped && await holdsSubmission(out, call.force);
  if (saveFeatures !== null) await refuseExisting(saveFeatures, "--save-features", call.force);
  if (saveEmbeddings !== null) await refuseExisting(saveEmbeddings, "--save-embeddings", call.force);
  const shift = isPiped || shard ? eachAlone(call.shift, isPiped ? "--out -" : "--shard") : call.shift;
  const onNote = sayOnce(terminal), range = call.reading?.scoreRange ?? await readScoreRange(run);
  const blockSize = saveFeatures === null && saveEmbeddings === null ? recordsAtOnce : Infinity;
  const fixTexts = await readFixesTexts(run);
  const asked = { ...call, shift, shard, weights, saveEmbeddings, blockSize, fixTexts };
  using stream = await RecordStream.open(asked, onNote);
  if (weights !== null) onNote(describeWeights(weights));
  else await warnUnfinished(run, terminal);
  await using scorer = new BlockScorer(run, { weights, profile, onNote });
  const scoring = new Scoring(asked, range, stream, scorer, terminal);
  const summary = isPiped ? await scoring.pipe(form) : await scoring.write(out, form);
  if (!isPiped) {
    const instead = replaced ? ", in place of an earlier submission" : "";
    terminal.note(`${counted(stream.count, "score")} written to ${out}${instead}.\n`);
  }
  if (stream.undamaged !== null) {
    terminal.warn(
      `${nameData(call.data)} is damaged: the IDs 1 to ${stream.undamaged} are its first records, and all from ` +
        `${stream.undamaged + 1} on are missing.`,
    );
  }
  if (isPiped) return;
  const { unseen } = stream.describe();
  if (unseen !== null) terminal.note(unseen);
  if (!summary) return;
  terminal.note(summary.shift);
  terminal.note(describeScores(summary.scores, range));
}

/** Records that are scored at once: a multiple of the rows that run through a network together. */
const recordsAtOnce = 2048;

/** What `--out` calls standard output. */
const standardOutput = "-";

/** Says a sentence once, however many blocks of records it holds for. */
function sayOnce(terminal: Terminal): (sentence: string) => void {
  const said = new Set<string>();
  return (sentence) => {
    if (!said.has(sentence)) terminal.note(sentence);
    said.add(sentence);
  };
}

/** @throws UsageError for a way to allow for shift that looks at all records together */
function eachAlone({ name }: ShiftRequest, option: string): ShiftRequest {
  if (name === "auto" || name === "none") return { name: "none", target: null };
  throw new UsageError(`--shift ${name} looks at all records together, which ${option} does not wait for.`);
}

/** Most counts that stand in a line. */
const mostCounts = 21;

/** Mean, median, deviation, skewness, quartiles and counts of scores. */
function describeScores(scores: Float32Array, [low, high]: ScoreRange): string {
  const sorted = scores.toSorted(), { mean, median, deviation, skewness } = moments(Float64Array.from(scores))!;
  const at = (share: number) => quantile(sorted, share).toFixed(2);
  const steps = Number.isInteger(low) && high - low < mostCounts ? Math.floor(high - low) + 1 : 0;
  const values = Array.from({ length: steps }, (_, step) => low + step);
  const counts = values.map((value) => sorted.filter((score) => Math.round(score) === value).length);
  return [
    `mean ${mean.toFixed(2)}, median ${median.toFixed(2)}, sd ${deviation.toFixed(2)}, skewness ${skewness.toFixed(2)}`,
    `lowest ${at(0)}, quartiles ${at(0.25)} ${at(0.5)} ${at(0.75)}, highest ${at(1)}`,
    ...(steps > 0 ? [alignColumns([["score", ...values.map(String)], ["rows", ...counts.map(String)]])] : []),
  ].join("\n");
}
