/** A thread that fits a ridge regression; see `RidgeApart`. */
import { answerThread } from "./ask_thread.ts";
import type { RidgeReply, RidgeRequest } from "./ridge_apart.ts";
import { RidgeBaseline } from "./ridge_baseline.ts";

answerThread<RidgeRequest, RidgeReply>(({ tables, rows }) => {
  const { ridge: { coef, intercept }, alpha } = RidgeBaseline.fit(tables, rows);
  return { coef: Float64Array.from(coef), intercept, alpha };
});
