import assert from "node:assert/strict";
import {
  cosineReference,
  euclideanReference,
  mahalanobisSquaredReference,
  type PairValue,
  pairwiseReference,
  scmlFeatureReference,
  scmlLocalReference,
} from "../../kernels/distance/distance.ref.ts";
import { euclidean } from "../../kernels/distance/euclidean.ts";
import { normalize, normalizeBackward } from "../../kernels/distance/normalize.ts";
import { pairwiseMahalanobis } from "../../kernels/distance/mahalanobis.ts";
import { pairwiseDifferences, pairwiseDistance, rootSlope } from "../../kernels/distance/pairwise.ts";
import { scmlFeatures, scmlLocal } from "../../kernels/distance/scml.ts";
import type { Launcher } from "../../kernels/launcher.ts";
import { cosineSimilarity } from "../../kernels/loss/cosine_pair.ts";
import { assertClose, KernelHarness, normals, numericalGradient } from "./harness.ts";

const harness = await KernelHarness.open();
const { launcher, launchers } = harness;

/** Launches as on a device without subgroups too. */
const readers: readonly (readonly [string, Launcher])[] = [
  ["with subgroups, where there are any", launcher],
  ["without subgroups", { ...launchers[0]!.launcher, capabilities: { ...launcher.capabilities, subgroupSize: 0 } }],
];

const rowsOf = (matrix: Float32Array, columns: number) =>
  Array.from({ length: matrix.length / columns }, (_, i) => matrix.subarray(i * columns, (i + 1) * columns));

const largest = (values: ArrayLike<number>) => Math.max(...Array.from(values, Math.abs));

/** Sizes with a side of 1, odd ones, and ones past a tile of 32 x 16. */
const pairSizes = [[1, 1, 1], [3, 2, 5], [33, 17, 19], [1, 40, 33], [32, 32, 8], [65, 7, 64]] as const;

