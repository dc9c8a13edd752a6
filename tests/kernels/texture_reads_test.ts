import assert from "node:assert/strict";
import { BufferPool } from "../../kernels/buffer_pool.ts";
import { CommandStream } from "../../kernels/command_stream.ts";
import { createLauncher } from "../../kernels/device_launcher.ts";
import { addScaled } from "../../kernels/elementwise/add_scaled.ts";
import { fill } from "../../kernels/elementwise/fill.ts";
import { type BufferSlice, defineKernel, type Kernel, type Launcher, part } from "../../kernels/launcher.ts";
import { matmul } from "../../kernels/matmul/matmul.ts";
import { layerNorm } from "../../kernels/normalization/layer_norm.ts";
import { adam } from "../../kernels/optimizer/adam.ts";
import { gradientNorm } from "../../kernels/optimizer/gradient_norm.ts";
import { softmax } from "../../kernels/reduction/softmax.ts";
import { TextureCopies } from "../../kernels/texture_reads/copies.ts";
import { TexturePool } from "../../kernels/texture_reads/pool.ts";
import { texturedSource } from "../../kernels/texture_reads/source.ts";
import { rowTexels } from "../../kernels/texture_reads/texels.ts";
import { worthTextures } from "../../kernels/texture_reads/worth.ts";
import { testDevice } from "../device.ts";
import { normals } from "./harness.ts";

const { device, capabilities, errors } = await testDevice();

function upload(values: readonly number[] | Float32Array): BufferSlice {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST, size = values.length * 4;
  const buffer = device.createBuffer({ size: Math.ceil(size / 16) * 16, usage });
  device.queue.writeBuffer(buffer, 0, Float32Array.from(values));
  return { buffer, offset: 0, size };
}

function kernel(code: string, bindings: Kernel["bindings"]): Kernel {
  const declarations = Object.entries(bindings).map(([name, access], i) =>
    `@group(0) @binding(${i}) var<storage, ${access === "read" ? "read" : "read_write"}> ${name}: array<f32>;\n`
  );
  return defineKernel({ label: "test", code: `${declarations.join("")}${code}`, bindings, uniforms: {} });
}

/** The body of main after rewriting, without declarations and added functions. */
function rewritten(body: string, bindings: Kernel["bindings"]): string | undefined {
  const code = texturedSource(kernel(`fn main() {\n${body}\n}\n`, bindings))?.code;
  return code && /fn main\(\) \{\n([^]*?)\n\}\n/.exec(code)![1];
}

Deno.test("texture reads: reads by index become calls, one within another too", () => {
  const bindings = { x: "read", at: "read", y: "write" } as const;
  assert.equal(
    rewritten("y[i] = x[at[i] + 1u] * x[0];", bindings),
    "y[i] = x_element(u32(at_element(u32(i)) + 1u)) * x_element(u32(0));",
  );
  assert.equal(rewritten("y[i] = p.x + x[i]; // x of it", bindings), "y[i] = p.x + x_element(u32(i)); // x of it");
});

Deno.test("texture reads: what an invocation updates is read from a texture and written to the buffer", () => {
  const bindings = { p: "update" } as const;
  assert.equal(
    rewritten("let a = p[i]; p[i] = a; p[i].x = 1.0;", bindings),
    "let a = p_element(u32(i)); p[i] = a; p[i].x = 1.0;",
  );
  assert.equal(rewritten("p[i] -= 1.0; b = p[i] == 2.0;", bindings), "p[i] -= 1.0; b = p_element(u32(i)) == 2.0;");
  const { textures, code } = texturedSource(kernel("fn main() { p[0] = p[1]; }", bindings))!;
  assert.deepEqual(textures, [{ name: "p", binding: 1, format: "rgba32float" }]);
  assert.ok(code.includes("var<storage, read_write> p: array<f32>;"));
});

