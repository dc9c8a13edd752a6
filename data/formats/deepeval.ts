import { type Format, isRow, type RawRecord, type Row } from "./format.ts";
import { listIn, nameIn, promptOf, responseOf, rowOf, type Score, scored } from "./texts.ts";

const lists = ["testCases", "test_cases", "testResults", "test_results"];
const answers = ["actual_output", "actualOutput"];
const measured = ["metrics_data", "metricsData"];

/** Test cases of DeepEval, alone or in a test run, with what its metrics said. @see https://deepeval.com/docs/evaluation-test-cases */
export const deepEval: Format = {
  name: "deepeval",
  title: "DeepEval test cases",
  scoreRange: [0, 1],
  keys: ["input", "actual_output", "metrics_data"],
  fits: (row) => listOf(row) !== undefined || isCase(row),
  records(row, place) {
    const list = listOf(row);
    if (list === undefined) return caseRecords(row, place);
    return listIn(row, list, place).flatMap((value, i) => {
      const within = `${place}, test case ${i + 1}`;
      return caseRecords(rowOf(value, within), within);
    });
  },
};

const listOf = (row: Row) => lists.find((key) => Array.isArray(row[key]));
const isCase = (row: Row) => Object.hasOwn(row, "input") && answers.some((key) => Object.hasOwn(row, key));

function caseRecords(row: Row, place: string): RawRecord[] {
  const [answer] = answers.flatMap((key) => row[key] ?? []), [key] = measured.filter((key) => Object.hasOwn(row, key));
  const metrics = key === undefined || row[key] === null ? [] : listIn(row, key, place);
  const scores = metrics.map((value, i): Score => {
    const within = `${place}: ${key} ${i + 1}`, metric = rowOf(value, within);
    return [nameIn(metric, "name", within), metric.score === undefined ? metric.success : metric.score];
  });
  const name = typeof row.name === "string" ? { name: row.name } : {};
  const texts = {
    ...promptOf(row.input, `${place}: input`),
    response: responseOf(answer, `${place}: output`),
    ...name,
  };
  // A case that was not measured yet may be scored under a metric that --map names.
  return scores.length > 0 ? scored(texts, scores, place) : [{ place, fields: unlisted(row, texts) }];
}

function unlisted(row: Row, texts: Row): Row {
  const scores = isRow(row) ? { metric_name: row.metric_name, score: row.score } : {};
  return { ...texts, ...Object.fromEntries(Object.entries(scores).filter(([, value]) => value !== undefined)) };
}
