import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { callOf } from "../files/called_as.ts";
import { fillFolder, writeAtomically } from "../../engine/files/files.ts";
import { MetricTable } from "../metrics/metric_table.ts";
import { writeSubmission } from "../submission.ts";
import type { SampleSet } from "./generate.ts";
import { describeSample } from "./report.ts";

/** Its file of records to train on. */
export const trainFile = "train.json";

/** The 145 real metric names with their 768-d embeddings, read from the project's own files. */
export function sampleMetrics(): Promise<MetricTable> {
  return MetricTable.readFrom(fileURLToPath(new URL(".", import.meta.url)));
}

/**
 * Writes a sample set as the files a user would bring: `train.json`, `test.json` (no scores), `test_scores.csv`,
 * `metric_names.json`, `metric_embeddings.npy`, and a `README.md`. Nothing that was planted is written.
 *
 * @param description what the README says of the set
 */
export async function writeSample(
  folder: string,
  sample: SampleSet,
  description: string = describeSample(sample),
): Promise<void> {
  const metrics = await sampleMetrics();
  await fillFolder(folder, async () => {
    await metrics.write(folder);
    await writeAtomically(join(folder, trainFile), `${JSON.stringify(sample.train, null, 1)}\n`);
    await writeAtomically(join(folder, "test.json"), `${JSON.stringify(sample.test, null, 1)}\n`);
    await writeSubmission(join(folder, "test_scores.csv"), sample.testScores);
    await writeAtomically(join(folder, "README.md"), readme(sample, description));
  });
}

function readme({ seed, train, test }: SampleSet, description: string): string {
  return `# Sample set of metrograd, seed ${seed}

Generated records for trying out training: the metric names and their embeddings are real, the texts and scores are
made up. The same seed gives the same files:

    ${callOf("sample")} --seed ${seed} --out DIR

| file | content |
| --- | --- |
| \`train.json\` | ${train.length} records: metric_name, system_prompt (null for a third), user_prompt, response, score |
| \`test.json\` | ${test.length} records without score; the metric of 40 % of them does not fit the text |
| \`test_scores.csv\` | the scores of the test records, \`ID,score\`; for evaluation only |
| \`metric_names.json\`, \`metric_embeddings.npy\` | the 145 metrics and their unit-norm embeddings, 145 x 768 |

\`\`\`
${description}
\`\`\`

The oracle knows everything that was planted except the judge's noise; the Bayes predictor sees metric and texts and
knows the generator's probabilities. No scorer can be expected to do better than the Bayes predictor.
`;
}
