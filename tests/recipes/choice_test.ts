import assert from "node:assert/strict";
import { type Choice, describeChoice } from "../../recipes/choice.ts";

const candidates = ["constant", "ridge", "gaussian-process", "weighted mean"];
const regime = (rmse: (number | null)[], chosen: string, rows = 90, metrics = 20) => ({
  rows,
  metrics,
  rmse,
  chosen,
  weights: candidates.map((name) => name === chosen ? 1 : 0),
});
const told = (seen: ReturnType<typeof regime>, unseen = seen) => {
  const choice: Choice = { candidates, regimes: { seen, unseen, script: seen } };
  return [describeChoice(choice, "seen"), describeChoice(choice, "unseen")];
};

Deno.test("choice: a sentence says what was taken and why", () => {
  assert.deepEqual(
    told(regime([3, 2.5, 2, 2.1], "gaussian-process"), regime([3, 2.5, 2.4, 2.4], "ridge")),
    [
      "gaussian-process (2.000) was taken: its error on held-out rows is the lowest, and that of what is simpler higher by " +
      "more than a standard error.",
      "ridge (2.500) was taken: gaussian-process (2.400) is not better by more than a standard error.",
    ],
  );
  assert.equal(told(regime([2, 2.5, 2.6, 2.1], "constant"))[0], "constant (2.000) was taken.");
});

Deno.test("choice: where there was nothing or too little to judge by, the sentence says whose choice is followed", () => {
  const judged = regime([3, 2.5, 2, 2.1], "gaussian-process"),
    nothing = regime([null, null, null, null], "ridge", 0, 0);
  assert.match(told(judged, regime([3, 2, 2.5, 2.4], "gaussian-process", 30, 4))[1]!, /has: 4 metrics are too few/);
  assert.match(told(judged, nothing)[1]!, /as for metrics that it has: there was nothing/);
  assert.match(told(nothing, judged)[0]!, /as for metrics that it lacks: there was nothing/);
});
