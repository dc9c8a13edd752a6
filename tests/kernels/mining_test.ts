import assert from "node:assert/strict";
import { labelPairs } from "../../kernels/mining/label_pairs.ts";
import { labelPairsReference } from "../../kernels/mining/label_pairs.ref.ts";
import { mineTriplets, type MiningKind, type ScoreBounds } from "../../kernels/mining/triplets.ts";
import { minedTripletsReference } from "../../kernels/mining/triplets.ref.ts";
import { Philox } from "../../kernels/philox.ts";
import { KernelHarness } from "./harness.ts";

const harness = await KernelHarness.open();
const { launcher } = harness;

const miningKinds: readonly MiningKind[] = ["random", "hard", "semihard"];

/** Distances of a random batch; some are equal. */
function distancesOf(count: number, seed: number): Float32Array<ArrayBuffer> {
  const random = new Philox(seed), distance = new Float32Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) distance[i * count + j] = distance[j * count + i] = 1 + random.integer(40) / 8;
  }
  return distance;
}

const scoresOf = (count: number, seed: number) => {
  const random = new Philox(seed);
  return Float32Array.from({ length: count }, () => random.integer(21) / 2);
};

async function mine(
  kind: MiningKind,
  distance: Float32Array<ArrayBuffer>,
  score: Float32Array<ArrayBuffer>,
  bounds: ScoreBounds = {},
) {
  const count = score.length, [positive, negative, found] = [0, 1, 2].map(() => harness.output(count));
  mineTriplets(launcher, kind, {
    distance: harness.upload(distance),
    // What lies behind the scores is a score that some anchors could use.
    score: harness.upload([...score, score.at(-2) ?? 0]),
    positive: positive!,
    negative: negative!,
    found: found!,
    count,
    draw: { seed: 5, step: 3, use: 2 },
    ...bounds,
  });
  const [positives, negatives, marks] = await harness.read(positive!, negative!, found!);
  const words = (floats: Float32Array) => new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  return Array.from(marks!, (mark, i) => ({
    positive: words(positives!)[i]!,
    negative: words(negatives!)[i]!,
    found: mark === 1,
  }));
}

for (const kind of miningKinds) {
  Deno.test(`mining: ${kind} triplets are those of the reference`, async () => {
    for (const count of [1, 2, 9, 65]) {
      const distance = distancesOf(count, 1), score = scoresOf(count, 2);
      for (const bounds of [{}, { positiveWithin: 0, negativeFrom: 0.5 }, { positiveWithin: 4, negativeFrom: 8 }]) {
        const expected = minedTripletsReference(kind, distance, score, { seed: 5, step: 3, use: 2 }, bounds);
        assert.deepEqual(await mine(kind, distance, score, bounds), expected, `${count} rows`);
      }
    }
  });
}

Deno.test("mining: an anchor without positives or without negatives is marked as such", async () => {
  const score = Float32Array.of(9, 9.5, 10, 2, 7.5);
  for (const kind of miningKinds) {
    const triplets = await mine(kind, distancesOf(5, 1), score);
    assert.deepEqual(triplets.map(({ found }) => found), [true, true, true, false, false]);
  }
});

Deno.test("mining: hard triplets are the farthest positive and the nearest negative, the first of equal ones", async () => {
  const score = Float32Array.of(9, 9, 9, 2, 2, 2);
  const distance = new Float32Array(36);
  distance.set([0, 5, 5, 4, 3, 3]);
  assert.deepEqual((await mine("hard", distance, score))[0], { positive: 1, negative: 4, found: true });
});

Deno.test("mining: a semi-hard negative lies beyond the positive, or is the farthest where none does", async () => {
  const score = Float32Array.of(9, 9, 2, 2, 2);
  const distance = new Float32Array(25);
  distance.set([0, 3, 2, 5, 4]);
  assert.deepEqual((await mine("semihard", distance, score))[0], { positive: 1, negative: 4, found: true });
  distance.set([0, 6, 2, 5, 4]);
  assert.deepEqual((await mine("semihard", distance, score))[0], { positive: 1, negative: 3, found: true });
});

Deno.test("label pairs: rows of one label are positives, others negatives, and no row is its own", async () => {
  for (const count of [1, 2, 7, 33]) {
    const random = new Philox(count);
    const label = Uint32Array.from({ length: count }, () => 16777216 + random.integer(3));
    const positive = harness.output(count * count), negative = harness.output(count * count);
    labelPairs(launcher, { label: harness.upload(label), positive, negative, count });
    const [positives, negatives] = await harness.read(positive, negative);
    const want = labelPairsReference(label);
    assert.deepEqual([[...positives!], [...negatives!]], [want.positive, want.negative]);
  }
});
