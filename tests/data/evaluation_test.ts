import assert from "node:assert/strict";
import {
  bias,
  bootstrapInterval,
  correlationsByGroup,
  groupBootstrapInterval,
  mae,
  pairedBootstrapInterval,
  pearson,
  rmse,
  rmseByGroup,
  rmseByScore,
  spearman,
} from "../../data/evaluation.ts";

const predicted = [1, 4, 6, 9], actual = [2, 4, 3, 10];

Deno.test("evaluation: figures are those computed by hand", () => {
  assert.ok(Math.abs(rmse(predicted, actual) - Math.sqrt(11 / 4)) < 1e-12);
  assert.equal(mae(predicted, actual), 1.25);
  assert.equal(bias(predicted, actual), 0.25);
  // Means 5 and 4.75: products 31 in all, sums of squares 34 and 38.75.
  assert.ok(Math.abs(pearson(predicted, actual) - 31 / Math.sqrt(34 * 38.75)) < 1e-12);
  assert.equal(spearman(predicted, actual), 0.8);
  // Equal values share their mean rank.
  assert.ok(Math.abs(spearman([1, 1, 2], [1, 2, 3]) - Math.sqrt(0.75)) < 1e-12);
  assert.ok(Number.isNaN(pearson([1, 1], [1, 2])));
  assert.ok(Number.isNaN(pearson(new Float64Array(10).fill(0.1), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])), "no rounding left");
});

Deno.test("evaluation: groups and score classes are measured on their own", () => {
  assert.deepEqual(rmseByGroup(predicted, actual, ["a", "b", "a", "b"]), [
    { group: "a", rows: 2, rmse: Math.sqrt(5) },
    { group: "b", rows: 2, rmse: Math.sqrt(0.5) },
  ]);
  assert.deepEqual(rmseByScore([9, 9, 2], [9.5, 10, 1.4]).map(({ group, rows }) => [group, rows]), [["1", 1], [
    "10",
    2,
  ]]);
});

Deno.test("evaluation: the bootstrap interval holds the figure, narrows with more rows and repeats itself", () => {
  const errors = (count: number) => Float64Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898) * 3);
  const widths = [50, 5000].map((count) => {
    const off = errors(count), zeros = new Float64Array(count);
    const [low, high] = bootstrapInterval(off, zeros, { draws: 200 });
    const figure = rmse(off, zeros);
    assert.ok(low < figure && figure < high);
    return high - low;
  });
  assert.ok(widths[1]! < widths[0]! / 5);
  assert.deepEqual(bootstrapInterval(predicted, actual), bootstrapInterval(predicted, actual));
});

Deno.test("evaluation: rows of a group are drawn together, so that an interval over groups is wider", () => {
  // Ten copies of each row.
  const off = Float64Array.from({ length: 400 }, (_, i) => Math.sin(Math.floor(i / 10) * 12.9898) * 3);
  const zeros = new Float64Array(400);
  const width = ([low, high]: readonly [number, number]) => high - low;
  const groups = off.map((_, i) => Math.floor(i / 10));
  const grouped = bootstrapInterval(off, zeros, { groups });
  assert.ok(grouped[0] < rmse(off, zeros) && rmse(off, zeros) < grouped[1]);
  assert.ok(width(grouped) > 2 * width(bootstrapInterval(off, zeros)));
  const once = off.filter((_, i) => i % 10 === 0);
  const alone = bootstrapInterval(once, new Float64Array(40), { groups: once.keys().toArray() });
  assert.ok(Math.abs(width(grouped) - width(alone)) < 1e-9, "as wide as without the copies");
});

Deno.test("evaluation: an interval over groups is wider where rows of a group share their error, and else alike", () => {
  const rows = 600, groups = Uint32Array.from({ length: rows }, (_, i) => Math.floor(i / 20));
  const zeros = new Float64Array(rows);
  const widths = (errors: ArrayLike<number>, of: ArrayLike<number>) => {
    const figure = (drawn: readonly number[]) =>
      rmse(drawn.map((row) => errors[row]!), zeros.subarray(0, drawn.length));
    const [low, high] = groupBootstrapInterval(of, figure, { draws: 400 });
    assert.ok(low < rmse(errors, zeros) && rmse(errors, zeros) < high);
    const [from, to] = bootstrapInterval(errors, zeros, { draws: 400 });
    return (high - low) / (to - from);
  };
  const shared = Float64Array.from(groups, (group) => 3 * Math.sin(group * 12.9898));
  const ownRows = Uint32Array.from(groups.keys());
  assert.ok(widths(shared, groups) > 3, "twenty rows that are alike count as one");
  const alone = widths(shared, ownRows);
  assert.ok(alone > 0.8 && alone < 1.25, "groups of one row are rows");
});

Deno.test("evaluation: groups of unequal size are drawn whole, as often as there are groups", () => {
  const sizes = new Set<number>(), groups = [7, 3, 3, 3, 9];
  groupBootstrapInterval(groups, (rows) => {
    assert.equal([1, 2, 3].filter((row) => rows.includes(row)).length % 3, 0, "all three or none");
    sizes.add(rows.length);
    return 0;
  });
  assert.deepEqual([...sizes].sort((a, b) => a - b), [3, 5, 7, 9]);
});

Deno.test("evaluation: correlations within groups know nothing of differences between them", () => {
  // Across both groups the order is that of the groups; within the second it is reversed.
  const groups = ["b", "a", "b", "a", "b", "a"];
  const [first, second] = correlationsByGroup([1, 9, 2, 8, 3, 7], [0, 8, 1, 9, 5, 10], groups);
  assert.deepEqual([first!.group, first!.rows, first!.spearman], ["b", 3, 1]);
  assert.ok(Math.abs(first!.pearson! - pearson([1, 2, 3], [0, 1, 5])) < 1e-12);
  assert.deepEqual([second!.group, second!.spearman], ["a", -1]);
  assert.equal(correlationsByGroup([4, 4], [1, 2], ["a", "a"])[0]!.spearman, 0);
  assert.equal(correlationsByGroup([4, 5], [2, 2], ["a", "a"])[0]!.pearson, null);
  assert.equal(correlationsByGroup([4], [2], ["a"])[0]!.spearman, null);
});

Deno.test("evaluation: a paired interval is free of the errors that two predictions share", () => {
  const rows = 400, noise = Float64Array.from({ length: rows }, (_, i) => 4 * Math.sin(i * 12.9898));
  const zeros = new Float64Array(rows), worse = noise.map((one, i) => one + (i % 2 ? 0.4 : -0.1));
  const [low, high] = pairedBootstrapInterval(worse, noise, zeros);
  const difference = rmse(worse, zeros) - rmse(noise, zeros), [from, to] = bootstrapInterval(worse, zeros);
  assert.ok(low < difference && difference < high);
  assert.ok(high - low < (to - from) / 3, "narrower than the interval of one");
  assert.deepEqual(pairedBootstrapInterval(worse, worse, zeros), [0, 0]);
  const [back, forth] = pairedBootstrapInterval(noise, worse, zeros);
  assert.ok(Math.abs(back + high) < 0.01 && Math.abs(forth + low) < 0.01, "the other way round");
});
