import type { Embeddings } from "../../data/pairs/feature_tables.ts";
import type { MetricRecord } from "../../data/records.ts";
import type { Engine } from "../../engine/engine.ts";
import { UsageError } from "../../kernels/errors.ts";
import type { Features, ScoreOptions } from "../../scoring/model_scorer.ts";
import type { ShiftName } from "../../scoring/shift/names.ts";
import type { TargetRows } from "../../scoring/shift/rows.ts";
import { type ShiftedPredictions, shiftedPredictions, type ShiftRequest } from "../../scoring/shift/shift_scores.ts";
import { EnsembleScorer, shiftOfMembers } from "../ensemble/scorer.ts";
import { Scorer } from "../scorer.ts";
import { openTrained } from "../trained_folder.ts";

/** What each model says of some rows: that of a run alone, those of an ensemble in their order. */
export type ModelRows = readonly TargetRows[];

/** A run or an ensemble, loaded to score many blocks of records. What it says of a block does not depend on the others. */
export class RecordScorer implements Disposable {
  private constructor(
    readonly scorers: readonly Scorer[],
    /** Null for a run. */
    readonly ensemble: EnsembleScorer | null,
  ) {}

  /**
   * Loads all models.
   *
   * @param weights file of weights in place of the run's own; null for none
   * @throws DataError when the folder holds no finished training, UsageError when it holds folds, and for weights beside an
   * ensemble
   */
  static async load(engine: Engine, path: string, weights: string | null): Promise<RecordScorer> {
    const trained = await openTrained(path), { kind, runs } = trained;
    // Says what can be done instead.
    if (kind === "folds" || kind === "ensemble" && weights !== null) {
      await trained.score(engine, [], { source: path, weights }, { name: "none", target: null });
    }
    const ensemble = kind === "ensemble" ? await EnsembleScorer.load(engine, path) : null, scorers: Scorer[] = [];
    try {
      for (const run of runs) scorers.push(await Scorer.load(engine, run, { weights }));
    } catch (error) {
      for (const scorer of scorers) scorer.dispose();
      throw error;
    }
    return new RecordScorer(scorers, ensemble);
  }

  /** What each model sees of records. @throws DataError as `Scorer.features` does */
  async features(records: readonly MetricRecord[], options: ScoreOptions): Promise<Features[]> {
    const features: Features[] = [];
    for (const scorer of this.scorers) features.push(await scorer.features(records, options));
    return features;
  }

  /** What the network makes of records before it scores them. @throws UsageError for an ensemble, or a recipe without such */
  async rowEmbeddings([features]: readonly Features[]): Promise<Embeddings> {
    const { scorers: [scorer], ensemble } = this;
    if (!ensemble) return await scorer!.rowEmbeddings(features!);
    throw new UsageError(`${ensemble.path} is an ensemble; embeddings are those of one of its members.`);
  }

  /** What each model says of what it saw. @param withClasses false leaves class probabilities out */
  async score(features: readonly Features[], withClasses: boolean): Promise<ModelRows> {
    const rows: TargetRows[] = [];
    for (const [i, scorer] of this.scorers.entries()) {
      const { predictions, evidence } = await scorer.score(features[i]!, { padded: true });
      rows.push({ predictions: withClasses ? predictions : { ...predictions, probabilities: null }, evidence });
    }
    return rows;
  }

  /** Scores, with shift allowed for. @throws UsageError where a run lacks what the shift is estimated by */
  predict(rows: ModelRows, { name, target }: ShiftRequest): ShiftedPredictions {
    const { scorers, ensemble } = this;
    const predict = (scorer: Scorer, i: number, shift: ShiftRequest) =>
      shiftedPredictions(rows[i]!, scorer.shift, shift, scorer.model.settings.prediction);
    if (!ensemble) return predict(scorers[0]!, 0, { name, target });
    const shift = { name: shiftOfMembers(name, target), target: null };
    return ensemble.combine(ensemble.gather(scorers.map((scorer, i) => predict(scorer, i, shift))), name, target);
  }

  /** True where a way to allow for shift may look at all records together. */
  looksAtAll(name: ShiftName): boolean {
    return name === "auto" ? this.scorers.some(({ shift }) => shift.fit !== null) : name !== "none";
  }

  /** Frees the networks. */
  [Symbol.dispose](): void {
    for (const scorer of this.scorers) scorer.dispose();
  }
}

/** True where a way to allow for shift may need class probabilities. */
export function needsClasses(name: ShiftName): boolean {
  return name !== "none" && name !== "auto";
}
