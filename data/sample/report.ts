import { bayesPredict, oraclePredict, type SampleRecord, type SampleSet } from "./generate.ts";
import { sampleWorld } from "./world.ts";

/** Root mean squared error over the rows that are kept. */
function rmse(scores: ArrayLike<number>, predicted: (row: number) => number, keep = (_row: number) => true): number {
  let sum = 0, rows = 0;
  for (let row = 0; row < scores.length; row++) {
    if (!keep(row)) continue;
    sum += (predicted(row) - scores[row]!) ** 2;
    rows++;
  }
  return Math.sqrt(sum / rows);
}

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/** RMSE of E[score | planted value] on the test rows: the floor that the judge's noise leaves. */
export function oracleRmse(sample: SampleSet): number {
  const predicted = oraclePredict(sample);
  return rmse(sample.testScores, (row) => predicted[row]!);
}

/** RMSE of the Bayes predictor on the test rows. */
export function bayesRmse(sample: SampleSet): number {
  const predicted = bayesPredict(sample);
  return rmse(sample.testScores, (row) => predicted[row]!);
}

/** Counts, score marginals, languages and lengths of a sample set, and the RMSE that can be reached on its test rows. */
export function describeSample(sample: SampleSet): string {
  const { train, test, trainScores, testScores, testPlanted, trainPlanted } = sample;
  const { languages, qualities } = sampleWorld();
  const oracle = oraclePredict(sample), bayes = bayesPredict(sample);
  const trainMean = mean(trainScores), testMean = mean(testScores);
  const planted = [...trainPlanted, ...testPlanted];
  const share = (count: number, of: number) => `${(100 * count / of).toFixed(1)} %`;
  const shares = (names: readonly string[], of: (row: typeof planted[number]) => number) =>
    names.map((name, i) => `${name} ${share(planted.filter((row) => of(row) === i).length, planted.length)}`).join(
      ", ",
    );
  const figures = (name: string, predicted: (row: number) => number) =>
    `  ${name.padEnd(34)}${
      [() => true, (row: number) => testPlanted[row]!.fit === "fits", (row: number) => testPlanted[row]!.fit !== "fits"]
        .map((keep) => rmse(testScores, predicted, keep).toFixed(3).padStart(8)).join("")
    }`;
  return [
    `Sample set of seed ${sample.seed}: ${train.length} train and ${test.length} test records, five languages.`,
    `train scores   ${marginal(trainScores)}   mean ${trainMean.toFixed(2)}`,
    `test scores    ${marginal(testScores)}   mean ${testMean.toFixed(2)}`,
    `test rows whose metric does not fit: ${
      share(testPlanted.filter(({ fit }) => fit !== "fits").length, test.length)
    }`,
    `without system prompt: ${
      share([...train, ...test].filter((row) => row.system_prompt === null).length, planted.length)
    }`,
    `prompts        ${shares(languages.map(({ name }) => name), (row) => row.promptLanguage)}`,
    `answers        ${shares(qualities.map(({ name }) => name), (row) => row.quality)}`,
    `prompt length  ${lengths(train, (row) => row.user_prompt)}`,
    `answer length  ${lengths(train, (row) => row.response)}`,
    "",
    "RMSE on the test rows                    all    fit  misfit",
    figures("oracle (knows what was planted)", (row) => oracle[row]!),
    figures("Bayes predictor (sees the texts)", (row) => bayes[row]!),
    figures(`constant, test mean ${testMean.toFixed(2)}`, () => testMean),
    figures(`constant, train mean ${trainMean.toFixed(2)}`, () => trainMean),
  ].join("\n");
}

function marginal(scores: ArrayLike<number>): string {
  const counts = new Map<number, number>();
  for (const score of Array.from(scores)) counts.set(score, (counts.get(score) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a - b).map(([score, count]) => `${score}:${count}`).join(" ");
}

function lengths(rows: readonly SampleRecord[], text: (row: SampleRecord) => string): string {
  const sorted = rows.map((row) => text(row).length).sort((a, b) => a - b);
  const at = (quantile: number) => sorted[Math.floor(quantile * (sorted.length - 1))];
  return `characters: 1 % ${at(0.01)}, median ${at(0.5)}, 90 % ${at(0.9)}, 99 % ${at(0.99)}, longest ${at(1)}`;
}
