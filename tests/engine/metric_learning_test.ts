import assert from "node:assert/strict";
import {
  Adam,
  distances,
  labelContrastiveLoss,
  labelTripletLoss,
  miners,
  ntXentLoss,
  pairwiseLogisticLoss,
  Parameter,
  recallAt,
  reducers,
  ShapeError,
  type Tensor,
  UsageError,
} from "../../engine/mod.ts";
import { testEngine, uniforms } from "./harness.ts";
import { checkGradients } from "./finite_differences.ts";

// Values and gradients beside pytorch-metric-learning's formulas are golden cases; see tests/golden.

const engine = await testEngine();
const labels = [0, 1, 0, 2, 1, 1];
const label = engine.indices([labels.length], labels), real = engine.tensor([labels.length], labels);
const point = { x: { shape: [6, 3], data: uniforms(18, 4) } };

const losses: Readonly<Record<string, (x: Tensor, label: Tensor) => Tensor>> = {
  "triplets by cosine": (x, label) => labelTripletLoss({ x, label }, { distance: distances.cosine() }),
  "triplets by dot product": (x, label) =>
    labelTripletLoss({ x, label }, { distance: distances.dotProduct(), margin: 2 }),
  "triplets, batch hard": (x, label) => labelTripletLoss({ x, label }, { miner: miners.batchHard(), margin: 3 }),
  "pairs": (x, label) => labelContrastiveLoss({ x, label }, { negativeMargin: 3, reducer: reducers.sum }),
  "NT-Xent": (x, label) => ntXentLoss({ x, label }, { temperature: 0.5 }),
};
for (const [name, loss] of Object.entries(losses)) {
  Deno.test(`labelled rows: ${name} equals finite differences, with labels as whole numbers or floats`, async () => {
    await checkGradients(engine, point, ({ x }) => loss(x, label));
    const [a, b] = engine.scope(() => [label, real].map((one) => loss(engine.tensor([6, 3], point.x.data), one)));
    assert.equal(await a!.item(), await b!.item());
    for (const one of [a!, b!]) one.dispose();
  });
}

Deno.test("preferences: the loss is log(1 + exp(rejected - chosen)), far from 0 too, and its gradient meets finite differences", async () => {
  const chosen = { shape: [4], data: Float32Array.of(0.3, -2, 60, -50) };
  const rejected = { shape: [4], data: Float32Array.of(0.1, 1, -40, 50) };
  await checkGradients(engine, { chosen, rejected }, (scores) => pairwiseLogisticLoss(scores, { reduction: "none" }));
  await checkGradients(engine, { chosen, rejected }, (scores) => pairwiseLogisticLoss(scores));
  using losses = engine.scope(() => {
    const [a, b] = [chosen, rejected].map(({ data }) => engine.tensor([4], data)) as [Tensor, Tensor];
    return pairwiseLogisticLoss({ chosen: a, rejected: b }, { reduction: "none" });
  });
  const expected = [-0.2, 3, -100, 100].map((gap) => Math.max(gap, 0) + Math.log1p(Math.exp(-Math.abs(gap))));
  (await losses.data()).forEach((loss, i) => assert.ok(Math.abs(loss - expected[i]!) < 1e-5 * (1 + expected[i]!)));
  const short = engine.tensor([1], [1]), long = engine.tensor([2], [1, 2]);
  assert.throws(() => pairwiseLogisticLoss({ chosen: short, rejected: long }), {
    name: "ShapeError",
    message: /^pairwise_logistic_loss: chosen is .*1.* and rejected .*2.*; one shape is expected\.$/,
  });
  for (const tensor of [short, long]) tensor.dispose();
});

