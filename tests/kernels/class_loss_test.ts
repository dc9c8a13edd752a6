import assert from "node:assert/strict";
import {
  type ClassLoss,
  classLossReference,
  crossEntropyReference,
  focalReference,
  hybridReference,
  ordinalReference,
} from "../../kernels/loss/class_loss.ref.ts";
import { ordinal } from "../../kernels/loss/ordinal.ts";
import { type ClassLossOptions, crossEntropy, focal, hybrid } from "../../kernels/loss/softmax_loss.ts";
import type { BufferSlice, Launcher } from "../../kernels/launcher.ts";
import type { LossReduction } from "../../kernels/loss/reduction.ts";
import { assertClose, KernelHarness, normals, numericalGradient } from "./harness.ts";

const harness = await KernelHarness.open();
const { launcher, launchers } = harness;

interface Loss {
  readonly name: string;
  readonly launch: (launcher: Launcher, options: ClassLossOptions & { score: BufferSlice }) => void;
  readonly reference: ClassLoss;
}

const losses: readonly Loss[] = [
  { name: "cross_entropy", launch: crossEntropy, reference: crossEntropyReference },
  { name: "focal", launch: focal, reference: focalReference(2, 1) },
  {
    name: "focal with gamma 0.5 and alpha 0.25",
    launch: (launcher, options) => focal(launcher, { ...options, gamma: 0.5, alpha: 0.25 }),
    reference: focalReference(0.5, 0.25),
  },
  {
    name: "focal with gamma 1",
    launch: (launcher, options) => focal(launcher, { ...options, gamma: 1 }),
    reference: focalReference(1, 1),
  },
  {
    name: "focal with gamma 0",
    launch: (launcher, options) => focal(launcher, { ...options, gamma: 0 }),
    reference: focalReference(0, 1),
  },
  { name: "hybrid", launch: hybrid, reference: hybridReference(0.1) },
  {
    name: "hybrid with lambda 2",
    launch: (launcher, options) => hybrid(launcher, { ...options, lambda: 2 }),
    reference: hybridReference(2),
  },
  { name: "ordinal", launch: ordinal, reference: ordinalReference },
];

interface Rows {
  readonly logits: ArrayLike<number>;
  readonly target: readonly number[];
  readonly score: readonly number[];
  readonly weight?: Float32Array<ArrayBuffer> | undefined;
  readonly reduction?: LossReduction;
}

/** Rows of normal logits of this scale, each class a target at some row, scores beside the classes. */
function rowsOf(count: number, classes: number, scale: number): Rows {
  const target = Array.from({ length: count }, (_, row) => (row * 7 + 3) % classes);
  const logits = normals(count * classes, 1).map((z) => Math.fround(scale * z));
  return { logits, target, score: target.map((k, row) => k + [0, 0.5, -3][row % 3]!) };
}

async function run(launch: Loss["launch"], to: Launcher, { logits, target, score, weight, reduction = "mean" }: Rows) {
  const count = target.length;
  const loss = harness.output(reduction === "none" ? count : 1), gradient = harness.output(logits.length);
  launch(to, {
    logits: harness.upload(Float32Array.from(logits)),
    target: harness.upload(Uint32Array.from(target)),
    score: harness.upload(score),
    weight: weight && harness.upload(weight),
    reduction,
    loss,
    gradient,
    count,
    classes: logits.length / count,
  });
  return await harness.read(loss, gradient);
}

async function compare({ launch, reference }: Loss, to: Launcher, rows: Rows, what: string): Promise<void> {
  const expected = classLossReference(reference, rows.logits, rows.target, rows);
  const [value, slopes] = await run(launch, to, rows);
  const largest = (values: ArrayLike<number>) => Math.max(1e-7, 4e-6 * Math.max(...Array.from(values, Math.abs)));
  assertClose(value, expected.loss, { rtol: 3e-5, atol: largest(expected.loss), what: `loss of ${what}` });
  assertClose(slopes, expected.gradient, {
    rtol: 3e-5,
    atol: largest(expected.gradient),
    what: `gradient of ${what}`,
  });
}

