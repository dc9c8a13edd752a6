import assert from "node:assert/strict";
import { openDevice } from "../../engine/device/open.ts";
import { Engine } from "../../engine/engine.ts";
import { costliestKernels, gpuTime } from "../../engine/profile/costliest.ts";
import { Profile } from "../../engine/profile/profile.ts";
import { traceOf } from "../../engine/profile/trace.ts";
import { matmul } from "../../kernels/matmul/matmul.ts";

const opened = await openDevice();
opened.device.destroy();
const timed = opened.features.has("timestamp-query");
const title = (text: string) => timed ? text : `${text} (skipped: no timestamps)`;

const side = 256, rounds = 12;

/** Products and a few small launches, some behind a copy; how long the host waited for them. */
async function work(engine: Engine): Promise<{ readonly wall: number; readonly result: Float32Array }> {
  const [a, b, c] = [1, 0.5, 0].map((value) => engine.full([side, side], value));
  const slices = { a: a!.slice, b: b!.slice, c: c!.slice };
  const product = () => matmul(engine.stream, { ...slices, m: side, n: side, k: side });
  product(); // Compiles.
  await engine.finish();
  const start = performance.now();
  for (let i = 0; i < rounds; i++) product();
  engine.stream.copy(c!.slice, a!.slice, 4 * side * side);
  const sum = engine.scope(() => a!.add(b!));
  await engine.finish();
  return { wall: performance.now() - start, result: (await engine.read([sum]))[0] };
}

const profile = new Profile();
let watched: Awaited<ReturnType<typeof work>>, plain: typeof watched;
{
  await using engine = await Engine.open({ profile });
  watched = await work(engine);
}
{
  await using engine = await Engine.open();
  plain = await work(engine);
  assert.equal(engine.stream.timer, null);
}

Deno.test({
  name: title("profile: the times of dispatches add up to the time that the host waits, and name what takes it"),
  ignore: !timed,
  fn() {
    const products = profile.dispatches.filter(({ label }) => label.startsWith("matmul."));
    assert.equal(products.length, rounds + 1);
    assert.equal(products[0]!.flops, 2 * side ** 3);
    assert.equal(products[0]!.bytes, 3 * side * side * 4);
    // All but what the first submission did.
    const first = profile.dispatches.findIndex(({ sent }) => sent > products[0]!.sent);
    const total = profile.dispatches.slice(first).reduce((sum, { duration }) => sum + duration, 0) / 1e6;
    assert.ok(total <= watched.wall, `${total} ms on the GPU in ${watched.wall}`);
    // One begins where the one before has ended, so that nothing of a submission is left out.
    for (const one of Map.groupBy(profile.dispatches, ({ sent }) => sent).values()) {
      for (const [i, { start }] of one.entries()) {
        if (i > 0) assert.equal(start, one[i - 1]!.start + one[i - 1]!.duration);
      }
    }
    assert.ok(products.every(({ duration }) => duration > 0));
    assert.ok(profile.dispatches.some(({ label }) => label === "copies"));
  },
});

Deno.test({
  name: title("profile: the costliest kernels come first, with their share of the time and of the adapter's peaks"),
  ignore: !timed,
  fn() {
    const kernels = costliestKernels(profile, 100);
    const total = kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    assert.ok(Math.abs(total - gpuTime(profile)) < 1e-6 * total);
    assert.ok(Math.abs(kernels.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9);
    assert.deepEqual(kernels, kernels.toSorted((a, b) => b.milliseconds - a.milliseconds));
    const product = kernels.find(({ label }) => label.startsWith("matmul."))!, { peaks } = profile;
    const rate = (amount: number) => amount * (rounds + 1) / product.milliseconds / 1e6;
    const shares = [rate(2 * side ** 3) / peaks!.fma, rate(3 * side * side * 4) / peaks!.copy];
    assert.ok(Math.abs(product.ofPeak! - Math.max(...shares)) < 1e-9);
    assert.equal(product.bound, shares[0]! > shares[1]! ? "arithmetic" : "bandwidth");
    assert.equal(costliestKernels(profile, 2).length, 2);
  },
});

Deno.test({
  name: title(
    "profile: the trace holds every dispatch and span, none before the other has ended or before it was sent",
  ),
  ignore: !timed,
  fn() {
    const { traceEvents } = JSON.parse(traceOf(profile)) as {
      traceEvents: { name: string; ph: string; pid: number; tid: number; ts: number; dur: number }[];
    };
    const complete = traceEvents.filter(({ ph }) => ph === "X");
    assert.deepEqual(new Set(traceEvents.map(({ ph }) => ph)), new Set(["M", "X"]));
    assert.equal(complete.length, profile.dispatches.length + profile.spans.length);
    for (const { ts, dur } of complete) assert.ok(ts >= 0 && dur >= 0);
    const gpu = complete.filter(({ pid }) => pid === 2);
    const duration = gpu.reduce((sum, { dur }) => sum + dur, 0) / 1e3;
    assert.ok(Math.abs(duration - gpuTime(profile)) < 1e-3 * gpu.length);
    for (const [i, { ts }] of gpu.entries()) {
      if (i > 0) assert.ok(ts >= gpu[i - 1]!.ts + gpu[i - 1]!.dur - 0.01, `event ${i} overlaps the one before`);
    }
    assert.ok(complete.some(({ name, pid }) => pid === 1 && name.startsWith("compile matmul.")));
    assert.ok(complete.some(({ name, pid }) => pid === 1 && name === "read back"));
  },
});

Deno.test("profile: work gives the same bits as without one", () => {
  assert.deepEqual(watched.result, plain.result);
});
