import assert from "node:assert/strict";
import { EarlyStopping } from "../../engine/optim/early_stopping.ts";
import { type PlateauOptions, ReduceLROnPlateau } from "../../engine/optim/reduce_lr_on_plateau.ts";
import { CosineAnnealingLR, WarmupLinearLR } from "../../engine/optim/schedules.ts";
import { UsageError } from "../../kernels/errors.ts";

/** Learning rates after each figure. */
function rates(schedule: ReduceLROnPlateau, figures: readonly number[]): number[] {
  return figures.map((figure) => {
    schedule.step(figure);
    return schedule.optimizer.lr;
  });
}

Deno.test("ReduceLROnPlateau: cuts after more than `patience` figures that are not better", () => {
  const schedule = new ReduceLROnPlateau({ lr: 8 }, { factor: 0.5, patience: 1 });
  assert.deepEqual(rates(schedule, [5, 4, 4, 4, 4, 4, 3, 3.5, 3.5]), [8, 8, 8, 4, 4, 2, 2, 2, 1]);
});

Deno.test("ReduceLROnPlateau: better means by more than the threshold", () => {
  const schedule = new ReduceLROnPlateau({ lr: 8 }, { factor: 0.5, patience: 0, threshold: 0.1 });
  assert.deepEqual(rates(schedule, [10, 9, 8.9, 8.02, 8]), [8, 4, 4, 2, 2]);
});

Deno.test("ReduceLROnPlateau: mode max, cooldown and the smallest rate", () => {
  const rising = new ReduceLROnPlateau({ lr: 8 }, { mode: "max", factor: 0.5, patience: 0 });
  assert.deepEqual(rates(rising, [1, 2, 2, 3, 2.5]), [8, 8, 4, 4, 2]);
  const cooling = new ReduceLROnPlateau({ lr: 8 }, { factor: 0.5, patience: 0, cooldown: 2 });
  assert.deepEqual(rates(cooling, [1, 1, 1, 1, 1, 1, 1]), [8, 4, 4, 4, 2, 2, 2]);
  const bounded = new ReduceLROnPlateau({ lr: 8 }, { factor: 0.5, patience: 0, minLr: 3 });
  assert.deepEqual(rates(bounded, [1, 1, 1, 1]), [8, 4, 3, 3]);
});

Deno.test("ReduceLROnPlateau: a figure that is NaN is not better", () => {
  const schedule = new ReduceLROnPlateau({ lr: 8 }, { factor: 0.5, patience: 1 });
  assert.deepEqual(rates(schedule, [1, NaN, NaN, 0.5]), [8, 8, 4, 4]);
});

Deno.test("ReduceLROnPlateau: a threshold on the best figure's size serves figures below 0 too", () => {
  const cuts = (figures: readonly number[], options: PlateauOptions) => {
    const plateau = new ReduceLROnPlateau({ lr: 1 }, { patience: 2, ...options });
    return figures.filter((figure) => plateau.step(figure)).length;
  };
  const still = Array(12).fill(-1), worse = still.map((_, i) => -10 + i * 0.0009);
  const better = still.map((_, i) => -1 - 0.01 * i);
  const mirrored = (figures: readonly number[]) => figures.map((figure) => -figure);
  // PyTorch's own: whatever stays or gets slowly worse below 0 counts as better.
  assert.equal(cuts(still, {}), 0);
  for (const thresholdMode of ["rel_abs", "abs"] as const) {
    assert.equal(cuts(still, { thresholdMode }), 3);
    assert.equal(cuts(worse, { thresholdMode }), 3);
    assert.equal(cuts(better, { thresholdMode }), 0);
    const mode = "max";
    assert.equal(cuts(mirrored(still), { thresholdMode, mode }), 3);
    assert.equal(cuts(still, { thresholdMode, mode }), 3);
    assert.equal(cuts(mirrored(better), { thresholdMode, mode }), 0);
    assert.equal(cuts(mirrored(better.toReversed()), { thresholdMode, mode }), 3);
  }
  // Above 0 both relative thresholds are the same.
  const falling = still.map((_, i) => 2 * 0.99992 ** i);
  for (const thresholdMode of ["rel", "rel_abs"] as const) {
    assert.equal(cuts(falling, { thresholdMode, threshold: 1e-4 }), cuts(falling, {}));
    assert.equal(cuts(falling, { thresholdMode, threshold: 1e-5 }), 0);
  }
});