Deno.test("texture reads: a binding that is used without an index stays, and so does one of another type", () => {
  assert.equal(rewritten("y[0] = f32(arrayLength(&x));", { x: "read", y: "write" }), undefined);
  assert.equal(rewritten("let x = 1.0; y[0] = x;", { x: "read", y: "write" }), undefined);
  const half = { ...kernel("fn main() { y[0] = f32(x[0]); }", { x: "read", y: "write" }) };
  assert.equal(texturedSource({ ...half, code: half.code.replace("x: array<f32>", "x: array<f16>") }), null);
});

Deno.test("texture reads: parameters and members of the same name are not the binding", () => {
  const code = "struct S { x: f32 }\nfn f(x: f32) -> f32 { return x * 2.0; }\nfn main() { y[0] = f(x[3]); }";
  const source = texturedSource(kernel(code, { x: "read", y: "write" }))!;
  assert.ok(
    source.code.includes("fn f(x: f32) -> f32 { return x * 2.0; }\nfn main() { y[0] = f(x_element(u32(3))); }"),
  );
});

Deno.test("texture reads: worth it for many reads, and sooner where copies are there already", () => {
  assert.ok(!worthTextures(100, 0, 0));
  assert.ok(worthTextures(1e6, 0, 0) && worthTextures(1e6, 2, 8e6));
  assert.ok(worthTextures(5_000, 0, 0) && !worthTextures(5_000, 1, 20_000));
  assert.ok(!worthTextures(5_000, 1, 1e9));
});

/** Runs launches with reads from buffers and from textures; both have to give the same bits. */
async function expectSameBits(
  launch: (launcher: Launcher, input: (length: number, seed: number) => BufferSlice) => [BufferSlice, number][],
): Promise<void> {
  const runs: Float32Array[][] = [];
  for (const textureReads of [false, true]) {
    const stream = createLauncher(device, { ...capabilities, software: true, textureReads });
    const outputs = launch(launcherOf(stream), (length, seed) => upload(normals(length, seed)));
    assert.equal(stream.copies.bytes > 0, textureReads);
    stream.submit();
    runs.push(await Promise.all(outputs.map(([slice, length]) => contents(slice, length))));
    stream.destroy();
    stream.pool.destroy();
  }
  for (const [i, buffer] of runs[0]!.entries()) {
    assert.ok(buffer.some((value) => value !== 0 && !Number.isNaN(value)));
    assert.deepEqual(new Uint32Array(runs[1]![i]!.buffer), new Uint32Array(buffer.buffer));
  }
}