for (const [how, device] of readers) {
  Deno.test(`distance: all pairs and the way back equal the reference, ${how}`, async () => {
    for (const [xRows, yRows, columns] of pairSizes) {
      const x = normals(xRows * columns, 1), y = normals(yRows * columns, 2), dy = normals(xRows * yRows, 3);
      const sizes = { xRows, yRows, columns };
      const [onX, onY, upstream] = [x, y, dy].map((values) => harness.upload(values));
      for (const squared of [true, false]) {
        const distance = harness.output(xRows * yRows), factors = harness.output(xRows * yRows);
        const dx = harness.output(x.length), dyOut = harness.output(y.length);
        pairwiseDistance(device, { x: onX!, y: onY!, distance, root: !squared, ...sizes });
        if (!squared) rootSlope(device, { distance, dy: upstream!, factors, count: dy.length });
        const given = { factors: squared ? upstream! : factors, scale: squared ? 2 : 1 };
        pairwiseDifferences(device, { x: onX!, y: onY!, sums: dx, ...given, ...sizes });
        const turned = { xRows: yRows, yRows: xRows, columns };
        pairwiseDifferences(device, { x: onY!, y: onX!, sums: dyOut, transposed: true, ...given, ...turned });
        const expected = pairwiseReference(
          rowsOf(x, columns),
          rowsOf(y, columns),
          (a, b) => euclideanReference(a, b, { squared }),
          dy,
        );
        const [d, gradientX, gradientY] = await harness.read(distance, dx, dyOut);
        const what = `${squared ? "squared " : ""}${xRows} x ${yRows} x ${columns}`;
        assertClose(d, expected.distances, { rtol: 3e-6, what });
        for (const [got, want] of [[gradientX, expected.gradientX], [gradientY, expected.gradientY]] as const) {
          assertClose(got, want, { atol: 4e-6 * largest(want), what: `gradient of ${what}` });
        }
      }
    }
  });

  Deno.test(`distance: all pairs under a matrix and a diagonal equal the reference, ${how}`, async () => {
    const xRows = 33, yRows = 67, columns = 7, sizes = { xRows, yRows, columns };
    const x = normals(xRows * columns, 1), y = normals(yRows * columns, 2), m = normals(columns ** 2, 3);
    const project = (rows: Float32Array) =>
      rowsOf(rows, columns).flatMap((row) =>
        Array.from({ length: columns }, (_, k) => row.reduce((sum, value, i) => sum + value * m[i * columns + k]!, 0))
      );
    const distance = harness.output(xRows * yRows);
    pairwiseDistance(device, {
      x: harness.upload(x),
      y: harness.upload(y),
      projected: { x: harness.upload(project(x)), y: harness.upload(project(y)) },
      distance,
      ...sizes,
    });
    const expected = rowsOf(x, columns).flatMap((a) =>
      rowsOf(y, columns).map((b) => mahalanobisSquaredReference(a, b, m))
    );
    assertClose((await harness.read(distance))[0], expected, { atol: 4e-6 * largest(expected) });
  });

  Deno.test(`distance: all pairs in one launch, by a matrix or a factor of it, equal the reference, ${how}`, async () => {
    const xRows = 5, yRows = 35, columns = 9, rank = 3, sizes = { xRows, yRows, columns };
    const x = normals(xRows * columns, 1), y = normals(yRows * columns, 2), l = normals(rank * columns, 3);
    const factor = rowsOf(l, columns);
    const product = Array.from(
      { length: columns ** 2 },
      (_, at) => factor.reduce((sum, row) => sum + row[Math.floor(at / columns)]! * row[at % columns]!, 0),
    );
    // Not symmetric, as a matrix that is being learnt may be.
    const m = product.map((value, at) => at === 1 ? value + 1 : value);
    const given = { x: harness.upload(x), y: harness.upload(y), ...sizes };
    const byMatrix = harness.output(xRows * yRows), byFactor = harness.output(xRows * yRows);
    pairwiseMahalanobis(device, { ...given, matrix: { m: harness.upload(m) }, distance: byMatrix });
    pairwiseMahalanobis(device, { ...given, matrix: { l: harness.upload(l), rank }, distance: byFactor });
    const [gotByMatrix, gotByFactor] = await harness.read(byMatrix, byFactor);
    for (const [got, matrix] of [[gotByMatrix, m], [gotByFactor, product]] as const) {
      const expected = rowsOf(x, columns).flatMap((a) =>
        rowsOf(y, columns).map((b) => mahalanobisSquaredReference(a, b, matrix))
      );
      assertClose(got, expected, { atol: 4e-6 * largest(expected) });
    }
  });

  Deno.test(`distance: sums of differences take factors of columns, and squares, ${how}`, async () => {
    const xRows = 5, yRows = 35, columns = 37, sizes = { xRows, yRows, columns };
    const x = normals(xRows * columns, 1), y = normals(yRows * columns, 2);
    const factors = normals(xRows * yRows, 3), columnFactors = normals(columns, 4);
    const given = { x: harness.upload(x), y: harness.upload(y), factors: harness.upload(factors), ...sizes };
    const sums = harness.output(x.length), squares = harness.output(x.length);
    pairwiseDifferences(device, { ...given, sums, columnFactors: harness.upload(columnFactors), scale: 2 });
    pairwiseDifferences(device, { ...given, sums: squares, squares: true });
    const total = (of: (difference: number, k: number) => number) =>
      Array.from(x, (value, at) => {
        const i = Math.floor(at / columns), k = at % columns;
        return factors.subarray(i * yRows, (i + 1) * yRows)
          .reduce((sum, factor, j) => sum + factor * of(value - y[j * columns + k]!, k), 0);
      });
    const [gotSums, gotSquares] = await harness.read(sums, squares);
    assertClose(gotSums, total((difference, k) => 2 * columnFactors[k]! * difference), { atol: 2e-5 });
    assertClose(gotSquares, total((difference) => difference ** 2), { atol: 4e-5 });
  });
}

Deno.test("distance: equal rows far from the origin have distance 0 and gradient 0, near ones keep their digits", async () => {
  const columns = 9, x = normals(columns, 1, { mean: 1000 });
  const y = Float32Array.from([...x, ...x.map((value, k) => value + (k === 4 ? 2 ** -12 : 0))]);
  const distance = harness.output(2), factors = harness.output(2), dx = harness.output(columns);
  const sizes = { xRows: 1, yRows: 2, columns }, onX = harness.upload(x), onY = harness.upload(y);
  pairwiseDistance(launcher, { x: onX, y: onY, distance, root: true, ...sizes });
  rootSlope(launcher, { distance, dy: harness.upload([5, 3]), factors, count: 2 });
  pairwiseDifferences(launcher, { x: onX, y: onY, factors, sums: dx, ...sizes });
  const [d, gradient, slopes] = await harness.read(distance, dx, factors);
  assert.deepEqual([...d], [0, 2 ** -12]);
  assert.deepEqual([...slopes], [0, 3 * 2 ** 12]);
  assert.deepEqual([...gradient], Array.from({ length: columns }, (_, k) => (k === 4 ? -3 : 0)));
});

