import assert from "node:assert/strict";
import { contrastive, cosineEmbedding } from "../../kernels/loss/cosine_pair.ts";
import {
  contrastiveReference,
  cosineEmbeddingReference,
  type RowLoss,
  tripletReference,
} from "../../kernels/loss/metric_loss.ref.ts";
import type { LossReduction } from "../../kernels/loss/reduction.ts";
import { tripletHinge } from "../../kernels/loss/triplet.ts";
import type { Launcher } from "../../kernels/launcher.ts";
import { assertClose, KernelHarness, normals, numericalGradient, type Output } from "./harness.ts";

const harness = await KernelHarness.open();
const { launcher, launchers } = harness;

interface Run {
  readonly rows: readonly Float32Array<ArrayBuffer>[];
  readonly similar: readonly boolean[];
  readonly columns: number;
  readonly weight: Float32Array<ArrayBuffer> | undefined;
  readonly reduction: LossReduction;
  readonly loss: Output;
  readonly gradients: readonly Output[];
}

interface MetricLoss {
  readonly name: string;
  /** Rows that one sample is made of. */
  readonly operands: number;
  launch(launcher: Launcher, run: Run): void;
  reference(rows: readonly ArrayLike<number>[], similar: boolean): RowLoss;
}

const ofPairs = (launch: typeof contrastive, name: string, reference: typeof contrastiveReference, margin: number) => ({
  name,
  operands: 2,
  launch(launcher: Launcher, { rows, similar, columns, weight, reduction, loss, gradients }: Run) {
    launch(launcher, {
      x: harness.upload(rows[0]!),
      y: harness.upload(rows[1]!),
      target: harness.upload(similar.map((each) => each ? 1 : name === "contrastive" ? 0 : -1)),
      weight: weight && harness.upload(weight),
      gradientX: gradients[0]!,
      gradientY: gradients[1]!,
      ...{ loss, reduction, columns, margin, count: similar.length },
    });
  },
  reference: ([x, y]: readonly ArrayLike<number>[], similar: boolean) => reference(x!, y!, similar, margin),
});

const ofTriplets = (squared: boolean, margin: number) => ({
  name: squared ? "squared triplet" : "triplet",
  operands: 3,
  launch(launcher: Launcher, { rows, similar, columns, weight, reduction, loss, gradients }: Run) {
    const [anchor, positive, negative] = rows.map((each) => harness.upload(each));
    tripletHinge(launcher, {
      anchor: anchor!,
      positive: positive!,
      negative: negative!,
      weight: weight && harness.upload(weight),
      gradients: { anchor: gradients[0]!, positive: gradients[1]!, negative: gradients[2]! },
      ...{ loss, reduction, columns, margin, squared, count: similar.length },
    });
  },
  reference: ([a, p, n]: readonly ArrayLike<number>[]) => tripletReference(a!, p!, n!, { margin, squared }),
});

const losses: readonly MetricLoss[] = [
  ofPairs(contrastive, "contrastive", contrastiveReference, 1.1),
  ofPairs(cosineEmbedding, "cosine embedding", cosineEmbeddingReference, 0.1),
  ofTriplets(false, 0.5),
  ofTriplets(true, 2),
];

for (const { name, operands, launch, reference } of losses) {
  for (const { kind, launcher } of launchers) {
    Deno.test(`metric loss: ${name} and its gradients equal the reference, as on ${kind}`, async () => {
      for (const [count, columns] of [[1, 1], [9, 5], [65, 70]] as const) {
        const rows = Array.from({ length: operands }, (_, i) => normals(count * columns, i + 1));
        const weights = normals(count, 8).map(Math.abs), similar = Array.from(weights, (_, i) => i % 3 !== 1);
        const samples = similar.map((each, i) =>
          reference(rows.map((values) => values.subarray(i * columns, (i + 1) * columns)), each)
        );
        for (const [reduction, weight] of [["none", weights], ["mean", weights], ["sum", undefined]] as const) {
          const loss = harness.output(reduction === "none" ? count : 1);
          const gradients = rows.map((values) => harness.output(values.length));
          launch(launcher, { rows, similar, columns, weight, reduction, loss, gradients });
          const factors = similar.map((_, i) => (weight?.[i] ?? 1) / (reduction === "mean" ? count : 1));
          const values = samples.map(({ value }, i) => factors[i]! * value);
          const [got, ...slopes] = await harness.read(loss, ...gradients);
          const expected = reduction === "none" ? values : [values.reduce((a, b) => a + b, 0)];
          const what = `${reduction} loss of ${count} x ${columns}`;
          assertClose(got!, expected, { atol: 4e-6 * Math.max(...values), what });
          slopes.forEach((each, operand) => {
            const want = samples.flatMap((sample, i) => sample.gradients[operand]!.map((slope) => factors[i]! * slope));
            const atol = 8e-6 * Math.max(1 / count, ...want.map(Math.abs));
            assertClose(each!, want, { atol, what: `gradient ${operand} of the ${what}` });
          });
        }
      }
    });
  }

  Deno.test(`metric loss: the reference's gradients of ${name} equal finite differences`, () => {
    const rows = Array.from({ length: operands }, (_, i) => normals(6, i + 1));
    for (const similar of [true, false]) {
      const { gradients } = reference(rows, similar);
      rows.forEach((values, operand) => {
        const value = (at: Float64Array) => reference(rows.with(operand, at as never), similar).value;
        assertClose(gradients[operand]!, numericalGradient(value, values), { rtol: 1e-6, atol: 1e-8 });
      });
    }
  });
}

Deno.test("metric loss: a NaN in any row reaches the loss", async () => {
  for (const { operands, launch } of losses) {
    for (let operand = 0; operand < operands; operand++) {
      const rows = Array.from({ length: operands }, (_, i) => Float32Array.of(i === operand ? NaN : 1 + i, 1));
      const loss = harness.output(1), gradients = rows.map(() => harness.output(2));
      launch(launcher, { rows, similar: [false], columns: 2, weight: undefined, reduction: "sum", loss, gradients });
      assert.ok(Number.isNaN((await harness.read(loss))[0][0]), `operand ${operand} of ${operands}`);
    }
  }
});

Deno.test("metric loss: a triplet of equal rows costs the margin and has gradient 0", async () => {
  const rows = [1, 2, 3].map(() => Float32Array.of(1, -2, 3)), loss = harness.output(1);
  const gradients = rows.map(() => harness.output(3));
  const run = { rows, similar: [true], columns: 3, weight: undefined, reduction: "sum" as const, loss, gradients };
  ofTriplets(false, 0.5).launch(launcher, run);
  const [value, ...slopes] = await harness.read(loss, ...gradients);
  assert.equal(value![0], 0.5);
  assert.ok(slopes.every((each) => each!.every((slope) => slope === 0)));
});

Deno.test("metric loss: where the hinge begins there is neither loss nor gradient", async () => {
  const cases: [MetricLoss, number[][]][] = [
    [ofPairs(cosineEmbedding, "cosine embedding", cosineEmbeddingReference, 0), [[1, 0], [0, 1]]],
    [ofTriplets(true, 3), [[0, 0], [1, 0], [0, 2]]],
  ];
  for (const [{ name, launch }, values] of cases) {
    const rows = values.map((row) => Float32Array.from(row)), loss = harness.output(1);
    const gradients = rows.map(() => harness.output(2));
    launch(launcher, { rows, similar: [false], columns: 2, weight: undefined, reduction: "sum", loss, gradients });
    for (const found of await harness.read(loss, ...gradients)) assert.ok(found!.every((value) => value === 0), name);
  }
});
