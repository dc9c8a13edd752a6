import { type Format, hasKeys, isRow, type Row } from "./format.ts";
import { listIn, promptOf, responseOf, type Score, scored } from "./texts.ts";

const keys = ["target", "arguments"];
/** Numbers of a sample that are no metrics. */
const noMetrics = new Set(["doc_id", "target"]);

/** Samples of lm-evaluation-harness as `--log_samples` writes them. @see https://github.com/EleutherAI/lm-evaluation-harness/blob/main/docs/interface.md */
export const lmEval: Format = {
  name: "lm-eval",
  title: "lm-eval samples",
  scoreRange: [0, 1],
  keys: [...keys, "resps"],
  fits: (row) => hasKeys(row, keys) && ("resps" in row || "filtered_resps" in row),
  records(row, place) {
    const requests = argumentsOf(row, place), answer = answerOf(row, requests, place);
    const texts = {
      // Under a chat template the context is a list of one JSON text.
      ...promptOf([requests[0]?.[0]].flat()[0], `${place}: arguments`),
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
  const field = Object.hasOwn(row, "resps") ? "resps" : "filtered_resps";
  const replies = listIn(row, field, place).map(innermost);
  const likelihoods = replies.map((reply) => Array.isArray(reply) && typeof reply[0] === "number" ? reply[0] : NaN);
  if (likelihoods.length === 0 || likelihoods.some(Number.isNaN)) return [replies[0]].flat()[0];
  return requests[likelihoods.indexOf(Math.max(...likelihoods))]?.[1];
}

/** A reply without the lists around it: a text, a list of texts or a pair of likelihood and whether it is greedy. */
function innermost(reply: unknown): unknown {
  return Array.isArray(reply) && Array.isArray(reply[0]) ? innermost(reply[0]) : reply;
}

/** Those that the sample lists, else all its numbers. */
function metricsOf(row: Row): Score[] {
  const listed = Array.isArray(row.metrics) ? row.metrics.filter((name) => typeof name === "string") : null;
  const names = listed ?? Object.keys(row).filter((name) => !noMetrics.has(name));
  const isScore = (value: unknown) => typeof value === "number" || typeof value === "boolean";
  return names.filter((name) => isScore(row[name])).map((name) => [name, row[name]]);
}
