import assert from "node:assert/strict";
import { estimateByBbse } from "../../../scoring/shift/bbse.ts";
import { estimateByEm, gainOf } from "../../../scoring/shift/em.ts";
import { underShift } from "../../../scoring/shift/label_shift.ts";
import { plant, shiftedShares, trainedShares } from "./planted.ts";

const farthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (one, i) => Math.abs(one - b[i]!)));
const total = (shares: ArrayLike<number>) => Array.from(shares).reduce((sum, one) => sum + one, 0);

/** Held-out rows with the shares of training. */
function heldOut(rows: number, seed: number, deviation = 1) {
  return {
    ...plant(trainedShares, rows, seed, deviation),
    weight: new Float64Array(rows).fill(1),
    shares: trainedShares,
  };
}

Deno.test("em: finds the class shares that were planted, and with them makes rows far likelier", () => {
  const { probabilities } = plant(shiftedShares, 6000, 1, 0.5);
  const shift = estimateByEm(probabilities, trainedShares);
  assert.ok(farthest(shift.shares, shiftedShares) < 0.015, `${shift.shares}`);
  assert.ok(Math.abs(total(shift.shares) - 1) < 1e-9);
  assert.ok(gainOf(probabilities, shift) > 1000);
});

Deno.test("em: no other shares nearby make the rows likelier", () => {
  const { probabilities } = plant(shiftedShares, 2000, 2);
  const { shares, ratios } = estimateByEm(probabilities, trainedShares);
  // With the thirty rows that are taken for seen, the gain of which is Σ 30 trained log(ratio).
  const objective = (ratios: Float64Array) =>
    gainOf(probabilities, { shares, ratios }) +
    30 * trainedShares.reduce((sum, share, one) => sum + share * Math.log(ratios[one]!), 0);
  const best = objective(ratios);
  for (let from = 0; from < 11; from++) {
    for (let to = 0; to < 11; to++) {
      const moved = Float64Array.from(shares);
      const step = Math.min(0.02, moved[from]! / 2);
      moved[from]! -= step;
      moved[to]! += step;
      assert.ok(objective(moved.map((share, one) => share / trainedShares[one]!)) <= best + 1e-3, `${from} to ${to}`);
    }
  }
});

Deno.test("bbse: finds the class shares that were planted, from calls alone", () => {
  const { probabilities } = plant(shiftedShares, 6000, 3, 0.5);
  const { shares, ratios } = estimateByBbse(probabilities, heldOut(20_000, 4, 0.5));
  assert.ok(farthest(shares, shiftedShares) < 0.02, `${shares}`);
  assert.ok(Math.abs(total(shares) - 1) < 1e-9);
  shares.forEach((share, one) => assert.ok(Math.abs(share / trainedShares[one]! - ratios[one]!) < 1e-9));
});

Deno.test("bbse: calls that are wrong in a steady way give the same shares", () => {
  const held = heldOut(20_000, 5, 0.5), { probabilities } = plant(shiftedShares, 6000, 6, 0.5);
  // Rows of 9 are called 8 and the other way round, among the held-out rows as among the target rows.
  const swap = (at: number) => at % 11 === 9 ? at - 1 : at % 11 === 8 ? at + 1 : at;
  const swapped = (all: Float64Array) =>
    all.map((_, at) => all[swap(at)]! * trainedShares[at % 11]! / trainedShares[swap(at) % 11]!);
  const own = estimateByBbse(probabilities, held);
  const other = estimateByBbse(swapped(probabilities), { ...held, probabilities: swapped(held.probabilities) });
  assert.ok(farthest(own.shares, other.shares) < 1e-3, `${own.shares} and ${other.shares}`);
});

Deno.test("bbse: shares are never below 0, and without shift stay close to those of training", () => {
  const onlyHigh = plant([0, 0, 0, 0, 0, 0, 0, 0, 0, 0.5, 0.5], 3000, 7);
  const { shares } = estimateByBbse(onlyHigh.probabilities, heldOut(5000, 8));
  assert.ok(shares.every((share) => share >= 0) && shares[0]! < 0.02, `${shares}`);
  const same = estimateByBbse(plant(trainedShares, 3000, 9).probabilities, heldOut(5000, 10));
  assert.ok(farthest(same.shares, trainedShares) < 0.04, `${same.shares}`);
});

