import { type ScoreRange, scoreRange } from "../data/scores.ts";
import { RunFolder } from "./run_folder.ts";
import { openTrained } from "./trained_folder.ts";

/**
 * The scale on which a run's data have their scores; of an ensemble that of its first member. 0 to 10 where the folder
 * holds no run, which is told of when it is loaded.
 */
export async function readScoreRange(path: string): Promise<ScoreRange> {
  try {
    const { runs } = await openTrained(path);
    return (await new RunFolder(runs[0]!).readConfig()).inputs?.scoreRange ?? scoreRange;
  } catch {
    return scoreRange;
  }
}
