import assert from "node:assert/strict";
import { bilinear } from "../../kernels/bilinear/bilinear.ts";
import { bilinearBackwardReference, bilinearReference } from "../../kernels/bilinear/bilinear.ref.ts";
import {
  bilinearBackwardWeight,
  bilinearBackwardX1,
  bilinearBackwardX2,
  bilinearGradientPartials,
} from "../../kernels/bilinear/bilinear_backward.ts";
import { type BilinearSizes, bilinearTiles } from "../../kernels/bilinear/tiles.ts";
import { type BufferSlice, type Launcher, part } from "../../kernels/launcher.ts";
import { assertClose, KernelHarness, normals, numericalGradient } from "./harness.ts";

const harness = await KernelHarness.open();

/** A slice of the weight's size, which says how many outputs it holds. */
const uploadWeight = (weight: Float32Array<ArrayBuffer>) => part(harness.upload(weight), 0, weight.length);

/** Edges: ones, odd sizes, vectors, and tiles that do not divide the outputs. */
const shapes: readonly BilinearSizes[] = [
  { batch: 1, in1: 1, in2: 1, out: 1 },
  { batch: 3, in1: 5, in2: 7, out: 2 },
  { batch: 33, in1: 8, in2: 16, out: 11 },
  { batch: 4, in1: 9, in2: 6, out: 70 },
];

/** A launcher that takes its device for one that binds few bytes, so that tiles are small. */
const bindingAtMost = (launcher: Launcher, maxBindingSize: number): Launcher => ({
  capabilities: { ...launcher.capabilities, maxBindingSize },
  dispatch: launcher.dispatch.bind(launcher),
  scratch: launcher.scratch.bind(launcher),
  release: launcher.release.bind(launcher),
});

function numbers({ batch, in1, in2, out }: BilinearSizes, scale = 1) {
  return {
    x1: normals(batch * in1, 1, { scale }),
    x2: normals(batch * in2, 2),
    weight: normals(out * in1 * in2, 3),
    bias: normals(out, 4),
    dy: normals(batch * out, 5),
  };
}

/** The weight in buffers of at most `rows` outputs. */
function sharded(weight: Float32Array<ArrayBuffer>, { in1, in2, out }: BilinearSizes, rows: number): BufferSlice[] {
  const each = in1 * in2;
  return Array.from(
    { length: Math.ceil(out / rows) },
    (_, i) => uploadWeight(weight.slice(i * rows * each, (i + 1) * rows * each)),
  );
}

