import { type Format, hasKeys, isRow, type RawRecord, type Row } from "./format.ts";
import { listIn, nameIn, promptOf, responseOf, rowOf, type Score, scored } from "./texts.ts";

/** Results of `promptfoo eval --output`, as JSON or JSON lines. @see https://www.promptfoo.dev/docs/configuration/outputs */
export const promptfoo: Format = {
  name: "promptfoo",
  title: "promptfoo results",
  scoreRange: [0, 1],
  keys: ["results.results"],
  fits: (row) => isFile(row) || (hasKeys(row, ["prompt", "response", "score"]) && "namedScores" in row),
  records(row, place) {
    if (!isFile(row)) return resultRecords(row, place);
    const results = listIn(row.results, "results", `${place}: results`);
    return results.flatMap((result, i) => {
      const within = `${place}, result ${i + 1}`;
      return resultRecords(rowOf(result, within), within);
    });
  },
};

function isFile(row: Row): row is Row & { readonly results: Row } {
  return isRow(row.results) && Object.hasOwn(row.results, "results");
}

function resultRecords(result: Row, place: string): RawRecord[] {
  const prompt = isRow(result.prompt) ? result.prompt.raw : result.prompt;
  const response = isRow(result.response) ? result.response.output : result.response;
  const vars = isRow(result.vars) ? { vars: result.vars } : {};
  const texts = {
    ...promptOf(prompt, `${place}: prompt`),
    response: responseOf(response, `${place}: response`),
    ...vars,
  };
  const records = scored(texts, scoresOf(result, place), place);
  // A call that failed has a score of 0, which nobody gave to an answer.
  return (response ?? null) === null ? records.map((one) => ({ ...one, unscored: true })) : records;
}

/** Named scores, else those of the assertions, else the one of all. */
function scoresOf(result: Row, place: string): Score[] {
  const named = isRow(result.namedScores) ? Object.entries(result.namedScores) : [];
  if (named.length > 0) return named;
  const { componentResults } = isRow(result.gradingResult) ? result.gradingResult : {};
  const parts = Array.isArray(componentResults) ? componentResults : [];
  const asserted = parts.flatMap((part, i): Score[] => {
    const within = `${place}: componentResults ${i + 1}`, { assertion, score, pass } = rowOf(part, within);
    if (!isRow(assertion)) return [];
    return [[nameIn(assertion, typeof assertion.metric === "string" ? "metric" : "type", within), score ?? pass]];
  });
  return asserted.length > 0 ? asserted : [["score", result.score ?? result.success]];
}
