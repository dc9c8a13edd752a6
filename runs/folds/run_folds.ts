import { readValidation } from "../results/validation_file.ts";
import { trainOrResume } from "../resume_run.ts";
import { type RunConfig, RunFolder } from "../run_folder.ts";
import { tellFinished } from "../training/tell_finished.ts";
import type { FoldWork } from "./fold_work.ts";

/** Folds of a single run. */
export function runFolds(config: RunConfig): FoldWork {
  return {
    async train(path, fold, options) {
      const folder = new RunFolder(path);
      if (await folder.isFinished()) {
        await tellFinished(folder, config, options.reporter);
        return true;
      }
      const settings = { ...config.settings, data: { ...config.settings.data, fold } };
      return (await trainOrResume(folder, { ...config, settings }, options)).finished;
    },
    rows: (paths) =>
      Promise.all(paths.map(async (path) => {
        const folder = new RunFolder(path);
        const { inputs } = await folder.readConfig();
        return { rows: await readValidation(folder.validation), trainMean: inputs!.trainMean };
      })),
  };
}
