import { type Format, hasKeys, isRow, type Row } from "./format.ts";
import { listIn, promptOf, responseOf, type Score, scored } from "./texts.ts";

const keys = ["doc", "target", "arguments", "resps"];
/** Numbers of a sample that are no metrics. */
const noMetrics = new Set(["doc_id", "target"]);

/** Samples of lm-evaluation-harness as `--log_samples` writes them. @see https://github.com/EleutherAI/lm-evaluation-harness/blob/main/docs/interface.md */
export const lmEval: Format = {
  name: "lm-eval",
  title: "lm-eval samples",
  scoreRange: [0, 1],
  keys,
  fits: (row) => hasKeys(row, keys),
  records(row, place) {
    const requests = argumentsOf(row, place), answer = answerOf(row, requests, place);
    const texts = {
      ...promptOf(requests[0]?.[0], `${place}: arguments`),
      response: responseOf(answer, `${place}: resps`),
      ...(row.doc_id === undefined ? {} : { doc_id: row.doc_id }),
    };
    return scored(texts, metricsOf(row), place);
  },
};

/** What each request gave the model: context, and a continuation or settings. */
function argumentsOf(row: Row, place: string): unknown[][] {
  if (!isRow(row.arguments)) return listIn(row, "arguments", place).map((one) => Array.isArray(one) ? one : [one]);
  return Object.values(row.arguments).map((one) => isRow(one) ? Object.values(one) : [one]);
}

/** The generated text, or of several continuations the likeliest. */
function answerOf(row: Row, requests: readonly unknown[][], place: string): unknown {
  const replies = listIn(row, "resps", place).map((one) => Array.isArray(one) ? one[0] : one);
  if (!replies.every(Array.isArray)) {
    const filtered = Array.isArray(row.filtered_resps) ? row.filtered_resps[0] : undefined;
    return typeof replies[0] === "string" ? replies[0] : filtered;
  }
  const likelihoods = replies.map(([likelihood]) => Number(likelihood));
  return requests[likelihoods.indexOf(Math.max(...likelihoods))]?.[1];
}

/** Those that the sample lists, else all its numbers. */
function metricsOf(row: Row): Score[] {
  const listed = Array.isArray(row.metrics) ? row.metrics.filter((name) => typeof name === "string") : null;
  const names = listed ?? Object.keys(row).filter((name) => !noMetrics.has(name));
  const isScore = (value: unknown) => typeof value === "number" || typeof value === "boolean";
  return names.filter((name) => isScore(row[name])).map((name) => [name, row[name]]);
}