for (const { kind, launcher: whole } of harness.launchers) {
  for (const limit of [1 << 27, 4096]) {
    const launcher = bindingAtMost(whole, limit);
    const title = `${kind}, ${limit === 4096 ? "many tiles and buffers" : "one tile"}`;
    const buffersOf = (weight: Float32Array<ArrayBuffer>, sizes: BilinearSizes) =>
      sharded(weight, sizes, limit === 4096 ? Math.max(1, Math.floor(limit / 4 / sizes.in1 / sizes.in2)) : sizes.out);

    Deno.test(`bilinear: value and gradients equal the reference at edge sizes (${title})`, async () => {
      for (const sizes of shapes) {
        const { batch, in1, in2, out } = sizes;
        const { x1, x2, weight, bias, dy } = numbers(sizes);
        const on = { x1: harness.upload(x1), x2: harness.upload(x2), dy: harness.upload(dy) };
        const buffers = buffersOf(weight, sizes), what = Object.values(sizes).join(" x ");
        const y = harness.output(batch * out), plain = harness.output(batch * out);
        const dx1 = harness.output(batch * in1), dx2 = harness.output(batch * in2);
        const more1 = harness.output(batch * in1, x1), more2 = harness.output(batch * in2, x2);
        bilinear(launcher, { ...on, ...sizes, weight: buffers, bias: harness.upload(bias), y });
        bilinear(launcher, { ...on, ...sizes, weight: buffers, y: plain });
        bilinearBackwardX1(launcher, { ...on, ...sizes, weight: buffers, dx1 });
        bilinearBackwardX2(launcher, { ...on, ...sizes, weight: buffers, dx2 });
        bilinearBackwardX1(launcher, { ...on, ...sizes, weight: buffers, dx1: more1, accumulate: true });
        bilinearBackwardX2(launcher, { ...on, ...sizes, weight: buffers, dx2: more2, accumulate: true });
        const want = bilinearBackwardReference(x1, x2, weight, dy, sizes);
        const tolerance = { rtol: 1e-5, atol: 3e-6 * Math.sqrt(in1 * Math.max(in2, out)), what };
        const results = await harness.read(y, plain, dx1, dx2, more1, more2);
        assertClose(results[0], bilinearReference(x1, x2, weight, bias, sizes), tolerance);
        assertClose(results[1], bilinearReference(x1, x2, weight, undefined, sizes), tolerance);
        assertClose(results[2], want.dx1, tolerance);
        assertClose(results[3], want.dx2, tolerance);
        assertClose(results[4], want.dx1.map((value, i) => value + x1[i]!), tolerance);
        assertClose(results[5], want.dx2.map((value, i) => value + x2[i]!), tolerance);
        for (const { slice, first, rows } of bilinearTiles(buffers, sizes, launcher.capabilities)) {
          const tile = { first, rows }, from = first * in1 * in2, count = rows * in1 * in2;
          assert.equal(slice.size, 4 * count);
          const gradient = harness.output(count), added = harness.output(count, weight.subarray(from, from + count));
          bilinearBackwardWeight(launcher, { ...on, ...sizes, ...tile, gradient });
          bilinearBackwardWeight(launcher, { ...on, ...sizes, ...tile, gradient: added, accumulate: true });
          const expected = want.dweight.subarray(from, from + count);
          const [found, sum] = await harness.read(gradient, added);
          assertClose(found, expected, tolerance);
          assertClose(sum, expected.map((value, i) => value + weight[from + i]!), tolerance);
        }
      }
    });
  }
}

Deno.test("bilinear: the reference's gradients equal finite differences", () => {
  const sizes = { batch: 3, in1: 4, in2: 5, out: 2 };
  const { x1, x2, weight, dy } = numbers(sizes);
  const value = (a: ArrayLike<number>, b: ArrayLike<number>, w: ArrayLike<number>) =>
    bilinearReference(a, b, w, undefined, sizes).reduce((sum, y, i) => sum + y * dy[i]!, 0);
  const { dx1, dx2, dweight } = bilinearBackwardReference(x1, x2, weight, dy, sizes);
  const tolerance = { rtol: 1e-6, atol: 1e-7 };
  assertClose(numericalGradient((x) => value(x, x2, weight), x1), dx1, tolerance);
  assertClose(numericalGradient((x) => value(x1, x, weight), x2), dx2, tolerance);
  assertClose(numericalGradient((w) => value(x1, x2, w), weight), dweight, tolerance);
});

Deno.test("bilinear: inputs of large and of small magnitude keep their relative precision", async () => {
  const sizes = { batch: 5, in1: 12, in2: 8, out: 3 };
  for (const scale of [1e-18, 1e18]) {
    const { x1, x2, weight } = numbers(sizes, scale);
    const y = harness.output(15);
    const on = { x1: harness.upload(x1), x2: harness.upload(x2), weight: [uploadWeight(weight)] };
    bilinear(harness.launcher, { ...on, ...sizes, y });
    const want = bilinearReference(x1, x2, weight, undefined, sizes);
    assertClose((await harness.read(y))[0], want, { rtol: 1e-5, atol: 1e-5 * scale });
  }
});

