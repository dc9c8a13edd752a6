import { listDataFiles, recordsExpected, standardInput } from "../../data/files/data_paths.ts";
import { listFolderOrExplain, openOrExplain } from "../../engine/files/files.ts";
import type { TrainFiles } from "../../runs/train_request.ts";

/** Checks that the files of a training are there, before anything is said of what will be done. @throws DataError naming the first that is not */
export async function expectFiles(files: TrainFiles | null): Promise<void> {
  if (!files) return;
  const expected = [
    [files.metricNames, "a JSON array of the names of metrics"],
    [files.metricEmbeddings, "a .npy matrix of the metrics' embeddings"],
    [files.metricDefinitions, "a JSON object of the metrics' definitions"],
  ] as const;
  for (const path of await listDataFiles(files.data)) {
    if (path !== standardInput) (await openOrExplain(path, recordsExpected, { packed: true })).close();
  }
  for (const [path, what] of expected) if (path) (await openOrExplain(path, what)).close();
  if (files.embeddings !== null) await listFolderOrExplain(files.embeddings, "a folder of embeddings");
}
