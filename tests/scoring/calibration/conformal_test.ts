import assert from "node:assert/strict";
import { Philox } from "../../../kernels/philox.ts";
import { ConformalIntervals } from "../../../scoring/calibration/conformal.ts";

const ones = (count: number) => new Float64Array(count).fill(1);

/** Rows whose errors are heavy-tailed and grow with the standard deviation. */
function draw(random: Philox, rows: number, scale = 1) {
  const standardDeviation = Float64Array.from({ length: rows }, () => 0.2 + 0.3 * random.uniform());
  const predicted = Float64Array.from({ length: rows }, () => 4 + 2 * random.uniform());
  const actual = predicted.map((one, i) =>
    one + scale * standardDeviation[i]! * random.normal() * (random.uniform() < 0.1 ? 3 : 1)
  );
  return { predicted, actual, standardDeviation };
}

function coverage(
  { predicted, actual, standardDeviation }: ReturnType<typeof draw>,
  intervals: ConformalIntervals,
): number {
  const { low, high } = intervals.around(predicted, standardDeviation);
  return actual.reduce((sum, one, i) => sum + (low[i]! <= one && one <= high[i]! ? 1 : 0), 0) / actual.length;
}

Deno.test("conformal: the half width is the ⌈(n + 1) level⌉-th smallest error, scaled where there is a standard deviation", () => {
  const actual = Float64Array.of(1, -2, 3, -4, 5, 6, 7, -8, 9), predicted = new Float64Array(9);
  const half = (level: number, standardDeviation: Float64Array | null = null) =>
    ConformalIntervals.fit({ predicted, actual, standardDeviation, weight: ones(9) }, level, "r").halfWidth;
  assert.deepEqual([half(0.1), half(0.5), half(0.51), half(0.8), half(0.9)], [1, 5, 6, 8, 9]);
  assert.equal(half(0.9, new Float64Array(9).fill(2)), 4.5);
});

Deno.test("conformal: too few rows for the level are refused in a sentence", () => {
  const rows = (count: number, weight = ones(count)) =>
    ConformalIntervals.fit(
      { predicted: ones(count), actual: ones(count), standardDeviation: null, weight },
      0.9,
      "runs/a",
    );
  rows(9);
  assert.throws(() => rows(8), {
    name: "MetrogradError",
    message: "The held-out rows of runs/a count for 8, too few for intervals of 90 %; at least 9 are expected.",
  });
  assert.throws(() => rows(0), /count for 0/);
  assert.throws(() => rows(20, Float64Array.from({ length: 20 }, (_, i) => i === 0 ? 10 : 0.1)), /count for 1,/);
});

Deno.test("conformal: on exchangeable rows coverage is the nominal one, whatever the distribution of errors", () => {
  const random = new Philox(4);
  for (const level of [0.5, 0.9]) {
    let sum = 0;
    const draws = 200;
    for (let i = 0; i < draws; i++) {
      const held = draw(random, 60);
      sum += coverage(draw(random, 60), ConformalIntervals.fit({ ...held, weight: ones(60) }, level, "r"));
    }
    // Exactly ⌈61 level⌉ / 61 in the mean: 0.508 and 0.902.
    const exact = Math.ceil(61 * level) / 61;
    assert.ok(Math.abs(sum / draws - exact) < 0.012, `${sum / draws} at ${level}, ${exact} expected`);
  }
});

Deno.test("conformal: weights make coverage right where one kind of rows is more frequent than among the held-out", () => {
  const random = new Philox(5), share = 0.4, level = 0.9;
  let weighted = 0, plain = 0;
  const draws = 60, join = (a: Float64Array, b: Float64Array) => Float64Array.of(...a, ...b);
  const both = (of: number, rows: number) => {
    const a = draw(random, Math.round((1 - of) * rows)), b = draw(random, Math.round(of * rows), 6);
    return {
      predicted: join(a.predicted, b.predicted),
      actual: join(a.actual, b.actual),
      standardDeviation: join(a.standardDeviation, b.standardDeviation),
      kind: [...a.actual.map(() => 0), ...b.actual.map(() => 1)],
    };
  };
  for (let i = 0; i < draws; i++) {
    const held = both(0.1, 200), target = both(share, 200);
    const weight = Float64Array.from(held.kind, (kind) => kind ? share / 0.1 : (1 - share) / 0.9);
    weighted += coverage(target, ConformalIntervals.fit({ ...held, weight }, level, "r")) / draws;
    plain += coverage(target, ConformalIntervals.fit({ ...held, weight: ones(200) }, level, "r")) / draws;
  }
  assert.ok(weighted > 0.89 && weighted < 0.94, `weighted: ${weighted}`);
  assert.ok(plain < 0.85, `unweighted: ${plain}`);
});

Deno.test("conformal: where rows of a group have errors in common, groups make coverage of a new one right", () => {
  const random = new Philox(6), groups = 15, rows = 20, level = 0.9;
  const grouped = (count: number) => {
    const group = Array.from({ length: count * rows }, (_, i) => Math.floor(i / rows));
    const common = Array.from({ length: count }, () => 2 * random.normal());
    return {
      predicted: new Float64Array(group.length),
      actual: Float64Array.from(group, (one) => common[one]! + 0.3 * random.normal()),
      standardDeviation: null,
      weight: ones(group.length),
      group,
    };
  };
  const draws = 300;
  let together = 0, apart = 0;
  for (let i = 0; i < draws; i++) {
    const held = grouped(groups), fresh = grouped(10);
    const inside = (of: Parameters<typeof ConformalIntervals.fit>[0]) => {
      const { halfWidth } = ConformalIntervals.fit(of, level, "r");
      return fresh.actual.reduce((sum, one) => sum + (Math.abs(one) <= halfWidth ? 1 : 0), 0) / fresh.actual.length;
    };
    together += inside(held) / draws;
    apart += inside({ ...held, group: null }) / draws;
  }
  assert.ok(together > 0.9 && together < 0.95, `with groups ${together}`);
  assert.ok(apart < together - 0.03, `without ${apart}`);
});

Deno.test("conformal: groups of one row are rows on their own, and too few groups are refused", () => {
  const rows = {
    predicted: new Float64Array(20),
    actual: Float64Array.from({ length: 20 }, (_, i) => i / 4),
    standardDeviation: null,
  };
  const fit = (group: number[] | null) => ConformalIntervals.fit({ ...rows, weight: ones(20), group }, 0.9, "runs/a");
  const own = [...rows.actual.keys()];
  assert.equal(fit(own).halfWidth, fit(null).halfWidth);
  assert.throws(() => fit(own.map((i) => i % 8)), {
    name: "MetrogradError",
    message:
      "The groups of held-out rows of runs/a count for 8, too few for intervals of 90 %; at least 9 are expected " +
      "(see --validation-share).",
  });
});

Deno.test("conformal: intervals are clipped to the range of scores", () => {
  const rows = {
    predicted: new Float64Array(9),
    actual: new Float64Array(9).fill(3),
    standardDeviation: null,
    weight: ones(9),
  };
  const { low, high } = ConformalIntervals.fit(rows, 0.9, "r").around([1, 5, 9], null);
  assert.deepEqual([[...low], [...high]], [[0, 2, 6], [4, 8, 10]]);
});
