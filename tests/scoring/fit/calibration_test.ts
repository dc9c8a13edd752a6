import assert from "node:assert/strict";
import { Philox } from "../../../kernels/philox.ts";
import {
  calibrate,
  chooseCalibration,
  fitCalibration,
  meanLoss,
  pairAccuracy,
} from "../../../scoring/fit/calibration.ts";

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

/** Log ratios that are twice as great as they should be, and too great by 1; beside them an expert that knows nothing. */
function bent(count: number) {
  const random = new Philox(5);
  const draw = (sign: number) => [
    Float64Array.from({ length: count }, () => 2 * (sign * 1.5 + Math.sqrt(3) * random.normal()) + 1),
    Float64Array.from({ length: count }, () => random.normal()),
  ];
  return { fitting: draw(1), swapped: draw(-1), units: [numbers(count), numbers(count)] as const };
}

Deno.test("calibration: the line that ratios were bent by is found again, and no neighbour is likelier", () => {
  const rows = bent(4000);
  const fit = (experts: number[], shifts: boolean) => {
    const found = fitCalibration(rows, { experts, shifts });
    return { ...found, loss: meanLoss(found.losses, rows.units).loss };
  };
  const { slopes: [slope, other], shift, loss } = fit([0, 1], true);
  assert.ok(Math.abs(slope! - 0.5) < 0.03 && Math.abs(shift + 0.5) < 0.08, `${slope}, ${shift}`);
  assert.ok(Math.abs(other!) < 0.1, `${other}`);
  assert.ok(loss < fit([0, 1], false).loss && loss <= fit([0], true).loss);
  assert.equal(fit([0], true).slopes[1], 0);
  const lossOf = (slopes: number[], shift: number) => {
    const mean = (ratios: Float64Array[], sign: number) =>
      calibrate({ slopes, shift }, ratios).reduce((sum, one) => sum + Math.log1p(one ** -sign), 0) / 4000;
    return mean(rows.fitting, 1) + mean(rows.swapped, -1);
  };
  assert.ok(Math.abs(lossOf([slope!, other!], shift) - loss) < 2e-3);
  for (const [a, b, c] of [[0.1, 0, 0], [-0.1, 0, 0], [0, 0.3, 0], [0, -0.3, 0], [0, 0, 0.2], [0, 0, -0.2]]) {
    assert.ok(lossOf([slope! + a!, other! + c!], shift + b!) > loss);
  }
});

Deno.test("calibration: an expert that knows nothing is left out, and one that adds something is not", () => {
  const rows = bent(400), { slopes } = chooseCalibration(rows, [0, 1]);
  assert.ok(slopes[0]! > 0.3 && slopes[1] === 0, `${slopes}`);
  const random = new Philox(6);
  const second = (sign: number) => Float64Array.from({ length: 400 }, () => 2 * sign + 2 * random.normal());
  const both = {
    ...rows,
    fitting: [rows.fitting[0]!, second(1)],
    swapped: [rows.swapped[0]!, second(-1)],
  };
  assert.ok(chooseCalibration(both, [0, 1]).slopes.every((slope) => slope > 0.2));
  assert.deepEqual(chooseCalibration(both, [1]).slopes[0], 0);
});

Deno.test("calibration: rows that are separable make ratios no surer than so many units can tell", () => {
  const same = (logRatio: number) => [new Float64Array(300).fill(logRatio)];
  for (const count of [1, 8, 300]) {
    const units = Array.from({ length: 300 }, (_, i) => i % count);
    for (const shifts of [false, true]) {
      const rows = { fitting: same(4), swapped: same(-4), units: [units, units] as const };
      const found = fitCalibration(rows, { experts: [0], shifts });
      for (const [logRatio, ratio] of [[4, count + 1], [-4, 1 / (count + 1)]] as const) {
        const [one] = calibrate(found, same(logRatio));
        assert.ok(Math.abs(one! / ratio - 1) < 1e-4, `${count} units: ${one} instead of ${ratio}`);
      }
    }
  }
});

Deno.test("calibration: the standard error of a loss is that of the means of units", () => {
  const losses = [Float64Array.of(1, 1, 3, 3), Float64Array.of(2, 2, 2, 2)];
  const apart = meanLoss(losses, [numbers(4), numbers(4, 10)]), alike = meanLoss(losses, [[0, 0, 1, 1], [0, 0, 1, 1]]);
  assert.deepEqual([apart.loss, alike.loss], [4, 4]);
  assert.ok(alike.error > 1.3 * apart.error, `${alike.error}, ${apart.error}`);
});

Deno.test("pair accuracy: half of ties", () => {
  assert.equal(pairAccuracy(Float64Array.of(2, 3), Float64Array.of(1, 2)), 0.875);
  assert.equal(pairAccuracy(Float64Array.of(), Float64Array.of(1)), 0.5);
});