Deno.test("labelled rows: a learned Mahalanobis distance gets a gradient", async () => {
  using l = new Parameter(engine, [2, 3], uniforms(6, 1));
  engine.scope(() => {
    const x = engine.tensor([6, 3], point.x.data);
    labelTripletLoss({ x, label }, { distance: distances.mahalanobisSquared({ l }), margin: 5 }).backward();
  });
  assert.ok((await l.grad.data()).some((value) => Math.abs(value) > 1e-3));
});

Deno.test("labelled rows: a batch without positives or without negatives costs 0, with gradient 0", async () => {
  for (const classes of [[0, 1, 2], [4, 4, 4]]) {
    using x = new Parameter(engine, [3, 2], uniforms(6, 1));
    const label = engine.indices([3], classes);
    for (const reducer of [reducers.mean, reducers.meanNonZero, reducers.sum]) {
      for (const miner of [miners.allTriplets(), miners.batchHard(), miners.tripletMargin({ type: "semihard" })]) {
        x.zeroGrad();
        const loss = engine.scope(() => {
          const loss = labelTripletLoss({ x, label }, { reducer, miner });
          loss.backward();
          return loss;
        });
        assert.deepEqual([await loss.item(), ...await x.grad.data()].map(Math.abs), [0, 0, 0, 0, 0, 0, 0]);
        loss.dispose();
      }
    }
    label.dispose();
  }
});

Deno.test("labelled rows: training pulls classes together, whichever loss", async () => {
  for (const loss of Object.values(losses)) {
    using x = new Parameter(engine, [6, 3], uniforms(18, 8));
    using optimizer = new Adam([x], { lr: 0.05 });
    for (let step = 0; step < 150; step++) {
      engine.scope(() => {
        optimizer.zeroGrad();
        loss(x, label).backward();
        optimizer.step();
      });
    }
    using similarity = engine.scope(() => distances.cosine().between(x, x));
    const values = await similarity.data();
    for (const [i, own] of labels.entries()) {
      const to = (same: boolean) =>
        labels.flatMap((one, j) => j !== i && (one === own) === same ? [values[6 * i + j]!] : []);
      const worst = Math.min(...to(true), 2), best = Math.max(...to(false));
      assert.ok(worst > best, `row ${i}: a positive at ${worst}, a negative at ${best}`);
    }
  }
});

Deno.test("labelled rows: labels of another number and settings that cannot be taken are refused", () => {
  using x = engine.tensor([6, 3], point.x.data);
  using short = engine.indices([2], [1, 2]);
  assert.throws(() => labelTripletLoss({ x, label: short }), {
    name: ShapeError.name,
    message:
      "label_triplet_loss: rows [b, d] and a label for each [b] (u32 or f32) are expected, but got [6, 3] and [2] (u32).",
  });
  assert.throws(() => labelTripletLoss({ x, label }, { margin: NaN }), UsageError);
  assert.throws(() => ntXentLoss({ x, label }, { temperature: 0 }), UsageError);
  assert.throws(() => miners.tripletMargin({ type: "soft" as "hard" }), /one of all, hard, semihard, easy is expected/);
});

Deno.test("recall@k: the share of rows with a neighbour of their label, of those that have one", async () => {
  // On a line: 0 and 1 are each other's nearest, 2 is near to neither of its label, and the last is alone with its label.
  using x = engine.tensor([5, 1], [0, 1, 3, 3.5, 10]);
  using label = engine.indices([5], [7, 7, 8, 7, 9]);
  const recall = async (k: number) =>
    await engine.scope(() => recallAt({ x, label }, { k, distance: distances.euclidean({ normalized: false }) }))
      .item();
  assert.ok(Math.abs(await recall(1) - 2 / 3) < 1e-6);
  assert.equal(await recall(2), 1);
  const rows = x.shape[0]!;
  for (const k of [0, 1.5, rows, rows + 1]) {
    assert.throws(() => recallAt({ x, label }, { k }), {
      name: "ShapeError",
      message: `recall_at: k is ${k}, but a whole number from 1 to below the ${rows} rows is expected.`,
    });
  }
});