for (const { kind, launcher } of launchers) {
  Deno.test(`distance: paired rows and their gradients equal the reference, as on ${kind}`, async () => {
    for (const [rows, columns] of [[1, 1], [9, 5], [65, 130]] as const) {
      const x = normals(rows * columns, 1), y = normals(rows * columns, 2), count = rows;
      // A row that is its partner, and one of zeros.
      if (rows > 2) {
        y.set(x.subarray(0, columns));
        x.fill(0, columns, 2 * columns);
      }
      const on = { x: harness.upload(x), y: harness.upload(y) };
      const forms: [
        string,
        (x: Float32Array, y: Float32Array) => PairValue,
        (out: {
          value: ReturnType<typeof harness.output>;
          x: ReturnType<typeof harness.output>;
          y: ReturnType<typeof harness.output>;
        }) => void,
      ][] = [
        [
          "squared",
          (a, b) => euclideanReference(a, b, { squared: true }),
          (out) => euclidean(launcher, { ...on, distance: out.value, gradient: out.x, rows, columns, squared: true }),
        ],
        [
          "Euclidean",
          (a, b) => euclideanReference(a, b),
          (out) => euclidean(launcher, { ...on, distance: out.value, gradient: out.x, rows, columns }),
        ],
        ["cosine", (a, b) => cosineReference(a, b), (out) => {
          const outputs = { similarity: out.value, gradientX: out.x, gradientY: out.y };
          cosineSimilarity(launcher, { ...on, ...outputs, count, columns });
        }],
        ["scml", scmlLocalReference, (out) => {
          const outputs = { distance: out.value, gradientU: out.x, gradientS: out.y };
          scmlLocal(launcher, { u: on.x, s: on.y, ...outputs, rows, columns });
        }],
      ];
      for (const [name, reference, launch] of forms) {
        const out = { value: harness.output(rows), x: harness.output(x.length), y: harness.output(x.length) };
        launch(out);
        const want = rowsOf(x, columns).map((row, i) => reference(row, rowsOf(y, columns)[i]!));
        const [value, gradientX, gradientY] = await harness.read(out.value, out.x, out.y);
        const what = `${name} ${rows} x ${columns}`;
        const values = want.map((each) => each.value);
        assertClose(value, values, { rtol: 1e-5, atol: 2e-6, what });
        want.forEach((each, i) => {
          // The gradient for a cosine's row of zeros is of size 1e8.
          const one = (all: Float32Array) => all.subarray(i * columns, (i + 1) * columns);
          const atol = 4e-6 * Math.max(1, largest(each.gradientX));
          assertClose(one(gradientX), each.gradientX, { atol, what: `gradient of ${what}, row ${i}` });
          if (name === "cosine" || name === "scml") {
            const atol = 4e-6 * Math.max(1, largest(each.gradientY));
            assertClose(one(gradientY), each.gradientY, { atol, what: `other gradient of ${what}, row ${i}` });
          }
        });
      }
    }
  });

  Deno.test(`distance: rows of one length and the way back equal the reference, as on ${kind}`, async () => {
    const rows = 9, columns = 70, scale = 20;
    const x = normals(rows * columns, 1), dy = normals(rows * columns, 2);
    x.fill(0, columns, 2 * columns);
    for (let k = 0; k < columns; k++) {
      x[k]! *= 1e12;
      x[2 * columns + k]! *= 1e-12;
    }
    const y = harness.output(x.length), norm = harness.output(rows), dx = harness.output(x.length);
    const given = { x: harness.upload(x), norm, rows, columns, scale };
    normalize(launcher, { ...given, y });
    normalizeBackward(launcher, { ...given, dy: harness.upload(dy), dx });
    const [gotY, gotDx] = await harness.read(y, dx);
    for (let i = 0; i < rows; i++) {
      const row = rowsOf(x, columns)[i]!, upstream = rowsOf(dy, columns)[i]!;
      const length = Math.hypot(...row), divisor = Math.max(length, 1e-8);
      const along = length > 1e-8 ? row.reduce((sum, value, k) => sum + value / length * upstream[k]!, 0) : 0;
      const wantY = Array.from(row, (value) => scale * value / divisor);
      const wantDx = Array.from(row, (value, k) => scale / divisor * (upstream[k]! - value / divisor * along));
      assertClose(rowsOf(gotY, columns)[i]!, wantY, { rtol: 1e-6, atol: 1e-12, what: `row ${i}` });
      const atol = 4e-6 * largest(wantDx);
      assertClose(rowsOf(gotDx, columns)[i]!, wantDx, { atol, what: `gradient of row ${i}` });
    }
  });
}

