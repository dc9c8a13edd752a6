import type { EncodingCounts, Observer } from "../data/observer.ts";
import type { ScoreRows } from "../data/score_files/score_rows.ts";
import { type ScoreForm, scorePieces, writeScoreFile } from "../data/score_files/write_score_file.ts";
import type { ScoreRange } from "../data/scores.ts";
import { UsageError } from "../kernels/errors.ts";
import { RunFolder } from "../runs/run_folder.ts";
import { type Part, Parts } from "../runs/stream/parts_folder.ts";
import { type ModelRows, needsClasses } from "../runs/stream/record_scorer.ts";
import type { BlockScorer } from "../runs/stream/score_blocks.ts";
import { openTrained } from "../runs/trained_folder.ts";
import type { Intervals } from "../scoring/calibration/conformal.ts";
import type { CorrectionOptions } from "../scoring/calibration/correction.ts";
import { saveEmbeddings, saveFeatures } from "../scoring/model_scorer.ts";
import { scaleErrors, scaleIntervals, scaleScores } from "../scoring/score_scale.ts";
import { joinTargetRows } from "../scoring/shift/rows.ts";
import type { ShiftedPredictions } from "../scoring/shift/shift_scores.ts";
import { describeShift } from "./options/shift_options.ts";
import { columnTitle } from "./options/submission_columns.ts";
import { createEncodingReporter } from "./output/encoding_progress.ts";
import { ScoringProgress } from "./output/scoring_progress.ts";
import { writeToStdout } from "./output/stdout.ts";
import type { Terminal } from "./output/terminal.ts";
import type { RecordStream, StreamCall } from "./record_stream.ts";
import { corrected, fitCorrection } from "./score_with.ts";

/** What is wanted of scores. */
export interface ScoringCall extends StreamCall, CorrectionOptions {
  readonly round: boolean;
  /** Name of the column of standard deviations; null for no such column. */
  readonly standardDeviation: "standard_deviation" | "spread" | null;
  /** Folder to save the models' inputs in; null for none. */
  readonly saveFeatures: string | null;
  /** Folder to save the embeddings in that the model makes of the records; null for none. */
  readonly saveEmbeddings: string | null;
}

/** What is said of scores in the end. */
export interface ScoringSummary {
  /** All scores, on the scale of the data. */
  readonly scores: Float32Array;
  /** How shift was allowed for. */
  readonly shift: string;
}

/** Scores of some records on the scale of the data. */
interface Finished {
  readonly score: Float32Array;
  readonly standardDeviation: Float32Array | null;
  readonly intervals: Intervals | null;
}

/** The columns that scores of no record have. */
const nothing = ({ standardDeviation, interval }: ScoringCall): Finished => ({
  score: new Float32Array(),
  standardDeviation: standardDeviation && new Float32Array(),
  intervals: interval === null ? null : { low: new Float32Array(), high: new Float32Array() },
});

/** The scoring of a stream of records: to a file, which appears once all are scored, or to standard output as it goes. */
export class Scoring {
  constructor(
    readonly call: ScoringCall,
    readonly range: ScoreRange,
    readonly stream: RecordStream,
    readonly scorer: BlockScorer,
    readonly terminal: Terminal,
  ) {}

