import { describeValue } from "../../engine/files/describe_value.ts";
import { DataError } from "../../kernels/errors.ts";
import { criterionPlace, type Format, hasKeys, isRow, type RawRecord, type Row } from "./format.ts";
import { parsedOr } from "./json_text.ts";
import { nameIn, promptOf, responseOf, rowOf, scored } from "./texts.ts";

/** Exports of Langfuse: traces or observations with scores, or scores beside the traces that they judge. @see https://langfuse.com/docs/api-and-data-platform/features/export-from-ui */
export const langfuse: Format = {
  name: "langfuse",
  title: "a Langfuse export",
  scoreRange: [0, 1],
  keys: ["input", "output", "scores"],
  fits: (row) => isScore(row) || hasKeys(row, ["input", "output", "scores"]) || isDownload(row),
  records(row, place, find) {
    if (isScore(row)) return scoreRecord(row, place, find);
    if (isDownload(row)) return traceRecords(row.trace, listOf(row.scores, place), place);
    return traceRecords(row, listOf(row.scores, place), place);
  },
};

/** Cells of CSV have JSON text. */
const packed = { packed: true };

const isScore = (row: Row) =>
  (Object.hasOwn(row, "traceId") || Object.hasOwn(row, "trace_id")) && hasKeys(row, ["name", "value"]) &&
  !Object.hasOwn(row, "output");

function isDownload(row: Row): row is Row & { readonly trace: Row } {
  return isRow(row.trace) && Array.isArray(row.scores);
}

/** Scores as a list of them, or by name. */
function listOf(scores: unknown, place: string): Row[] {
  const found = (typeof scores === "string" ? parsedOr(scores) : scores) || [];
  if (Array.isArray(found)) return found.map((one, i) => rowOf(one, `${place}: scores ${i + 1}`));
  return Object.entries(rowOf(found, `${place}: scores`)).map(([name, value]) => ({
    name,
    ...(isRow(value) ? value : { value: Array.isArray(value) ? value[0] : value }),
  }));
}

function scoreRecord(row: Row, place: string, find: (id: unknown) => Row | undefined): RawRecord[] {
  const ids = [row.observationId ?? row.observation_id, row.traceId ?? row.trace_id];
  const judged = ids.map(find).find((one) => one !== undefined);
  if (judged) return traceRecords(judged, [row], place);
  throw new DataError(
    `${place}: traceId is ${describeValue(ids[1])}; a row with that id, an input and an output is expected in a file ` +
      "beside it.",
  );
}

function traceRecords(trace: Row, scores: readonly Row[], place: string): RawRecord[] {
  const id = trace.id === undefined ? {} : { trace: trace.id };
  const texts = {
    ...promptOf(trace.input, `${place}: input`, packed),
    response: responseOf(trace.output, `${place}: output`, packed),
    ...id,
  };
  return scores.flatMap((score) => {
    const records = scored(texts, [[nameIn(score, "name", place), score.value]], place);
    const named = records.map((record) =>
      scores.length > 1 ? { ...record, place: criterionPlace(place, String(score.name)) } : record
    );
    // A category has a name in place of a number.
    const isCategory = (score.dataType ?? score.data_type) === "CATEGORICAL" || typeof score.stringValue === "string";
    return isCategory && typeof score.value !== "number" ? named.map((one) => ({ ...one, unscored: true })) : named;
  });
}
