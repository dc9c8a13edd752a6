import { meanScore } from "../../data/evaluation.ts";
import type { MetricRecord } from "../../data/records.ts";
import type { Engine } from "../../engine/engine.ts";
import { DataError } from "../../kernels/errors.ts";
import { finishScore } from "../../scoring/finish_score.ts";
import { Scorer } from "../scorer.ts";
import type { ScoreOptions } from "../../scoring/model_scorer.ts";
import { moveMean } from "../../scoring/shift/mean.ts";
import type { ShiftName } from "../../scoring/shift/names.ts";
import type { ShiftedPredictions } from "../../scoring/shift/shift_scores.ts";
import { RunFolder } from "../run_folder.ts";
import {
  type Combination,
  combine,
  combinedStandardDeviation,
  type CombineName,
  combineNames,
  fitCombination,
} from "./combine.ts";
import { type EnsembleConfig, EnsembleFolder, type FittedEnsemble, mismatchedShareOf } from "./config.ts";
import { readHeldOut, rowsToFit } from "./held_out.ts";

/** What the members of an ensemble say of records, each [members][rows]. */
export interface MemberPredictions {
  /** Their scores. */
  readonly scores: readonly Float32Array[];
  /** The scores without what allows for shift. */
  readonly unshifted: readonly Float32Array[];
  /** Standard deviations; for a member that gives none its RMSE on the validation rows. */
  readonly standardDeviations: readonly Float32Array[];
  /** How each member allowed for shift, [members]. */
  readonly taken: readonly ShiftedPredictions["shift"][];
  /** What ridge regression on the first member's inputs says, [rows]; null in runs of an earlier version. */
  readonly baseline: Float32Array | null;
  /** Probability that each row's metric fits, the mean of the members that judge it; NaN where none does, [rows]. */
  readonly fits: Float64Array;
}

/** How the members of an ensemble allow for shift where the ensemble does so in a way; "mean" moves the combined scores. */
export function shiftOfMembers(shift: ShiftName, target: number | null): Exclude<ShiftName, "mean"> {
  return shift !== "mean" ? shift : target === null ? "em" : "none";
}

/** A trained ensemble, ready to score records. */
export class EnsembleScorer {
  /** The members, where they stay loaded. */
  #kept: readonly Scorer[] | null = null;

  private constructor(
    readonly engine: Engine,
    readonly path: string,
    readonly config: EnsembleConfig,
    readonly fitted: FittedEnsemble,
  ) {}

  /** Reads how an ensemble is combined; its members are loaded as they are needed. @throws DataError when the folder holds no finished one */
  static async load(engine: Engine, path: string): Promise<EnsembleScorer> {
    const { config, fitted } = await new EnsembleFolder(path).read();
    if (fitted?.weights.length === config.members.length) return new EnsembleScorer(engine, path, config, fitted);
    throw new DataError(`${path} has members that are not trained yet; go on with train --resume ${path}.`);
  }

  /** Loads all members, which then stay on the GPU until `dispose`. */
  async keepMembers(): Promise<void> {
    const folder = new EnsembleFolder(this.path), kept: Scorer[] = [];
    this.#kept = kept;
    for (const member of this.config.members.keys()) {
      kept.push(await Scorer.load(this.engine, folder.member(this.config, member)));
    }
  }

  /** Frees the members that `keepMembers` loaded. */
  dispose(): void {
    for (const scorer of this.#kept ?? []) scorer.dispose();
    this.#kept = null;
  }

  /** Vectors of texts by the first member's encoder, [texts, dimension]. @throws DataError where it has none */
  async embed(texts: readonly string[], options: Omit<ScoreOptions, "source">): Promise<Float32Array<ArrayBuffer>> {
    return await this.#withMember(0, (scorer) => scorer.embed(texts, options));
  }

  /** A member, which is loaded for the work alone unless it is kept. */
  async #withMember<Result>(member: number, work: (scorer: Scorer) => Promise<Result>): Promise<Result> {
    const kept = this.#kept?.[member];
    if (kept) return await work(kept);
    const scorer = await Scorer.load(this.engine, new EnsembleFolder(this.path).member(this.config, member));
    try {
      return await work(scorer);
    } finally {
      scorer.dispose();
    }
  }

