import type { NoteTaker } from "../../data/note_taker.ts";
import { readRecordSet, type RecordSet } from "../../data/records.ts";
import { generateSample, type SampleSet } from "../../data/sample/generate.ts";
import { scoreRange } from "../../data/scores.ts";
import type { TrainFiles } from "../train_request.ts";
import { recordOf, sampleSeed } from "./sample_records.ts";

/**
 * All records that a run was given, in the order of their files, which is the order of their numbers: those of files, or
 * of the built-in sample set. Some may lack a score.
 *
 * @param files null for the sample set
 * @param options.fixTexts reads a text that is none as the text of its value, instead of refusing it
 * @throws DataError naming the file, when something is not what it has to be
 */
export async function givenRecords(
  files: TrainFiles | null,
  onNote: NoteTaker,
  { fixTexts = false }: { readonly fixTexts?: boolean } = {},
): Promise<RecordSet & { readonly sample: SampleSet | null }> {
  if (files === null) {
    const sample = generateSample(sampleSeed);
    return {
      sample,
      records: sample.train.map(recordOf),
      scoreRange,
      definitions: new Map(),
      damaged: false,
      fixed: [],
    };
  }
  const { data, recover, reading } = files;
  return { sample: null, ...await readRecordSet(data, { scores: "optional", recover, reading, onNote, fixTexts }) };
}