for (const each of losses) {
  Deno.test(`class loss: ${each.name} and its gradient equal the reference for each reduction and weighting`, async () => {
    for (const { kind, launcher } of launchers) {
      for (const [count, classes] of [[1, 1], [1, 11], [33, 11], [9, 2], [65, 5], [3, 129]] as const) {
        const rows = rowsOf(count, classes, 2), weights = normals(count, 3).map(Math.abs);
        for (const [reduction, weight] of [["none"], ["none", weights], ["mean", weights], ["sum"]] as const) {
          await compare(
            each,
            launcher,
            { ...rows, weight, reduction },
            `${reduction} of ${count} x ${classes} (${kind})`,
          );
        }
      }
    }
  });

  Deno.test(`class loss: ${each.name} holds for logits of 80 and beyond, and for rows of equal logits`, async () => {
    for (const { kind, launcher } of launchers) {
      for (const scale of [0, 1e-30, 80, 300]) {
        for (const [count, classes] of [[13, 11], [3, 129]] as const) {
          const rows = { ...rowsOf(count, classes, scale), reduction: "none" as const };
          await compare(each, launcher, rows, `${count} x ${classes} logits of ${scale} (${kind})`);
        }
      }
      const extremes = [[80, -80, -80], [80, -80, -80], [-80, -80, -80], [80, 80, 80], [0, 0, 200]];
      const rows = { logits: extremes.flat(), target: [0, 1, 2, 0, 2], score: [0, 1, 2, 0, 1] };
      await compare(each, launcher, { ...rows, reduction: "none" }, `extremes (${kind})`);
    }
  });

  Deno.test(`class loss: the reference's gradient of ${each.name} equals finite differences of its value`, () => {
    const { logits, target, score } = rowsOf(4, 5, 2), weight = normals(4, 3).map(Math.abs);
    const options = { score, weight };
    const value = (at: Float64Array) => classLossReference(each.reference, at, target, options).loss[0]!;
    const { gradient } = classLossReference(each.reference, logits, target, options);
    assertClose(gradient, numericalGradient(value, logits, 1e-6), { rtol: 1e-6, atol: 1e-8 });
  });
}

Deno.test("class loss: cross-entropy of thousands of classes equals the reference", async () => {
  for (const { kind, launcher } of launchers) {
    await compare(losses[0]!, launcher, { ...rowsOf(5, 5003, 3), reduction: "none" }, `5003 classes (${kind})`);
  }
});

Deno.test("class loss: a small loss keeps its digits", async () => {
  const rows = { logits: [20, 0, 0, 30, 0, 0], target: [0, 0], score: [0, 0], reduction: "none" as const };
  for (const { launcher } of launchers) {
    for (const { launch, reference } of losses.slice(0, 2)) {
      const expected = classLossReference(reference, rows.logits, rows.target, rows);
      const [value, slopes] = await run(launch, launcher, rows);
      // A device may take numbers below the least normal one for 0.
      const precision = { rtol: 1e-5, atol: 1.2e-38 };
      assertClose(value, expected.loss, precision);
      assertClose(slopes, expected.gradient, precision);
    }
  }
});

Deno.test("class loss: NaN among the logits and a class that there is not make the row's loss NaN, and no other", async () => {
  const logits = [NaN, 1, 2, 1, NaN, 2, 1, 2, 3, 1, 2, 3];
  const rows = { logits, target: [1, 1, 3, 2], score: [0, 0, 0, 0], reduction: "none" as const };
  for (const { launcher } of launchers) {
    for (const { launch } of losses) {
      const [value] = await run(launch, launcher, rows);
      assert.deepEqual([...value].map(Number.isNaN), [true, true, true, false]);
    }
  }
});

Deno.test("class loss: gives the same bits on every repeat", async () => {
  const rows = rowsOf(300, 11, 3);
  const [first, slopes] = await run(hybrid, launcher, rows);
  const [again, sameSlopes] = await run(hybrid, launcher, rows);
  assert.deepEqual([first, slopes], [again, sameSlopes]);
});