  /**
   * Scores all records and writes them to a file. Until then finished blocks are kept in a folder beside it, so that the
   * same call goes on where it was killed. Shift is estimated from all records, but in a shard.
   *
   * @returns null when there are no records, as in one of many shards
   */
  async write(out: string, form: ScoreForm): Promise<ScoringSummary | null> {
    const { call, stream, terminal } = this;
    const models = (await openTrained(call.run)).runs.map((run) => new RunFolder(run).model);
    using parts = await Parts.open(`${out}.unfinished`, await stream.about(models, needsClasses(call.shift.name)));
    const kept: ModelRows[] = [];
    await this.#scoreAll(parts, (part) => void (call.shard || kept.push(part.rows)));
    for (const sentence of stream.describe().texts) terminal.note(sentence);
    if (stream.count === 0) {
      await writeScoreFile(out, form, [this.#rows(new Uint32Array(), nothing(call), call.columns.map(() => []))]);
      return null;
    }
    const scores = new Float32Array(stream.count),
      finish = call.shard ? await this.#each() : await this.#together(kept);
    const rows = async function* (of: typeof Scoring.prototype) {
      let at = 0;
      for await (const part of parts.all()) {
        const finished = finish.rows(part);
        scores.set(finished.score, at);
        at += finished.score.length;
        yield of.#rows(part.numbers, finished, part.columns);
      }
    };
    await writeScoreFile(out, form, rows(this));
    await parts.remove();
    return { scores, shift: finish.describe(scores) };
  }

  /** Scores records as they come and writes them to standard output, each by itself. @returns null: no summary is made */
  async pipe(form: ScoreForm): Promise<null> {
    const { readable, writable } = new TransformStream<ScoreRows>(), writer = writable.getWriter();
    const writing = (async () => {
      for await (const piece of scorePieces(form, readable, "standard output")) await writeToStdout(piece);
    })();
    // Thrown when the next rows are written.
    writing.catch(() => {});
    const finish = await this.#each();
    try {
      await this.#scoreAll(null, (part) => writer.write(this.#rows(part.numbers, finish.rows(part), part.columns)));
    } catch (error) {
      await writer.abort(error).catch(() => {});
      throw error;
    }
    await writer.close();
    await writing;
    return null;
  }

  async #scoreAll(parts: Parts | null, take: (part: Part) => Promise<void> | void): Promise<void> {
    const { call, stream, terminal } = this, progress = new ScoringProgress(terminal);
    const encoding = createEncodingReporter(terminal);
    let blocks = 0, encoded: EncodingCounts | null = null;
    // What the encoding of one block alone came to is worth a line.
    const observer: Observer = { encoding: encoding.encoding, encoded: (counts) => encoded = counts };
    await this.scorer.scoreAll(stream.blocks((read, of) => progress.read(read, of)), {
      parts,
      withClasses: needsClasses(call.shift.name),
      scoreOptions: (block) => stream.scoreOptions(block, observer),
      columns: (block) => stream.columns(block),
      features: async ([features, ...others]) => {
        if (call.saveFeatures === null) return;
        if (others.length > 0) {
          throw new UsageError(`${call.run} is an ensemble; --save-features needs one of its members.`);
        }
        await saveFeatures(call.saveFeatures, features!);
      },
      embeddings: call.saveEmbeddings === null
        ? null
        : (embeddings) => saveEmbeddings(call.saveEmbeddings!, embeddings),
      take: async (part, _, isOld) => {
        // Said before all else is scored.
        if (blocks++ === 0 && call.standardDeviation) {
          this.#expectDeviations((await this.scorer.open()).predict(part.rows, { name: "none", target: null }));
        }
        await take(part);
        progress.scored(part.numbers.length, isOld);
      },
      onLoss: (sentence) => terminal.warn(sentence),
    });
    terminal.status("");
    if (blocks > 1) progress.end();
    else if (encoded) encoding.encoded(encoded);
  }

  /** Scores under the shift that all records together call for. */
  async #together(rows: readonly ModelRows[]) {
    const { call, scorer, range, terminal } = this, model = await scorer.open();
    const joined = model.scorers.map((_, i) => joinTargetRows(rows.map((one) => one[i]!)));
    const predictions = model.predict(joined, call.shift);
    const features = model.ensemble ? null : model;
    const { score, intervals } = await corrected(call, { predictions, features }, (note) => terminal.note(note));
    const all = this.#scaled({ ...predictions, score }, intervals);
    let at = 0;
    return {
      rows: ({ numbers: { length } }: Part): Finished => {
        const cut = (values: Float32Array) => values.subarray(at, at + length);
        const { score, standardDeviation, intervals } = all,
          part = {
            score: cut(score),
            standardDeviation: standardDeviation && cut(standardDeviation),
            intervals: intervals && { low: cut(intervals.low), high: cut(intervals.high) },
          };
        at += length;
        return part;
      },
      describe: () => describeShift(call.shift, predictions, range),
    };
  }

  /** Scores of each record by itself; what held-out rows say is for records like those of training. */
  async #each() {
    const { call, scorer } = this, model = await scorer.open(), correction = await fitCorrection(call, null);
    return {
      rows: (part: Part): Finished => {
        const predictions = model.predict(part.rows, call.shift), { score, standardDeviation } = predictions;
        const corrected = correction?.apply(score, standardDeviation) ?? { score, intervals: null };
        return this.#scaled({ ...predictions, score: corrected.score }, corrected.intervals);
      },
      describe: (scores: Float32Array) =>
        describeShift(call.shift, {
          ...{ score: scores, unshifted: scores, shift: "none" },
          ...{ standardDeviation: null, probabilities: null, applied: null, fit: null },
        }),
    };
  }

  #expectDeviations({ standardDeviation }: ShiftedPredictions): void {
    const { call } = this;
    if (!call.standardDeviation || standardDeviation) return;
    const option = `--${call.standardDeviation.replace("_", "-")}`;
    throw new UsageError(`${call.run} says nothing of how sure it is; leave ${option} out.`);
  }

  #scaled({ score, standardDeviation }: ShiftedPredictions, intervals: Intervals | null): Finished {
    const { range } = this;
    return {
      score: scaleScores(score, range),
      standardDeviation: standardDeviation && scaleErrors(standardDeviation, range),
      intervals: intervals && scaleIntervals(intervals, range),
    };
  }

  #rows(
    numbers: Uint32Array,
    { score, standardDeviation, intervals }: Finished,
    taken: readonly (readonly unknown[])[],
  ): ScoreRows {
    const { round, standardDeviation: name, columns } = this.call;
    return {
      numbers,
      columns: [
        { name: "score", values: round ? score.map((one) => Math.floor(one + 0.5)) : score },
        ...name && standardDeviation ? [{ name, values: standardDeviation }] : [],
        ...intervals ? [{ name: "low", values: intervals.low }, { name: "high", values: intervals.high }] : [],
        ...columns.map((column, i) => ({ name: columnTitle(column), values: taken[i]! })),
      ],
    };
  }
}