Deno.test("ReduceLROnPlateau: its state carries over", () => {
  const figures = [5, 4, 4, 4, 4, 4, 3, 3.5, 3.5];
  const before = new ReduceLROnPlateau({ lr: 8 }, { factor: 0.5, patience: 1 });
  rates(before, figures.slice(0, 5));
  const after = new ReduceLROnPlateau({ lr: before.optimizer.lr }, { factor: 0.5, patience: 1 });
  after.state = structuredClone(before.state);
  assert.deepEqual(rates(after, figures.slice(5)), [2, 2, 2, 1]);
});

Deno.test("CosineAnnealingLR: falls by half a cosine to the lowest rate and stays there; its state carries over", () => {
  const held = { lr: 3 }, schedule = new CosineAnnealingLR(held, { total: 4, minLr: 1 });
  const seen = [held.lr];
  for (let step = 0; step < 3; step++) {
    schedule.step();
    seen.push(held.lr);
  }
  const after = new CosineAnnealingLR({ lr: 3 }, { total: 4, minLr: 1 });
  after.state = structuredClone(schedule.state);
  for (let step = 0; step < 2; step++) {
    after.step();
    seen.push(after.optimizer.lr);
  }
  const expected = [3, 2 + Math.SQRT1_2, 2, 2 - Math.SQRT1_2, 1, 1];
  seen.forEach((lr, i) => assert.ok(Math.abs(lr - expected[i]!) < 1e-12, `${lr} at step ${i}`));
});

Deno.test("Schedule: the step after its state was set has the rate of that step", () => {
  const held = { lr: 8 }, schedule = new WarmupLinearLR(held, { warmup: 2, total: 6 });
  schedule.state = { step: 3 };
  const resumed = held.lr;
  schedule.step();
  assert.deepEqual([resumed, held.lr, schedule.state], [6, 4, { step: 4 }]);
  assert.throws(() => schedule.state = { step: NaN }, UsageError);
});

Deno.test("WarmupLinearLR: rises to the full rate, falls to 0 and stays there", () => {
  const held = { lr: 8 }, schedule = new WarmupLinearLR(held, { warmup: 2, total: 6 });
  const seen = [held.lr, ...Array.from({ length: 7 }, () => (schedule.step(), held.lr))];
  assert.deepEqual(seen, [0, 4, 8, 6, 4, 2, 0, 0]);
  assert.throws(() => new WarmupLinearLR({ lr: 1 }, { warmup: 0, total: 0 }), UsageError);
  const missing = {} as { warmup: number; total: number };
  assert.throws(() => new CosineAnnealingLR({ lr: 1 }, missing), {
    message: "CosineAnnealingLR: total is missing; a number above 0 is expected.",
  });
  assert.throws(() => new WarmupLinearLR({ lr: 1 }, missing), UsageError);
});

Deno.test("EarlyStopping: stops once `patience` figures in a row were not better, and knows the best", () => {
  const stopping = new EarlyStopping(2);
  const seen = [3, 2, 2, 1, 1.5, NaN].map((figure) => [stopping.step(figure), stopping.stop]);
  assert.deepEqual(seen, [
    [true, false],
    [true, false],
    [false, false],
    [true, false],
    [false, false],
    [false, true],
  ]);
  assert.deepEqual(stopping.state, { best: 1, bestEpoch: 4, epoch: 6 });
});
