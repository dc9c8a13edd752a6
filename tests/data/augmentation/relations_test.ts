import assert from "node:assert/strict";
import curated from "../../../data/augmentation/metric_relations.json" with { type: "json" };
import { proposeRelations } from "../../../data/augmentation/proposals.ts";
import { metricRelations } from "../../../data/augmentation/relations.ts";
import { MetricTable } from "../../../data/metrics/metric_table.ts";
import { sampleMetrics } from "../../../data/sample/write.ts";

Deno.test("relations: every one of the 145 names stands in one pair or is left out, of opposites and of substitutes", async () => {
  const { names } = await sampleMetrics();
  const kinds = [[curated.opposites, curated.without_opposite], [
    curated.substitutes,
    curated.without_substitute,
  ]] as const;
  for (const [pairs, without] of kinds) {
    assert.ok(pairs.every((pair) => pair.length === 2));
    assert.deepEqual([...pairs.flat(), ...without].sort(), [...names].sort());
  }
});

Deno.test("relations: hold both ways, and no metric's opposite is its substitute", async () => {
  const metrics = await sampleMetrics();
  const { opposite, substitute } = metricRelations(metrics, "auto");
  assert.equal(opposite.size, 2 * curated.opposites.length);
  assert.equal(substitute.size, 2 * curated.substitutes.length);
  for (const pairs of [opposite, substitute]) pairs.forEach((to, from) => assert.equal(pairs.get(to), from));
  opposite.forEach((to, from) => assert.notEqual(substitute.get(from), to));
  assert.equal(opposite.get(metrics.indexOf("truthfulness")), metrics.indexOf("hallucination_rate"));
});

const names = ["politeness", "courtesy", "toxicity", "accuracy", "hallucination", "brevity"];
/** Two directions and a third: metrics 0 to 2 are near each other, and 3 and 4 are. */
const table = new MetricTable(
  names,
  Float32Array.from([[1, 0.05, 0], [1, 0, 0], [1, 0.12, 0.05], [0, 1, 0], [0, 1, 0.1], [0, 0, 1]].flat()),
  3,
);
const named = (pairs: Iterable<readonly [number, number]>) => [...pairs].map(([a, b]) => [names[a], names[b]]);

Deno.test("relations: proposes those that are each other's nearest, by whether their names look for a fault", () => {
  const { opposite, substitute } = proposeRelations(table, [...names.keys()]);
  assert.deepEqual(named(substitute), [["politeness", "courtesy"]]);
  assert.deepEqual(named(opposite), [["politeness", "toxicity"], ["accuracy", "hallucination"]]);
});

Deno.test("relations: auto proposes among unknown names alone, curated proposes nothing", () => {
  assert.deepEqual(named(metricRelations(table, "auto").substitute)[0], ["politeness", "courtesy"]);
  assert.ok(!metricRelations(table, "auto").opposite.has(names.indexOf("accuracy")), "the dictionary leaves it out");
  assert.ok(metricRelations(table, "proposed").opposite.has(names.indexOf("accuracy")));
  assert.equal(metricRelations(table, "curated").opposite.size, 0);
});

Deno.test("relations: a table of one metric has none", () => {
  const one = new MetricTable(["only"], Float32Array.of(1, 0), 2);
  assert.equal(metricRelations(one, "proposed").opposite.size, 0);
});