  /**
   * Scores records with each member and combines what they say.
   *
   * @returns also what ridge regression on the first member's inputs says, as `Scorer.predictBaseline` does, and the
   * probability that each row's metric fits
   * @param shift how rows are allowed for whose scores are distributed otherwise than those of training: each member does so by
   * what it knows of its own held-out rows, but for "mean", which moves the combined scores
   * @param target "mean": what the mean score is to be; null for the mean that "em" comes to
   * @throws DataError as `Scorer.features` does, UsageError as `Scorer.predict` does
   */
  async predict(
    records: readonly MetricRecord[],
    options: ScoreOptions,
    shift: ShiftName = "auto",
    target: number | null = null,
  ): Promise<ShiftedPredictions & Pick<MemberPredictions, "baseline" | "fits">> {
    const { baseline, fits, ...each } = await this.predictEach(records, options, shiftOfMembers(shift, target));
    return { ...this.combine(each, shift, target), baseline, fits };
  }

  /** Combines what the members say under `shiftOfMembers`. */
  combine(
    { scores, unshifted, standardDeviations, taken }: Omit<MemberPredictions, "baseline" | "fits">,
    shift: ShiftName,
    target: number | null,
  ): ShiftedPredictions {
    const { fitted, config: { settings: { prediction } } } = this;
    const exact = { ...prediction, round: false };
    const combined = (each: readonly Float32Array[], as = prediction) =>
      Float32Array.from(combine(each, fitted), (score) => finishScore(score, as));
    const standardDeviation = Float32Array.from(combinedStandardDeviation(scores, standardDeviations, fitted));
    const plain = {
      standardDeviation,
      probabilities: null,
      unshifted: combined(unshifted),
      applied: null,
      fit: null,
    };
    if (shift === "mean") {
      const mean = target ?? meanScore(combined(scores, exact));
      return { ...plain, score: moveMean(combined(unshifted, exact), mean, prediction), shift };
    }
    return { ...plain, score: combined(scores), shift: taken.find((one) => one !== "none") ?? "none" };
  }

  /** How the members are combined in each way, fitted to the validation rows as that of the ensemble is. */
  async fitEachWay(): Promise<(readonly [name: CombineName, combination: Combination])[]> {
    const { config } = this, folder = new EnsembleFolder(this.path);
    const runs = config.members.map((_, member) => new RunFolder(folder.member(config, member)));
    const rows = rowsToFit(await readHeldOut(runs), mismatchedShareOf(config));
    return combineNames.map((name) => [name, fitCombination(rows, { ...config.settings.combine, name })] as const);
  }

  /** What each member says of records, one at a time on the GPU. @throws DataError and UsageError as `predict` does */
  async predictEach(
    records: readonly MetricRecord[],
    { onNote = () => {}, ...options }: ScoreOptions,
    shift: Exclude<ShiftName, "mean"> = "auto",
  ): Promise<MemberPredictions> {
    const { config } = this, each: ShiftedPredictions[] = [], fits: Float64Array[] = [];
    let baseline: Float32Array | null = null;
    // All members read the same files, so that what is worth knowing of them is said once.
    const said = new Set<string>();
    const note = (sentence: string) => {
      if (!said.has(sentence)) onNote(sentence);
      said.add(sentence);
    };
    for (const member of config.members.keys()) {
      await this.#withMember(member, async (scorer) => {
        const features = await scorer.features(records, { ...options, onNote: note });
        if (member === 0) baseline = scorer.predictBaseline(features);
        const predictions = await scorer.predict(features, shift, null, options),
          judged = scorer.fits(features, predictions);
        each.push(predictions);
        if (judged) fits.push(judged);
      });
    }
    return { ...this.gather(each), baseline, fits: meanOfKnown(fits, records.length) };
  }

  /** What members say, one by one, in the form of `combine`. */
  gather(each: readonly ShiftedPredictions[]): Omit<MemberPredictions, "baseline" | "fits"> {
    const { rmse } = this.fitted;
    return {
      scores: each.map(({ score }) => score),
      unshifted: each.map(({ unshifted }) => unshifted),
      standardDeviations: each.map(({ standardDeviation, score }, member) =>
        standardDeviation ?? new Float32Array(score.length).fill(rmse[member]!)
      ),
      taken: each.map(({ shift }) => shift),
    };
  }
}

/** Mean of each row over those that are not NaN. */
function meanOfKnown(each: readonly Float64Array[], rows: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => {
    const known = each.map((one) => one[row]!).filter((one) => !Number.isNaN(one));
    return known.reduce((sum, one) => sum + one, 0) / known.length;
  });
}
