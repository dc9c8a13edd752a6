import assert from "node:assert/strict";
import {
  backward,
  crossEntropyLoss,
  expectedScoreCumulative,
  expectedScoreSoftmax,
  focalLoss,
  hybridLoss,
  l21Norm,
  ordinalLoss,
  Parameter,
  topk,
} from "../../engine/mod.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { assertNear, checkGradients, type TensorFunction } from "./finite_differences.ts";
import { testEngine, uniforms } from "./harness.ts";

const engine = await testEngine();

const classes = [2, 0, 3, 1];
const sampleWeights = [0.5, 2, 0, 1.5];
const logits = { shape: [4, 5], data: uniforms(20, 1).map((z) => 2 * z) };

function gradientTest(name: string, f: TensorFunction<{ logits: typeof logits }>): void {
  Deno.test(`gradients: ${name} equals finite differences`, () => checkGradients(engine, { logits }, f));
}

for (
  const [reduction, weights] of [["none"], ["mean"], ["sum"], ["mean", sampleWeights], ["none", sampleWeights]] as const
) {
  const name = weights ? `${reduction}, weighted` : reduction;
  const others = () => ({
    target: engine.indices([4], classes),
    weight: weights && engine.tensor([4], weights),
  });
  const score = () => engine.tensor([4], [2.5, 0, 1, 4]);
  gradientTest(`cross-entropy (${name})`, (x) => crossEntropyLoss({ ...x, ...others() }, { reduction }));
  gradientTest(`focal loss (${name})`, (x) => focalLoss({ ...x, ...others() }, { reduction, gamma: 1.5, alpha: 2 }));
  gradientTest(`hybrid loss (${name})`, (x) => hybridLoss({ ...x, ...others(), score: score() }, { reduction }));
  gradientTest(`ordinal loss (${name})`, (x) => ordinalLoss({ ...x, ...others() }, { reduction }));
}
gradientTest("expected score of softmax", ({ logits }) => expectedScoreSoftmax({ logits }));
gradientTest("expected score of cumulative logits", ({ logits }) => expectedScoreCumulative({ logits }).score);
gradientTest("cumulative probabilities", ({ logits }) => expectedScoreCumulative({ logits }).probabilities);
gradientTest("l2,1 norm of rows", ({ logits: x }) => l21Norm({ x }));
gradientTest("l2,1 norm of columns", ({ logits: x }) => l21Norm({ x }, { axis: 0 }));

Deno.test("class losses: rows of any number of axes keep their shape", () => {
  engine.scope(() => {
    const logits = engine.tensor([2, 3, 5], uniforms(30, 2)), target = engine.indices([2, 3], [0, 1, 2, 3, 4, 0]);
    assert.deepEqual(crossEntropyLoss({ logits, target }, { reduction: "none" }).shape, [2, 3]);
    assert.deepEqual(ordinalLoss({ logits, target }).shape, []);
    assert.deepEqual(expectedScoreSoftmax({ logits }).shape, [2, 3]);
  });
});

Deno.test("class losses: a class that the logits do not have is refused where the host knows it", async () => {
  engine.scope(() => {
    const logits = engine.tensor([3, 4], uniforms(12, 3)), target = engine.indices([3], [0, 9, 3]);
    const message = (name: string) =>
      new ShapeError(`${name}: target holds 9, but the logits stand for classes 0 to 3.`);
    assert.throws(() => crossEntropyLoss({ logits, target }), message("cross_entropy_loss"));
    assert.throws(() => focalLoss({ logits, target }), message("focal_loss"));
    assert.throws(() => ordinalLoss({ logits, target }), message("ordinal_loss"));
    assert.throws(() => hybridLoss({ logits, target, score: engine.full([3], 1) }), message("hybrid_loss"));
    // Another view of the same memory, and what was written over it.
    assert.throws(() => crossEntropyLoss({ logits, target: target.detach([3]) }), message("cross_entropy_loss"));
    engine.write(target, Uint32Array.of(0, 1, 3));
    crossEntropyLoss({ logits, target });
  });
  const loss = engine.scope(() => {
    const logits = engine.full([1, 2], 1);
    // What a kernel computed the host does not know: the third position is none of two classes.
    const { indices } = topk({ x: engine.tensor([1, 3], [0, 1, 2]) }, { k: 1 });
    return crossEntropyLoss({ logits, target: indices.detach([1]) });
  });
  assert.ok(Number.isNaN(await loss.item()));
  loss.dispose();
});

Deno.test("class losses: operands that do not fit are refused, by name", () => {
  engine.scope(() => {
    const logits = engine.tensor([2, 3], uniforms(6, 3)), target = engine.indices([2], [0, 1]);
    assert.throws(
      () => crossEntropyLoss({ logits, target: engine.indices([3], [0, 1, 2]) }),
      new ShapeError("cross_entropy_loss: target is [3], but [2] is expected."),
    );
    assert.throws(
      () => focalLoss({ logits, target: engine.tensor([2], [0, 1]) }),
      new ShapeError("focal_loss: the target holds f32; classes are indices (engine.indices)."),
    );
    assert.throws(
      () => hybridLoss({ logits, target, score: engine.tensor([1], [0]) }),
      new ShapeError("hybrid_loss: score is [1], but [2] is expected."),
    );
  });
});

Deno.test("focal loss: a target whose logit is -infinity has the gradient of cross-entropy, for every gamma", async () => {
  // PyTorch's for gamma 0, and the limit of ever smaller logits for the others.
  const expected = [-1, 0.3775406777858734, 0.622459352016449];
  const logits = new Parameter(engine, [1, 3], Float32Array.of(-Infinity, 0.5, 1), "logits");
  for (const gamma of [0, 0.5, 1, 2]) {
    logits.zeroGrad();
    const loss = focalLoss({ logits, target: engine.indices([1], [0]) }, { gamma });
    backward(loss);
    assert.equal(await loss.item(), Infinity);
    assertNear(await logits.grad.data(), expected, `gamma ${gamma}`);
    loss.dispose();
  }
  logits.dispose();
});