Deno.test("bilinear: the same bits on every repeat", async () => {
  const sizes = { batch: 9, in1: 20, in2: 12, out: 17 };
  const { x1, x2, weight, dy } = numbers(sizes);
  const on = { x1: harness.upload(x1), x2: harness.upload(x2), dy: harness.upload(dy) };
  const launcher = bindingAtMost(harness.launcher, 4096), buffers = [uploadWeight(weight)];
  const runs = [0, 1].map(() => {
    const outputs = [harness.output(9 * 17), harness.output(9 * 20), harness.output(9 * 12)] as const;
    bilinear(launcher, { ...on, ...sizes, weight: buffers, y: outputs[0] });
    bilinearBackwardX1(launcher, { ...on, ...sizes, weight: buffers, dx1: outputs[1] });
    bilinearBackwardX2(launcher, { ...on, ...sizes, weight: buffers, dx2: outputs[2] });
    return outputs;
  });
  const [first, second] = [await harness.read(...runs[0]!), await harness.read(...runs[1]!)];
  assert.deepEqual(second, first);
});

Deno.test("bilinear: the gradient's norm comes from Gram matrices, and what cannot be used is found", async () => {
  const many = { batch: 300, in1: 3, in2: 2, out: 5 };
  for (
    const [sizes, limit] of [...shapes, many].map((one) => [one, 1 << 27] as const).concat([[many, 4 * 300 * 128]])
  ) {
    const launcher = bindingAtMost(harness.launcher, limit);
    const { x1, x2, weight, dy } = numbers(sizes);
    const { dweight } = bilinearBackwardReference(x1, x2, weight, dy, sizes);
    const norm = Math.sqrt(dweight.reduce((sum, value) => sum + value * value, 0));
    for (const broken of [false, true]) {
      const factors = { ...sizes, x1: harness.upload(broken ? x1.with(0, NaN) : x1), x2: harness.upload(x2) };
      const partials = harness.output(3 * sizes.batch);
      bilinearGradientPartials(launcher, {
        ...{ ...factors, dy: harness.upload(dy), partials, firstElement: 7, firstPartial: 0 },
      });
      const [found] = await harness.read(partials);
      const bad = [...new Uint32Array(found.buffer, found.byteOffset, found.length)].filter((_, i) => i % 3 === 2);
      assert.equal(Math.min(...bad), broken ? 7 : 0xffffffff);
      if (broken) continue;
      const squares = found.filter((_, i) => i % 3 === 0).reduce((sum, value) => sum + value, 0);
      assertClose([Math.sqrt(squares)], [norm], { rtol: 1e-5 });
    }
  }
});

Deno.test("bilinear: squares that overflow go into a sum of their own, times 2^-160", async () => {
  for (const [size, large] of [[1e15, false], [1e20, true], [1e37, true]] as const) {
    const partials = harness.output(3), sizes = { batch: 1, in1: 1, in2: 1, out: 1, firstElement: 7, firstPartial: 0 };
    const root = Math.sqrt(size), factors = { x1: harness.upload([root]), x2: harness.upload([root]), partials };
    bilinearGradientPartials(harness.launcher, { ...sizes, ...factors, dy: harness.upload([1]) });
    const [found] = await harness.read(partials);
    assertClose(found.slice(0, 2), large ? [0, (size / 2 ** 80) ** 2] : [size ** 2, 0], { rtol: 1e-5, atol: 0 });
    assert.equal(new Uint32Array(found.buffer, found.byteOffset, 3)[2], 0xffffffff);
  }
});

Deno.test("bilinear: a weight that is too short and a batch that cannot be bound are refused", () => {
  const launcher = bindingAtMost(harness.launcher, 1024);
  const sizes = { batch: 1, in1: 4, in2: 16, out: 3 };
  const on = { x1: harness.output(4), x2: harness.output(16), y: harness.output(3) };
  const weight = [uploadWeight(new Float32Array(128))];
  assert.throws(() => bilinear(launcher, { ...on, ...sizes, weight }), {
    name: "ShapeError",
    message: "bilinear: the weight's buffers hold 2 outputs, but 3 are expected.",
  });
  assert.throws(() => bilinear(launcher, { ...on, ...sizes, weight, batch: 65 }), /use a smaller batch/);
});
