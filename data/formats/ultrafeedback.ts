import { type Format, hasKeys } from "./format.ts";
import { listIn, objectIn, rowOf, scored } from "./texts.ts";

const keys = ["instruction", "completions"];

/** An instruction and several completions, each rated in several aspects. @see Cui et al., "UltraFeedback: Boosting language models with scaled AI feedback" (2023) */
export const ultraFeedback: Format = {
  name: "ultrafeedback",
  title: "UltraFeedback",
  scoreRange: [1, 5],
  keys,
  fits: (row) => hasKeys(row, keys),
  records(row, place) {
    return listIn(row, "completions", place).flatMap((value, i) => {
      const within = `${place}, completion ${i + 1}`, completion = rowOf(value, within);
      const annotations = Object.entries(objectIn(completion, "annotations", within));
      const scores = annotations.map(([aspect, one]) =>
        [aspect, rowOf(one, `${within}: annotations.${aspect}`).Rating] as const
      );
      const texts = {
        system_prompt: completion.custom_system_prompt ?? null,
        user_prompt: row.instruction,
        response: completion.response,
        ...(completion.model === undefined ? {} : { model: completion.model }),
        ...(row.source === undefined ? {} : { source: row.source }),
      };
      return scored(texts, scores, within).map((record) =>
        record.fields.score === "N/A" ? { ...record, unscored: true } : record
      );
    });
  },
};
