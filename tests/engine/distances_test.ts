import assert from "node:assert/strict";
import { ShapeError } from "../../kernels/errors.ts";
import {
  backward,
  contrastiveLoss,
  cosineEmbeddingLoss,
  cosineSimilarity,
  euclideanDistance,
  mahalanobisSquared,
  metricAnchorContrastiveLoss,
  minedTripletLoss,
  multipleNegativesRankingLoss,
  normalize,
  pairwiseCosineSimilarity,
  pairwiseEuclideanDistance,
  pairwiseMahalanobisSquared,
  Parameter,
  scmlFeatures,
  scmlLocalDistance,
  selectTriplets,
  tripletMarginLoss,
} from "../../engine/mod.ts";
import { elementCount, type Shape } from "../../engine/tensors/storage.ts";
import { checkGradients, type Point, type TensorFunction } from "./finite_differences.ts";
import { testEngine, uniforms } from "./harness.ts";

const engine = await testEngine();

function gradientTest<Name extends string>(
  name: string,
  shapes: Readonly<Record<Name, Shape>>,
  f: TensorFunction<Record<Name, Point[string]>>,
): void {
  const point = Object.fromEntries(
    Object.entries<Shape>(shapes).map(([name, shape], i) => {
      return [name, { shape, data: uniforms(elementCount(shape), i + 1) }];
    }),
  ) as Record<Name, Point[string]>;
  Deno.test(`distances: gradients of ${name} equal finite differences`, () => checkGradients(engine, point, f));
}

const pairs = { x: [3, 5], y: [3, 5] } as const, all = { x: [3, 5], y: [4, 5] } as const;
for (const squared of [true, false]) {
  const name = squared ? "squared Euclidean distances" : "Euclidean distances";
  gradientTest(`${name} of pairs`, pairs, (inputs) => euclideanDistance(inputs, { squared }));
  gradientTest(`${name} of all pairs`, all, (inputs) => pairwiseEuclideanDistance(inputs, { squared }));
}
gradientTest("cosines of pairs", pairs, (inputs) => cosineSimilarity(inputs));
gradientTest(
  "cosines of pairs of two leading axes",
  { x: [2, 2, 3], y: [2, 2, 3] },
  (inputs) => cosineSimilarity(inputs),
);
gradientTest("cosines of all pairs", all, (inputs) => pairwiseCosineSimilarity(inputs, { scale: 3 }));
gradientTest("rows of one length", { x: [3, 5] }, ({ x }) => normalize({ x }, { scale: 2, eps: 1e-3 }));
const matrices = { l: [2, 5], m: [5, 5], diagonal: [5] } as const;
for (
  const [form, operands, distance] of [["pairs", pairs, mahalanobisSquared], [
    "all pairs",
    all,
    pairwiseMahalanobisSquared,
  ]] as const
) {
  const { l, m, diagonal } = matrices;
  gradientTest(`Mahalanobis distances of ${form} by a factor`, { ...operands, l }, (inputs) => distance(inputs));
  gradientTest(`Mahalanobis distances of ${form} by a matrix`, { ...operands, m }, (inputs) => distance(inputs));
  gradientTest(
    `Mahalanobis distances of ${form} by a diagonal`,
    { ...operands, m: diagonal },
    (inputs) => distance(inputs),
  );
}
const metric = { z: [3, 2], basis: [5, 4], weight: [4, 2], bias: [4] } as const;
gradientTest("local SCML distances", { ...pairs, ...metric }, scmlLocalDistance);
gradientTest("SCML features", { x: [3, 5], ...metric }, scmlFeatures);

const weights = () => engine.tensor([4], [0.5, 2, 0, 1.5]);
for (const reduction of ["none", "mean", "sum"] as const) {
  for (const weighted of [false, true]) {
    const how = `(${reduction}${weighted ? ", weighted" : ""})`;
    const rows = { anchor: [4, 3], positive: [4, 3], negative: [4, 3] } as const;
    const weight = () => weighted ? weights() : undefined;
    for (const squared of [false, true]) {
      gradientTest(
        `the ${squared ? "squared " : ""}triplet hinge ${how}`,
        rows,
        (inputs) => tripletMarginLoss({ ...inputs, weight: weight() }, { reduction, squared, margin: 0.7 }),
      );
    }
    const two = { x: [4, 3], y: [4, 3] } as const;
    for (const [name, loss] of [["contrastive", contrastiveLoss], ["cosine embedding", cosineEmbeddingLoss]] as const) {
      const target = () => engine.tensor([4], [1, 0, 1, 0]);
      gradientTest(
        `the ${name} loss ${how}`,
        two,
        (inputs) => loss({ ...inputs, target: target(), weight: weight() }, { reduction, margin: 0.3 }),
      );
    }
  }
}

