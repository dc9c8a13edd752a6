import { type ScoreRange, scoreRange } from "../data/scores.ts";
import { EnsembleFolder, holdsEnsemble } from "./ensemble/config.ts";
import { RunFolder } from "./run_folder.ts";

/**
 * The scale on which a run's data have their scores; of an ensemble that of its first member. 0 to 10 where the folder
 * holds no run, which is told of when it is loaded.
 */
export async function readScoreRange(path: string): Promise<ScoreRange> {
  try {
    const folder = await holdsEnsemble(path)
      ? new EnsembleFolder(path).member((await new EnsembleFolder(path).read()).config, 0)
      : path;
    return (await new RunFolder(folder).readConfig()).inputs?.scoreRange ?? scoreRange;
  } catch {
    return scoreRange;
  }
}
