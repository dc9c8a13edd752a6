import { cumulativeProbabilities, cumulativeProbabilitiesBackward } from "../../kernels/probability/cumulative.ts";
import { expectedScore, expectedScoreBackward } from "../../kernels/probability/expected_score.ts";
import {
  cumulativeProbabilitiesBackwardReference,
  cumulativeProbabilitiesReference,
  expectedScoreReference,
} from "../../kernels/probability/probability.ref.ts";
import { assertClose, KernelHarness, normals, numericalGradient } from "./harness.ts";

const harness = await KernelHarness.open();
const { launcher, launchers } = harness;
const shapes = [[1, 1], [1, 11], [33, 11], [9, 2], [3, 129]] as const;

/** f of each row. */
function byRow(x: ArrayLike<number>, classes: number, f: (row: number[], at: number) => number[]): number[] {
  const rows = Array.from(
    { length: x.length / classes },
    (_, row) => Array.from(x).slice(row * classes, (row + 1) * classes),
  );
  return rows.flatMap((row, at) => f(row, at));
}

async function cumulative(logits: Float32Array<ArrayBuffer>, dp: Float32Array<ArrayBuffer>, classes: number) {
  const rows = logits.length / classes, sizes = { rows, classes };
  const probabilities = harness.output(logits.length), dlogits = harness.output(logits.length);
  const slice = harness.upload(logits);
  cumulativeProbabilities(launcher, { logits: slice, probabilities, ...sizes });
  cumulativeProbabilitiesBackward(launcher, { logits: slice, dprobabilities: harness.upload(dp), dlogits, ...sizes });
  return await harness.read(probabilities, dlogits);
}

Deno.test("expected score: it and its gradient equal the reference", async () => {
  for (const { kind, launcher } of launchers) {
    for (const [rows, classes] of shapes) {
      const p = normals(rows * classes, 1).map(Math.abs), dscore = normals(rows, 2);
      const score = harness.output(rows), dp = harness.output(rows * classes);
      expectedScore(launcher, { probabilities: harness.upload(p), score, rows, classes });
      expectedScoreBackward(launcher, { dscore: harness.upload(dscore), dprobabilities: dp, rows, classes });
      const [scores, slopes] = await harness.read(score, dp);
      assertClose(scores, byRow(p, classes, (row) => [expectedScoreReference(row)]), { what: kind });
      assertClose(slopes, byRow(p, classes, (row, at) => row.map((_, k) => k * dscore[at]!)), {
        rtol: 1e-6,
        what: kind,
      });
    }
  }
});

Deno.test("cumulative probabilities: they and their gradient equal the reference, up to logits of 80", async () => {
  for (const [rows, classes] of shapes) {
    for (const scale of [0.1, 2, 80]) {
      const logits = normals(rows * classes, 3).map((z) => scale * Math.tanh(z)), dp = normals(logits.length, 4);
      const [p, dlogits] = await cumulative(logits, dp, classes);
      const what = `${rows} x ${classes}, logits of ${scale}`;
      assertClose(p, byRow(logits, classes, (row) => cumulativeProbabilitiesReference(row)), { atol: 2e-6, what });
      const slopes = byRow(
        logits,
        classes,
        (row, at) => cumulativeProbabilitiesBackwardReference(row, dp.slice(at * classes, (at + 1) * classes)),
      );
      assertClose(dlogits, slopes, { rtol: 3e-5, atol: 2e-6, what });
    }
  }
});

Deno.test("cumulative probabilities: rows of equal, falling and far logits equal the reference", async () => {
  const rows = [[80, 80, 80], [-80, -80, -80], [0, 0, 0], [3, 2, 1], [-80, 80, 80], [-80, 0, 80]];
  const logits = Float32Array.from(rows.flat()), dp = normals(logits.length, 6);
  const [p, dlogits] = await cumulative(logits, dp, 3);
  assertClose(p, byRow(logits, 3, (row) => cumulativeProbabilitiesReference(row)), { atol: 1e-6 });
  const slopes = byRow(
    logits,
    3,
    (row, at) => cumulativeProbabilitiesBackwardReference(row, dp.slice(at * 3, (at + 1) * 3)),
  );
  assertClose(dlogits, slopes, { rtol: 3e-5, atol: 2e-6 });
});

Deno.test("cumulative probabilities: the reference's gradient equals finite differences of its value", () => {
  const logits = Float64Array.of(-2, -0.5, -0.8, 1, 0.25), dp = normals(5, 5);
  const value = (at: Float64Array) => cumulativeProbabilitiesReference(at).reduce((sum, p, k) => sum + p * dp[k]!, 0);
  const slopes = cumulativeProbabilitiesBackwardReference(logits, dp);
  assertClose(slopes, numericalGradient(value, logits, 1e-6), { rtol: 1e-6, atol: 1e-8 });
});
