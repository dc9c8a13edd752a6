import type { MetricRecord } from "../../data/records.ts";
import type { Engine } from "../../engine/engine.ts";
import { DataError } from "../../kernels/errors.ts";
import type { Predictions } from "../predict_rows.ts";
import { finishScore, type ScoreOptions, Scorer } from "../scorer.ts";
import type { ShiftName } from "../shift.ts";
import { combine, combinedSpread } from "./combine.ts";
import { type EnsembleConfig, EnsembleFolder, type FittedEnsemble } from "./config.ts";

/** A trained ensemble, ready to score records. */
export class EnsembleScorer {
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

  /**
   * Scores records with each member, one at a time on the GPU, and combines what they say.
   *
   * @param shift how rows whose metric does not fit are allowed for by members with a gate
   * @throws DataError as `Scorer.features` does
   */
  async predict(
    records: readonly MetricRecord[],
    { onNote = () => {}, ...options }: ScoreOptions,
    shift: ShiftName = "auto",
  ): Promise<Predictions> {
    const { config, fitted } = this, folder = new EnsembleFolder(this.path);
    const scores: Float32Array[] = [], spreads: Float32Array[] = [];
    // All members read the same files, so that what is worth knowing of them is said once.
    const said = new Set<string>();
    const note = (sentence: string) => {
      if (!said.has(sentence)) onNote(sentence);
      said.add(sentence);
    };
    for (const member of config.members.keys()) {
      const scorer = await Scorer.load(this.engine, folder.member(config, member));
      try {
        const features = await scorer.features(records, { ...options, onNote: note });
        const { score, spread } = await scorer.predict(features, shift);
        scores.push(score);
        spreads.push(spread ?? new Float32Array(score.length).fill(fitted.rmse[member]!));
      } finally {
        scorer.dispose();
      }
    }
    const { prediction } = config.settings;
    return {
      score: Float32Array.from(combine(scores, fitted), (score) => finishScore(score, prediction)),
      spread: Float32Array.from(combinedSpread(scores, spreads, fitted)),
      probabilities: null,
    };
  }
}
