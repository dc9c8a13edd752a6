import assert from "node:assert/strict";
import { describeShift, formatShifts } from "../../cli/options/shift_options.ts";
import type { ShiftedPredictions } from "../../scoring/shift/shift_scores.ts";

const predictions = (shift: ShiftedPredictions["shift"], score: number): ShiftedPredictions => ({
  score: Float32Array.of(score, score),
  unshifted: Float32Array.of(8.5, 9.3),
  standardDeviation: null,
  probabilities: null,
  applied: null,
  fit: null,
  shift,
});

Deno.test("shift: a line says what was done, and what auto took", () => {
  const line = (name: "none" | "em" | "auto" | "mean", shift: ShiftedPredictions["shift"], score: number) =>
    describeShift({ name, target: null }, predictions(shift, score));
  assert.equal(line("em", "em", 6.2), "shift em: mean score 8.90 -> 6.20");
  assert.equal(line("auto", "em", 6.2), "shift auto took em: mean score 8.90 -> 6.20");
  assert.equal(line("auto", "none", 8.9), "shift auto took none: mean score 8.90");
  assert.equal(line("none", "none", 8.9), "shift none: mean score 8.90");
});

Deno.test("shift: a second line says what the fit model believes, and of which records it says nothing", () => {
  const line = (fit: Partial<NonNullable<ShiftedPredictions["fit"]>>) => {
    const whole = { rows: 256, share: 0.31, unseen: 0, judgesUnseen: false, ...fit };
    return describeShift({ name: "em", target: null }, { ...predictions("em", 6.2), fit: whole }).split("\n")[1];
  };
  assert.equal(line({}), "of 256 records 31 % seem not to fit their metric");
  assert.equal(line({ share: 0.002 }), "of 256 records less than 1 % seem not to fit their metric");
  assert.equal(
    line({ unseen: 62 }),
    "of 256 records 31 % seem not to fit their metric; 62 have metrics that training lacked, judged without that evidence",
  );
  assert.equal(
    line({ unseen: 62, judgesUnseen: true }),
    "of 256 records 31 % seem not to fit their metric; 62 have metrics that training lacked, judged by their embeddings",
  );
  assert.equal(
    line({ unseen: 256, judgesUnseen: true }),
    "of 256 records 31 % seem not to fit their metric; all have metrics that training lacked, judged by their embeddings",
  );
});

Deno.test("shift: the table of held-out figures has a line each, and is left out where nothing was measured", () => {
  assert.deepEqual(formatShifts([]), []);
  assert.deepEqual(formatShifts([{ shift: "none", validation: 1, mismatched: 7.25, mixed: null }]), [
    "RMSE on held-out rows by --shift:\n" +
    "shift  validation  mismatched  mixed\n" +
    "none        1.000       7.250      -",
  ]);
});
