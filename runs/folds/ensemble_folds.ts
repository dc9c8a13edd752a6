import { finishScore } from "../../scoring/finish_score.ts";
import { RunFolder } from "../run_folder.ts";
import type { FoldRows, FoldWork } from "./fold_work.ts";
import { combinedStandardDeviation, combineNames, crossCombine, fitCombination } from "../ensemble/combine.ts";
import { type EnsembleConfig, EnsembleFolder, mismatchedShareOf } from "../ensemble/config.ts";
import { readHeldOut, rowsToFit } from "../ensemble/held_out.ts";
import { describeMember } from "../ensemble/members.ts";
import { type EnsembleOptions, trainEnsembleConfig } from "../ensemble/train.ts";

/**
 * Folds of an ensemble: each fold is an ensemble, but its rows are scored by a combination that was fitted to those of the
 * other folds, so that no score has seen its own truth.
 */
export function ensembleFolds(config: EnsembleConfig): FoldWork<EnsembleOptions> {
  return {
    async train(path, fold, options) {
      const settings = { ...config.settings, data: { ...config.settings.data, fold } };
      return (await trainEnsembleConfig({ ...config, settings }, path, options)).finished;
    },
    rows: (paths) => scoreFolds(config, paths),
  };
}

async function scoreFolds(config: EnsembleConfig, paths: readonly string[]): Promise<FoldRows[]> {
  const { combine, prediction } = config.settings, share = mismatchedShareOf(config);
  const folders = paths.map((path) =>
    config.members.map((_, i) => new RunFolder(new EnsembleFolder(path).member(config, i)))
  );
  const folds = await Promise.all(folders.map(readHeldOut));
  const fitted = folds.map((fold) => rowsToFit(fold, share));
  const rows = {
    scores: config.members.map((_, member) => fitted.flatMap(({ scores }) => [...scores[member]! as number[]])),
    truth: fitted.flatMap(({ truth }) => [...truth as number[]]),
    weight: fitted.flatMap(({ weight }) => [...weight as number[]]),
  };
  const part = fitted.flatMap(({ truth }, fold) => new Array<number>(truth.length).fill(fold));
  const crossedBy = combineNames.map((name) => [name, crossCombine(rows, { ...combine, name }, part)] as const);
  const [, crossed] = crossedBy.find(([name]) => name === combine.name)!;
  const { weights } = fitCombination(rows, combine);
  let from = 0;
  return await Promise.all(folds.map(async ({ plain }, fold) => {
    const at = from;
    from += fitted[fold]!.truth.length;
    const standardDeviation = combinedStandardDeviation(plain.scores, plain.standardDeviations, {
      weights,
      intercept: 0,
    });
    const { inputs } = await folders[fold]![0]!.readConfig();
    return {
      trainMean: inputs!.trainMean,
      rows: plain.records.map((record, i) => ({
        record,
        score: plain.truth[i]!,
        predicted: finishScore(crossed[at + i]!, prediction),
        standardDeviation: standardDeviation[i]!,
      })),
      beside: [
        ...config.members.map((member, i) => ({ name: describeMember(member), predicted: plain.scores[i]! })),
        ...crossedBy.map(([name, scores]) => ({
          name,
          predicted: plain.records.map((_, i) => finishScore(scores[at + i]!, prediction)),
        })),
      ],
    };
  }));
}