Deno.test("bbse: no other shares explain the calls better, also where some are 0", () => {
  // The classes that rows are called are given outright: two thirds of those of 5 as 6, the others as 7, and all target rows as 6.
  const certain = (calls: readonly number[]) =>
    Float64Array.from({ length: calls.length * 11 }, (_, at) => at % 11 === calls[Math.floor(at / 11)] ? 1 : 0);
  const truth = Array.from({ length: 330 }, (_, row) => row % 11);
  const calls = truth.map((one, row) => one === 5 ? row % 3 > 0 ? 6 : 7 : one);
  const atHand = new Array<number>(200).fill(6), even = new Array<number>(11).fill(1 / 11);
  const { shares } = estimateByBbse(certain(atHand), {
    truth,
    weight: truth.map(() => 1),
    probabilities: certain(calls),
    shares: even,
  });
  assert.ok(shares[7] === 0 && shares[5]! > 0.1 && shares[6]! > 0.5, `${shares}`);
  const objective = (shares: ArrayLike<number>) => {
    let sum = 0;
    for (let call = 0; call < 11; call++) {
      const explained = (of: ArrayLike<number>) =>
        calls.reduce((sum, own, row) => sum + (own === call ? of[truth[row]!]! / 30 : 0), 0);
      sum += (explained(shares) - atHand.filter((own) => own === call).length / 200) ** 2;
    }
    return sum + Array.from(shares).reduce((sum, share) => sum + (1 / 30 + 1 / 200) * (share - 1 / 11) ** 2, 0);
  };
  // What minimises it is scaled to sum 1 in the end; that is undone here.
  const scaled = Array.from({ length: 400 }, (_, i) => shares.map((share) => share * (0.9 + i / 2000)));
  const found = scaled.reduce((a, b) => objective(b) < objective(a) ? b : a);
  for (let one = 0; one < 11; one++) {
    for (const by of [-0.005, 0.005]) {
      const moved = found.map((share, i) => i === one ? share + by : share);
      if (moved[one]! >= 0) assert.ok(objective(moved) > objective(found), `${one} by ${by}`);
    }
  }
});

Deno.test("bbse: a class that no held-out row has keeps its share", () => {
  const held = heldOut(3000, 11), kept = [...held.truth.keys()].filter((row) => held.truth[row] !== 3);
  const { shares } = estimateByBbse(plant(shiftedShares, 3000, 12).probabilities, {
    truth: kept.map((row) => held.truth[row]!),
    weight: kept.map(() => 1),
    probabilities: kept.flatMap((row) => [...held.probabilities.subarray(row * 11, row * 11 + 11)]),
    shares: trainedShares,
  });
  assert.ok(Math.abs(shares[3]! - trainedShares[3]!) < 0.005, `${shares[3]}`);
});

Deno.test("shift estimates: one row, no rows, rows of one class and probabilities of 0 give finite shares", () => {
  const held = heldOut(500, 13);
  const certain = new Float64Array(33);
  for (let row = 0; row < 3; row++) certain[row * 11 + 10] = 1;
  const impossible = new Float64Array(11);
  for (const probabilities of [plant(shiftedShares, 1, 14).probabilities, new Float64Array(), certain, impossible]) {
    for (
      const { shares, ratios } of [estimateByEm(probabilities, trainedShares), estimateByBbse(probabilities, held)]
    ) {
      assert.ok([...shares, ...ratios].every((one) => Number.isFinite(one) && one >= 0), `${shares}`);
      assert.ok(Math.abs(total(shares) - 1) < 1e-9);
      const posterior = underShift(probabilities, { ratios });
      for (let at = 0; at < posterior.length; at += 11) {
        assert.ok(Math.abs(total(posterior.subarray(at, at + 11)) - 1) < 1e-9);
      }
    }
  }
  const alone = plant(shiftedShares, 1, 15).probabilities;
  assert.ok(farthest(estimateByEm(alone, trainedShares).shares, trainedShares) < 0.05, "one row moves little");
  const none = { truth: [], weight: [], probabilities: [], shares: trainedShares };
  assert.deepEqual([...estimateByBbse(alone, none).shares], trainedShares);
});
