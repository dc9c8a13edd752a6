import { describeValue } from "../../engine/files/describe_value.ts";
import { DataError } from "../../kernels/errors.ts";
import { type Format, hasKeys, isRow, type Row } from "./format.ts";
import { nameIn, objectIn, promptOf, responseOf, rowOf, type Score, scored } from "./texts.ts";

/** Exports of LangSmith: runs with feedback, flat tables of experiments, or feedback beside the runs that it judges. @see https://docs.langchain.com/langsmith/feedback-data-format */
export const langSmith: Format = {
  name: "langsmith",
  title: "a LangSmith export",
  scoreRange: [0, 1],
  keys: ["inputs", "outputs", "feedback"],
  fits: (row) =>
    isFeedback(row) || hasKeys(gathered(row), ["inputs", "outputs"]) && feedbackKey(gathered(row)) !== undefined,
  records(row, place, find) {
    if (!isFeedback(row)) return runRecords(gathered(row), place);
    const run = find(row.run_id);
    if (run) return runRecords({ ...gathered(run), feedback: [row], feedback_stats: undefined }, place);
    throw new DataError(
      `${place}: run_id is ${
        describeValue(row.run_id)
      }; a row with that id, inputs and outputs is expected in a file ` +
        "beside it.",
    );
  },
};

/** Cells of CSV have JSON text. */
const packed = { packed: true };

const isFeedback = (row: Row) => hasKeys(row, ["run_id", "key", "score"]);
const feedbackKey = (row: Row) =>
  ["feedback", "feedback_stats"].find((key) => row[key] !== undefined && row[key] !== null);

const groups = new Map([
  ...["inputs", "input"].map((name) => [name, "inputs"] as const),
  ...["outputs", "output"].map((name) => [name, "outputs"] as const),
  ["feedback", "feedback"] as const,
]);

/** Columns such as `inputs.question` put together to objects. */
function gathered(row: Row): Row {
  if (Object.hasOwn(row, "inputs")) return row;
  const found: Record<string, Record<string, unknown>> = {};
  for (const [column, value] of Object.entries(row)) {
    const [, head, key] = /^(\w+)\.(.+)$/s.exec(column) ?? [], group = groups.get(head ?? "");
    if (group !== undefined && value !== "") (found[group] ??= {})[key!] = value;
  }
  return { ...row, ...found };
}

function runRecords(run: Row, place: string) {
  const key = feedbackKey(run)!, feedback = Array.isArray(run[key]) ? run[key] : objectIn(run, key, place);
  const texts = {
    ...promptOf(run.inputs, `${place}: inputs`, packed),
    response: responseOf(run.outputs, `${place}: outputs`, packed),
    ...(run.id === undefined ? {} : { run: run.id }),
  };
  return scored(texts, scoresOf(feedback, `${place}: ${key}`), place);
}

/** Scores by name, alone or with what is known of them, or a list of them. */
function scoresOf(feedback: Row | readonly unknown[], place: string): Score[] {
  if (Array.isArray(feedback)) {
    return feedback.map((one, i): Score => {
      const within = `${place} ${i + 1}`, given = rowOf(one, within);
      return [nameIn(given, "key", within), given.score];
    });
  }
  return Object.entries(feedback).map(([key, value]) => [key, isRow(value) ? value.score ?? value.avg : value]);
}