for (const reduction of ["none", "mean", "sum"] as const) {
  for (const weight of [undefined, [0.5, 2, 0, 1.5]]) {
    const how = `(${reduction}${weight ? ", weighted" : ""})`;
    const weights = () => weight && engine.tensor([4], weight);
    gradientTest(
      `multiple negatives ranking ${how}`,
      { anchor: [4, 3], positive: [4, 3] },
      (inputs) => multipleNegativesRankingLoss({ ...inputs, weight: weights() }, { reduction, scale: 2 }),
    );
    gradientTest(
      `multiple negatives ranking with hard negatives and candidates left out ${how}`,
      { anchor: [4, 3], positive: [4, 3], negative: [2, 3] },
      (inputs) => {
        const penalty = engine.tensor([4, 6], Array.from({ length: 24 }, (_, i) => i === 1 || i === 17 ? -1e4 : 0));
        return multipleNegativesRankingLoss({ ...inputs, penalty, weight: weights() }, { reduction, scale: 2 });
      },
    );
    gradientTest(`the contrastive loss of metric anchors ${how}`, { x: [4, 3], anchors: [5, 3] }, (inputs) => {
      const target = engine.indices([4], [4, 0, 2, 0]);
      return metricAnchorContrastiveLoss({ ...inputs, target, weight: weights() }, { reduction, temperature: 0.5 });
    });
  }
}

gradientTest("the triplet hinge of a list of triplets", { x: [4, 3] }, ({ x }) => {
  const [anchor, positive, negative] = [[0, 1, 0, 3, 2], [1, 0, 1, 2, 3], [2, 3, 3, 0, 0]].map((rows) =>
    engine.indices([5], rows)
  );
  return tripletMarginLoss(selectTriplets(x, { anchor, positive: positive!, negative: negative! }), { margin: 3 });
});
for (const mining of ["random", "hard", "semihard"] as const) {
  gradientTest(`the hinge of ${mining} triplets mined in a batch`, { x: [6, 4] }, ({ x }) => {
    engine.random.step = 4;
    engine.random.nextStep();
    const score = engine.tensor([6], [9, 9.5, 2, 3, 10, 6]);
    return minedTripletLoss({ x, score }, { mining, margin: 4, squared: true });
  });
}

Deno.test("distances: the mean of mined triplets is over those found, and 0 where there are none", async () => {
  const x = new Parameter(engine, [4, 2], uniforms(8, 1), "x");
  const lossOf = async (scores: number[], settings: Parameters<typeof minedTripletLoss>[1]) => {
    const loss = engine.scope(() =>
      minedTripletLoss({ x, score: engine.tensor([4], scores) }, { mining: "hard", ...settings })
    );
    const [values] = await engine.read([loss]);
    loss.dispose();
    return values!;
  };
  const scores = [9, 9, 2, 6];
  const each = await lossOf(scores, { reduction: "none", margin: 5 });
  assert.ok(each[0]! > 0 && each[1]! > 0);
  assert.deepEqual([each[2], each[3]], [0, 0]);
  assert.ok(Math.abs((await lossOf(scores, { margin: 5 }))[0]! - (each[0]! + each[1]!) / 2) < 1e-6);
  assert.equal((await lossOf([9, 9, 9, 9], { margin: 5 }))[0], 0);
  x.dispose();
});

Deno.test("distances: equal rows have distance 0 and gradient 0 on the tape", async () => {
  const x = new Parameter(engine, [2, 3], Float32Array.of(1, 2, 3, 1, 2, 3), "x");
  engine.scope(() => backward(pairwiseEuclideanDistance({ x, y: x }), engine.tensor([2, 2], [1, 2, 3, 4])));
  assert.deepEqual([...await x.grad.data()], [0, 0, 0, 0, 0, 0]);
  x.dispose();
});

Deno.test("distances: sizes that do not fit are named", () => {
  engine.scope(() => {
    const x = engine.full([2, 3], 1), y = engine.full([2, 4], 1), m = engine.full([3, 4], 1);
    const cases: readonly (readonly [() => unknown, RegExp])[] = [
      [() => euclideanDistance({ x, y }), /y is \[2, 4\], but \[2, 3\] is expected/],
      [() => pairwiseEuclideanDistance({ x, y }), /\[n, d\] and \[m, d\] are expected, but got \[2, 3\] and \[2, 4\]/],
      [() => mahalanobisSquared({ x, y: x, m }), /m is \[3, 4\], but \[d, d\] or its diagonal \[d\] is expected/],
      [() => mahalanobisSquared({ x, y: x, l: y }), /x is \[2, 3\], but l \[2, 4\] takes rows of 4/],
    ];
    for (const [call, message] of cases) {
      assert.throws(call, (error) => error instanceof ShapeError && message.test(error.message));
    }
  });
});
