import { type ScoreRange, scoreRange } from "../data/scores.ts";
import { RunFolder } from "./run_folder.ts";
import { openTrained } from "./trained_folder.ts";

/**
 * The scale on which a run's data have their scores; of an ensemble that of its first member. 0 to 10 where the folder
 * holds no run, which is told of when it is loaded.
 */
export async function readScoreRange(path: string): Promise<ScoreRange> {
  return (await firstRun(path))?.inputs?.scoreRange ?? scoreRange;
}

/** Whether a run takes what is no text as the text of its value: all but those that refuse it do. */
export async function readFixesTexts(path: string): Promise<boolean> {
  return ((await firstRun(path))?.config.settings.data.nonText ?? "refuse") !== "refuse";
}

/** True where a run learnt from pairs of answers: its scores rank answers, but are on no scale. */
export async function learntFromPairs(path: string): Promise<boolean> {
  return (await firstRun(path))?.inputs?.preferences ?? false;
}

/** Why scores of a run that learnt from pairs have no intervals, and are not corrected. */
export const pairsHaveNoScale =
  "it learnt from pairs of answers, which say how to rank scores and not how far off one is";

/** What is known of a run, or of the first of several; null where the folder holds none. */
async function firstRun(path: string) {
  try {
    const { runs } = await openTrained(path);
    return await new RunFolder(runs[0]!).readConfig();
  } catch {
    return null;
  }
}
