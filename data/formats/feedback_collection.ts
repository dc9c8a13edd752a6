import { type Format, hasKeys } from "./format.ts";

const keys = ["orig_instruction", "orig_response", "orig_criteria", "orig_score"];
const descriptions = [1, 2, 3, 4, 5].map((score) => [score, `orig_score${score}_description`] as const);

/** A response judged by criteria of its own. @see Kim et al., "Prometheus: Inducing fine-grained evaluation capability in language models" (2023) */
export const feedbackCollection: Format = {
  name: "feedback-collection",
  title: "Feedback-Collection (Prometheus)",
  scoreRange: [1, 5],
  keys,
  fits: (row) => hasKeys(row, keys),
  records(row, place) {
    const levels = descriptions.flatMap(([score, key]) =>
      typeof row[key] === "string" ? [`Score ${score}: ${row[key]}`] : []
    );
    return [{
      place,
      fields: {
        metric_name: row.orig_criteria,
        user_prompt: row.orig_instruction,
        response: row.orig_response,
        score: row.orig_score,
      },
      definition: [row.orig_criteria, ...levels].join("\n"),
    }];
  },
};