async function contents({ buffer, offset }: BufferSlice, length: number): Promise<Float32Array> {
  const staging = device.createBuffer({ size: length * 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, offset, staging, 0, length * 4);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const values = new Float32Array(staging.getMappedRange().slice(0));
  staging.destroy();
  errors.check();
  return values;
}

const [m, n, k] = [37, 40, 52];

Deno.test("texture reads: products give the same bits as with buffers", () =>
  expectSameBits((launcher, input) => {
    const sum = input(m * n, 1), narrow = input(m * 33, 1);
    matmul(launcher, { a: input(m * k, 2), b: input(k * n, 3), bias: input(n, 4), accumulate: true, c: sum, m, n, k });
    matmul(launcher, { a: input(m * k, 2), b: input(k * 33, 3), c: narrow, m, n: 33, k, transposeB: true });
    return [[sum, m * n], [narrow, m * 33]];
  }));

Deno.test("texture reads: kernels of rows give the same bits as with buffers", () =>
  expectSameBits((launcher, input) => {
    const x = input(m * n, 1), shares = input(m * n, 2), normalised = input(m * n, 3);
    softmax(launcher, "softmax", { x, y: shares, outer: m, size: n, inner: 1 });
    const affine = { weight: input(n, 4), bias: input(n, 5) };
    layerNorm(launcher, { x: shares, y: normalised, statistics: input(2 * m, 6), rows: m, columns: n, ...affine });
    return [[shares, m * n], [normalised, m * n]];
  }));

Deno.test("texture reads: an optimiser's step gives the same bits as with buffers", () =>
  expectSameBits((launcher, input) => {
    const count = m * n, parameter = input(count, 1), gradient = input(count, 2), status = input(4, 3);
    const firstMoment = input(count, 4), secondMoment = input(count, 5);
    for (const moment of [firstMoment, secondMoment]) fill(launcher, { y: moment, count, value: 0 });
    for (const step of [1, 2]) {
      gradientNorm(launcher, { ranges: [{ gradient, count }], status });
      adam(launcher, { parameter, gradient, firstMoment, secondMoment, status, count, step, learningRate: 0.1 });
    }
    return [[parameter, count], [firstMoment, count], [secondMoment, count]];
  }));

/** y = x + y, all read from textures. */
function addTo(stream: CommandStream, x: BufferSlice, y: BufferSlice, count: number): void {
  addScaled(launcherOf(stream), { x, y, count });
}

function launcherOf(stream: CommandStream): Launcher {
  return {
    capabilities: stream.capabilities,
    dispatch: (kernel, bindings, uniforms, workgroups) =>
      stream.dispatch(kernel, bindings, uniforms, workgroups, Infinity),
    scratch: (bytes) => stream.scratch(bytes),
    release: (slice) => stream.release(slice),
  };
}

/** A stream that reads from textures, and a pool that tells it what is freed. */
function texturedStream(mostTextureBytes?: number): CommandStream & { pool: BufferPool; [Symbol.dispose](): void } {
  const pool: BufferPool = new BufferPool(device, () => stream.submission, (buffer) => stream.copies.forget(buffer));
  const stream: CommandStream = new CommandStream(
    device,
    { ...capabilities, textureReads: true },
    pool,
    { texturedSource, mostTextureBytes },
  );
  return Object.assign(stream, {
    pool,
    [Symbol.dispose]() {
      stream.destroy();
      pool.destroy();
    },
  });
}

Deno.test("texture reads: what a dispatch, a copy, a clear or the host has written is read", async () => {
  using stream = texturedStream();
  const count = 64, x = upload(new Array(count).fill(1)), y = upload(new Array(count).fill(10));
  const z = upload(new Array(count).fill(0));
  const found: number[] = [];
  const addToZ = async () => {
    addTo(stream, y, z, count);
    stream.submit();
    found.push((await contents(z, count))[count - 1]!);
  };
  await addToZ();
  addTo(stream, x, y, count);
  await addToZ();
  stream.copy(x, y, count * 4);
  await addToZ();
  stream.clear(y);
  await addToZ();
  device.queue.writeBuffer(y.buffer, 0, new Float32Array(count).fill(100));
  stream.copies.changed(y);
  await addToZ();
  assert.deepEqual(found, [10, 10 + 11, 21 + 1, 22, 122]);
});

Deno.test("texture reads: a write to a part of a buffer leaves the copy of another part", () => {
  using stream = texturedStream();
  const all = upload(new Array(256).fill(1)), [left, right] = [part(all, 0, 64), part(all, 128, 64)];
  for (const y of [left, right]) addTo(stream, y, upload(new Array(64).fill(0)), 64);
  assert.ok(stream.copies.find(left, "rgba32float") && stream.copies.find(right, "rgba32float"));
  addTo(stream, upload(new Array(64).fill(0)), left, 64);
  assert.ok(!stream.copies.find(left, "rgba32float") && stream.copies.find(right, "rgba32float"));
  stream.submit();
});

Deno.test("texture reads: copies of buffers that change or are freed give their textures to others", () => {
  using stream = texturedStream();
  const count = 4 * rowTexels * 3 + 8, zeros = upload(new Array(count).fill(0));
  let first = 0;
  for (let i = 0; i < 20; i++) {
    const x = stream.pool.allocate(count * 4);
    addTo(stream, x, zeros, count);
    stream.pool.free(x);
    first ||= stream.copies.bytes;
    assert.ok(first > 0 && stream.copies.bytes <= 2 * first);
  }
  stream.submit();
  stream.trim();
  assert.equal(stream.copies.bytes, 0);
});

Deno.test("texture reads: a recording beyond the memory for them keeps those that it reads", async () => {
  const count = 4 * rowTexels;
  using stream = texturedStream(count);
  const values = Array.from({ length: count }, (_, i) => i);
  const x = upload(values), y = upload(new Array(count).fill(0));
  const step = () => {
    for (let i = 0; i < 4; i++) {
      const z = stream.pool.allocate(count * 4);
      stream.clear(z);
      addTo(stream, x, z, count);
      addTo(stream, z, y, count);
      stream.pool.free(z);
    }
    return [y];
  };
  const replay = stream.capture(stream.pool, step, await import("../../kernels/replay/replay.ts"));
  assert.ok(typeof replay !== "string", String(replay));
  const steps = (number: number) => Float32Array.from(values, (value) => 4 * number * value);
  assert.deepEqual(await contents(y, count), steps(1));
  stream.replay(replay);
  stream.submit();
  assert.deepEqual(await contents(y, count), steps(2));
});

Deno.test("texture reads: a launcher on a caller's device reads again what the caller may have written", async () => {
  const launcher = createLauncher(device, { ...capabilities, textureReads: true });
  const count = 64, x = upload(new Array(count).fill(1)), y = upload(new Array(count).fill(0));
  for (const value of [2, 3]) {
    device.queue.writeBuffer(x.buffer, 0, new Float32Array(count).fill(value));
    addScaled(launcherOf(launcher), { x, y, count, yFactor: 0 });
    launcher.submit();
    assert.equal((await contents(y, count))[5], value);
  }
  launcher.destroy();
  launcher.pool.destroy();
});

Deno.test("texture reads: a large array is copied row by row to its end", async () => {
  using stream = texturedStream();
  const count = 4 * rowTexels * 2 + 20,
    x = upload(normals(count, 1)),
    y = upload(new Array(count).fill(0));
  addTo(stream, x, y, count);
  stream.submit();
  assert.deepEqual(await contents(y, count), normals(count, 1));
});

Deno.test("texture reads: beyond the memory for them, the copy that was used longest ago makes room", () => {
  const count = 4 * rowTexels, slices = [1, 2, 3, 4].map(() => upload(new Array(count).fill(1)));
  const encoder = device.createCommandEncoder(), format = "rgba32float";
  const one = new TextureCopies(device);
  one.make(encoder, slices[0]!, format);
  const copies = new TextureCopies(device, 2 * one.bytes);
  const held = () => slices.map((slice) => copies.find(slice, format) !== undefined);
  for (const [i, slice] of slices.slice(0, 3).entries()) {
    copies.begin();
    if (i === 2) copies.find(slices[0]!, format);
    if (i === 2) copies.begin();
    copies.make(encoder, slice, format);
  }
  assert.equal(copies.bytes, 2 * one.bytes);
  copies.begin();
  assert.deepEqual(held(), [true, false, true, false]);
  // What this launch has found stays.
  copies.make(encoder, slices[3]!, format);
  assert.deepEqual(held(), [true, false, true, true]);
  assert.equal(copies.bytes, 3 * one.bytes);
  device.queue.submit([encoder.finish()]);
  for (const all of [one, copies]) all.clear();
  assert.equal(copies.bytes, 0);
});

Deno.test("texture reads: recordings keep textures filled up to a limit, and the first one whatever it needs", () => {
  const pool = new TexturePool(device), most = 2 ** 27;
  assert.ok(pool.keep(2 * most));
  assert.ok(!pool.keep(1));
  pool.unkeep(2 * most);
  assert.ok(pool.keep(most / 2) && pool.keep(most / 2));
  assert.ok(!pool.keep(1));
});
