import { Correction, type CorrectionOptions } from "../../scoring/calibration/correction.ts";
import { scaleErrors, scaleIntervals, scaleScores } from "../../scoring/score_scale.ts";
import { calibrationRows } from "../../runs/calibration_rows.ts";
import { learntFromPairs, pairsHaveNoScale } from "../../runs/score_range.ts";
import { MetrogradError, UsageError } from "../../kernels/errors.ts";
import type { ScoredRecords } from "../../runs/trained_folder.ts";
import type { LoadedRuns } from "./loaded_runs.ts";
import type { ScoreItem, ServedRun } from "./served_run.ts";

/** What a run says of a record, on the run's scale. */
export interface ServedScore {
  readonly score: number;
  /** Null where the run gives none. */
  readonly standardDeviation: number | null;
  /** Null where the run has too few held-out rows. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Probability that the metric fits the texts; null where no fit model judges it. */
  readonly fit: number | null;
}

/** Scores do not depend on the other records of a step: how those are distributed is not looked at. */
const noShift = { name: "none", target: null } as const;

/** Scores records with a run that is served, any number at a time. */
export class ScoreStep {
  readonly #runs: LoadedRuns;
  readonly #run: ServedRun;
  readonly #options: CorrectionOptions;
  #correction: Correction | null = null;

  constructor(runs: LoadedRuns, run: ServedRun, options: CorrectionOptions) {
    this.#runs = runs;
    this.#run = run;
    this.#options = options;
  }

  /** Share of the true scores that intervals hold; null where there are none. */
  get level(): number | null {
    return this.#correction?.conformal ? this.#options.interval : null;
  }

  /**
   * Scores a record to see that the run can score texts, compiles what that takes, and learns from the held-out rows.
   *
   * @param onNote told where those are too few
   */
  async warmUp(onNote: (sentence: string) => void): Promise<void> {
    const [metric = ""] = this.#run.trained;
    const texts = { systemPrompt: "Be brief.", userPrompt: "What is asked?", response: "What is answered." };
    const record = { metric, ...texts, score: null, extra: {} };
    const { predictions: { applied } } = await this.#score([{ record, definition: null }]);
    const { folder: { path }, name } = this.#run, rows = () => calibrationRows(path, applied);
    if (await learntFromPairs(path)) {
      if (this.#options.calibrate !== "none") {
        throw new UsageError(`${name} cannot take --calibrate: ${pairsHaveNoScale}.`);
      }
      if (this.#options.interval !== null) onNote(`${name}: scores come without intervals: ${pairsHaveNoScale}.`);
      return;
    }
    try {
      this.#correction = Correction.fit(await rows(), this.#options, path);
    } catch (error) {
      if (!(error instanceof MetrogradError) || this.#options.interval === null) throw error;
      onNote(`${name}: scores come without intervals. ${error.message}`);
      this.#correction = Correction.fit(await rows(), { ...this.#options, interval: null }, path);
    }
  }

  /** Scores records. @throws DeviceError when there is no GPU any more, MetrogradError where a text cannot be encoded */
  async score(items: readonly ScoreItem[]): Promise<ServedScore[]> {
    const { predictions, fits } = await this.#score(items), { scoreRange } = this.#run;
    const corrected = this.#correction?.apply(predictions.score, predictions.standardDeviation);
    const score = scaleScores(corrected?.score ?? predictions.score, scoreRange);
    const deviation = predictions.standardDeviation && scaleErrors(predictions.standardDeviation, scoreRange);
    const bounds = corrected?.intervals && scaleIntervals(corrected.intervals, scoreRange);
    return items.map((_, i) => ({
      score: score[i]!,
      standardDeviation: deviation?.[i] ?? null,
      interval: bounds ? [bounds.low[i]!, bounds.high[i]!] : null,
      fit: fits && !Number.isNaN(fits[i]) ? fits[i]! : null,
    }));
  }

  #score(items: readonly ScoreItem[]): Promise<ScoredRecords> {
    const defined = items.flatMap(({ record, definition }) =>
      definition === null ? [] : [[record.metric, definition] as const]
    );
    const definitions = defined.length > 0 ? new Map(defined) : null;
    const records = items.map(({ record }) => record);
    return this.#runs.use(
      this.#run.name,
      (run, encoding) => run.score(records, { source: "the request", definitions, ...encoding }, noShift),
    );
  }
}
