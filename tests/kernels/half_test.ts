import assert from "node:assert/strict";
import { halfBytes, toFloat, toHalf } from "../../kernels/elementwise/half.ts";
import { KernelHarness, normals } from "./harness.ts";

const harness = await KernelHarness.open();
const { launcher } = harness;

const words = (halves: Float16Array) =>
  new Uint32Array(halves.buffer.slice(0, halfBytes(halves.length)) as ArrayBuffer);
const padded = (values: ArrayLike<number>) => {
  const halves = new Float16Array(halfBytes(values.length) / 2);
  halves.set(values);
  return halves;
};

/** The edges of f16: halfway between neighbours (ties to even), subnormals, the greatest, what lies beyond. */
const edges = [
  ...[0, -0, 1, -1, 2049, 2051, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 65504, -65504, 65519, 65520, -65520, 1e30, -1e30],
  ...[2 ** -14, 2 ** -24, -(2 ** -24), 3 * 2 ** -24, 2 ** -26, Infinity, -Infinity, 1e-30],
];

Deno.test("half: numbers become the nearest f16 and infinite beyond it, and come back as they are", async () => {
  for (const values of [edges, [3.5], Array.from(normals(129, 1, { scale: 100 })), Array.from(normals(701, 2))]) {
    const count = values.length;
    const want = padded(Float32Array.from(values));
    const halves = harness.output(halfBytes(count) / 4), floats = harness.output(count);
    toHalf(launcher, { x: harness.upload(values), y: halves, count });
    toFloat(launcher, { x: halves, y: floats, count });
    const [bits, back] = await harness.read(halves, floats);
    assert.deepEqual(new Float16Array(bits.slice().buffer), want);
    assert.deepEqual(back, Float32Array.from(want.subarray(0, count)));
  }
});

Deno.test("half: NaN stays NaN both ways", async () => {
  const halves = harness.output(1), floats = harness.output(2);
  toHalf(launcher, { x: harness.upload([NaN, 1]), y: halves, count: 2 });
  toFloat(launcher, { x: halves, y: floats, count: 2 });
  const [back] = await harness.read(floats);
  assert.ok(Number.isNaN(back[0]) && back[1] === 1);
});

Deno.test("half: every finite f16 comes back from f32 with the same bits", async () => {
  const all = Uint16Array.from({ length: 1 << 16 }, (_, i) => i).filter((bits) => (bits & 0x7c00) !== 0x7c00);
  const halves = new Float16Array(all.buffer), count = halves.length;
  const floats = harness.output(count), again = harness.output(count / 2);
  toFloat(launcher, { x: harness.upload(words(halves)), y: floats, count });
  toHalf(launcher, { x: floats, y: again, count });
  const [values, bits] = await harness.read(floats, again);
  const back = new Uint16Array(bits.slice().buffer);
  // Not by deepEqual, which takes minutes to say in what so many numbers differ.
  assert.equal(all.findIndex((bits, i) => !Object.is(values[i], halves[i]) || back[i] !== bits), -1);
});
