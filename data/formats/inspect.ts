import { type Format, hasKeys, isRow, type RawRecord, type Row } from "./format.ts";
import { listIn, promptOf, responseOf, rowOf, type Score, scored } from "./texts.ts";

/** Grades that scorers give by letter: correct, partially correct, incorrect and no answer. */
const grades: Readonly<Record<string, number>> = { C: 1, P: 0.5, I: 0, N: 0 };

/** A log of Inspect as `inspect log dump` prints it. @see https://inspect.aisi.org.uk/eval-logs.html */
export const inspect: Format = {
  name: "inspect",
  title: "an Inspect log",
  scoreRange: [0, 1],
  keys: ["eval", "samples"],
  fits: (row) => hasKeys(row, ["eval", "samples"]) || hasKeys(row, ["input", "target", "output", "scores"]),
  records(row, place) {
    if (!Object.hasOwn(row, "samples")) return sampleRecords(row, place);
    return listIn(row, "samples", place).flatMap((sample, i) => {
      const within = `${place}, sample ${i + 1}`;
      return sampleRecords(rowOf(sample, within), within);
    });
  },
};

function sampleRecords(sample: Row, place: string): RawRecord[] {
  const { id, epoch } = sample, output = isRow(sample.output) ? sample.output : {};
  const [choice] = Array.isArray(output.choices) ? output.choices : [];
  const answer = output.completion ?? (isRow(choice) ? choice.message : undefined);
  const texts = {
    ...promptOf(sample.input, `${place}: input`),
    response: responseOf(answer, `${place}: output`),
    ...(id === undefined ? {} : { id }),
    ...(epoch === undefined ? {} : { epoch }),
  };
  const scores = isRow(sample.scores) ? Object.entries(sample.scores) : [];
  return scored(texts, scores.flatMap(([scorer, score]) => valuesOf(scorer, score)), place);
}

/** The values that a scorer gave: one, or several by name. */
function valuesOf(scorer: string, score: unknown): Score[] {
  const value = isRow(score) && Object.hasOwn(score, "value") ? score.value : score;
  if (isRow(value)) return Object.entries(value).map(([key, one]) => [`${scorer}/${key}`, graded(one)]);
  return [[scorer, graded(value)]];
}

const graded = (value: unknown) => typeof value === "string" && Object.hasOwn(grades, value) ? grades[value] : value;
