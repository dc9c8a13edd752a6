import assert from "node:assert/strict";
import { backwardMutants } from "../../../tools/mutation/backward/rules.ts";

const code = `export const scaled = op("scaled", {
  forward: ({ x }) => scale(x, 1 + 2),
  backward: ({ options: { factor } }, dy) => ({
    x: () => times(dy, factor + 1),
    y: (into) => times(dy, into.accumulate),
  }),
});

function scale(x, by) {
  return x * by;
}

function times(dy, factor) {
  // dy * factor
  return dy * factor;
}

function checked(x) {
  if (x === 0) throw new ShapeError("0");
}
`;

Deno.test("backward mutants: rules and the functions that they name are damaged, forward runs and checks are not", () => {
  assert.deepEqual(backwardMutants(code).map(({ line, after }) => [line, after]), [
    [3, "x: () => times(dy, factor - 1),"],
    [3, "x: () => times(dy, factor + 2),"],
    [4, "y: (into) => times(dy, false),"],
    [4, "y: (into) => times(dy, true),"],
    [14, "return dy / factor;"],
  ]);
});
