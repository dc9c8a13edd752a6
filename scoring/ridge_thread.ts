/** A thread that fits a ridge regression; see `RidgeApart`. */
import type { RidgeReply, RidgeRequest } from "./ridge_apart.ts";
import { RidgeBaseline } from "./ridge_baseline.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<RidgeRequest>) => void;
  postMessage(reply: RidgeReply, transfer: Transferable[]): void;
};

scope.onmessage = ({ data: { tables, rows } }) => {
  const { ridge: { coef, intercept }, alpha } = RidgeBaseline.fit(tables, rows);
  const kept = Float64Array.from(coef);
  scope.postMessage({ coef: kept, intercept, alpha }, [kept.buffer]);
};