Deno.test("distance: rows no longer than epsilon count as that long, in cosines and where rows are normalised", async () => {
  // Lengths 5, √5 and 13.
  const x = [[3, 4], [1, 2], [5, 12]], y = [[5, 12], [3, 4], [2, 1]], epsilon = 5, scale = 2;
  const [onX, onY] = [harness.upload(x.flat()), harness.upload(y.flat())];
  for (const { launcher } of launchers) {
    const similarity = harness.output(3), [gradientX, gradientY] = [harness.output(6), harness.output(6)];
    const [normalized, norm, dx] = [harness.output(6), harness.output(3), harness.output(6)];
    cosineSimilarity(launcher, { x: onX, y: onY, similarity, gradientX, gradientY, count: 3, columns: 2, epsilon });
    const given = { x: onX, norm, rows: 3, columns: 2, scale, epsilon };
    normalize(launcher, { ...given, y: normalized });
    normalizeBackward(launcher, { ...given, dy: onY, dx });
    const [cosines, slopesX, slopesY, back] = await harness.read(similarity, gradientX, gradientY, dx);
    const want = x.map((row, i) => cosineReference(row, y[i]!, epsilon));
    assertClose(cosines, want.map(({ value }) => value));
    assertClose(slopesX, want.flatMap((each) => each.gradientX));
    assertClose(slopesY, want.flatMap((each) => each.gradientY));
    // (dy - n (n . dy)) / 13 for the long row, dy / 5 for the others.
    const along = (5 * 2 + 12 * 1) / 13 ** 2;
    const expected = [5 / 5, 12 / 5, 3 / 5, 4 / 5, (2 - 5 * along) / 13, (1 - 12 * along) / 13];
    assertClose(back, expected.map((value) => scale * value));
  }
});

Deno.test("distance: a metric's features and derivatives hold for logits from -200 to 200", async () => {
  const ends = [-200, -120, -88, -40, -17.01, -16.99, -5, -0.5, 0, 0.5, 5, 17, 40, 88, 200];
  const t = Float32Array.from([...ends, ...normals(365, 2, { scale: 30 })]);
  const s = normals(t.length, 1), count = t.length;
  const [phi, gradientT, gradientS] = [harness.output(count), harness.output(count), harness.output(count)];
  scmlFeatures(launcher, { t: harness.upload(t), s: harness.upload(s), phi, gradientT, gradientS, count });
  const want = Array.from(t, (logit, i) =>
    // e^-200 is a number in float64, so that the formula itself holds.
    scmlFeatureReference(logit, s[i]!));
  const got = await harness.read(phi, gradientT, gradientS);
  const close = { rtol: 5e-6, atol: 1e-37 };
  assertClose(got[0], want.map((each) => each.phi), { ...close, what: "phi" });
  assertClose(got[1], want.map((each) => each.gradientT), { ...close, what: "derivative for t" });
  assertClose(got[2], want.map((each) => each.gradientS), { ...close, what: "derivative for s" });
});

Deno.test("distance: a metric's logit of NaN makes the feature and its derivatives NaN", async () => {
  const outputs = [harness.output(1), harness.output(1), harness.output(1)] as const;
  const [phi, gradientT, gradientS] = outputs;
  scmlFeatures(launcher, { t: harness.upload([NaN]), s: harness.upload([2]), phi, gradientT, gradientS, count: 1 });
  assert.deepEqual((await harness.read(...outputs)).map(([value]) => value), [NaN, NaN, NaN]);
});

for (
  const [name, pair] of [
    ["Euclidean distance", (x: ArrayLike<number>, y: ArrayLike<number>) => euclideanReference(x, y)],
    ["squared distance", (x: ArrayLike<number>, y: ArrayLike<number>) => euclideanReference(x, y, { squared: true })],
    ["cosine", (x: ArrayLike<number>, y: ArrayLike<number>) => cosineReference(x, y)],
    ["local distance", scmlLocalReference],
  ] as const
) {
  Deno.test(`distance: the reference's gradients of the ${name} equal finite differences`, () => {
    const x = normals(6, 1), y = normals(6, 2), { gradientX, gradientY } = pair(x, y);
    assertClose(gradientX, numericalGradient((at) => pair(at, y).value, x), { rtol: 1e-7, atol: 1e-8 });
    assertClose(gradientY, numericalGradient((at) => pair(x, at).value, y), { rtol: 1e-7, atol: 1e-8 });
  });
}

Deno.test("distance: the same rows give the same bits on every repeat", async () => {
  const sizes = { xRows: 33, yRows: 50, columns: 37 };
  const x = harness.upload(normals(33 * 37, 1)), y = harness.upload(normals(50 * 37, 2));
  const runs = [0, 1].map(() => ({ distance: harness.output(33 * 50), sums: harness.output(33 * 37) }));
  for (const { distance, sums } of runs) {
    pairwiseDistance(launcher, { x, y, distance, root: true, ...sizes });
    pairwiseDifferences(launcher, { x, y, factors: distance, sums, ...sizes });
  }
  const [first, second] = [
    await harness.read(...Object.values(runs[0]!)),
    await harness.read(...Object.values(runs[1]!)),
  ];
  assert.deepEqual(first, second);
});
