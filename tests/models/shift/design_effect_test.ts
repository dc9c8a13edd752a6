import assert from "node:assert/strict";
import { Philox } from "../../../kernels/philox.ts";
import { designEffect } from "../../../models/shift/design_effect.ts";
import { estimateByEm, isSignificant } from "../../../models/shift/em.ts";
import { dispersionOf } from "../../../models/shift/held_out.ts";
import { plant, trainedShares } from "./planted.ts";

Deno.test("design effect: near 1 for numbers on their own, the size of the groups where those are all alike, and between", () => {
  const random = new Philox(8), groups = 200, size = 10;
  const group = Array.from({ length: groups * size }, (_, i) => Math.floor(i / size));
  const common = Array.from({ length: groups }, () => random.normal());
  const effect = (share: number) =>
    designEffect(group.map((g) => Math.sqrt(share) * common[g]! + Math.sqrt(1 - share) * random.normal()), group);
  assert.ok(effect(0) < 1.3 && effect(1) > 9.9);
  // Kish: 1 + (size - 1) · share.
  assert.ok(Math.abs(effect(0.3) - 3.7) < 0.7, `${effect(0.3)}`);
  assert.equal(designEffect([1, 2, 3], [0, 0, 0]), 1);
  assert.equal(designEffect([2, 2, 2], [0, 1, 2]), 1);
  assert.equal(designEffect([], []), 1);
});

Deno.test("auto: a few sources that are each alike are no shift, where as many rows on their own would be one", () => {
  // Rows of a source have the same probabilities: of 20 sources with 40 rows each.
  const random = new Philox(9), rows = 800, size = 40;
  const sources = (seed: number) => {
    const { probabilities } = plant(trainedShares, rows / size, seed);
    const all = Float64Array.from(
      { length: rows * 11 },
      (_, at) => probabilities[Math.floor(at / 11 / size) * 11 + at % 11]!,
    );
    return { all, group: Array.from({ length: rows }, (_, row) => Math.floor(row / size)) };
  };
  let alone = 0, together = 0;
  for (let draw = 0; draw < 20; draw++) {
    const here = sources(random.integer(1e6)), held = sources(random.integer(1e6));
    const shift = estimateByEm(here.all, trainedShares), dispersion = dispersionOf(held.all, held.group);
    assert.ok(dispersion > 30);
    if (isSignificant(here.all, shift, rows)) alone++;
    if (isSignificant(here.all, shift, rows, dispersion)) together++;
  }
  assert.ok(alone > 10 && together === 0, `${alone} and ${together} of 20`);
});
