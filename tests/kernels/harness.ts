import assert from "node:assert/strict";
import type { ErrorTrap } from "../../engine/device/errors.ts";
import { createLauncher, type DeviceLauncher } from "../../kernels/device_launcher.ts";
import type { BufferSlice, Capabilities, Kernel, Launcher, Workgroups } from "../../kernels/launcher.ts";
import { Philox } from "../../kernels/philox.ts";
import { testDevice } from "../device.ts";
import { assertInterface } from "./interface.ts";

/** Words behind each buffer that no kernel may write, or make use of. */
const canaryWords = 64;

/** What they hold: a NaN of the buffer's own, since NaN goes through most arithmetic with its bits. */
const canaryOf = (number: number) => (0xffc00001 + number % 0x3ffff0) >>> 0;

type Words = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** An output buffer with a canary behind it. */
export interface Output extends BufferSlice {
  readonly length: number;
  readonly canary: number;
}

/** Reads that make every launch read from textures where it can, and none. */
const allReads = Infinity, noReads = 0;

/** What a test of kernels needs: a device, launchers for both kinds of GPU, and guarded uploads, outputs and scratch memory. */
export class KernelHarness {
  /** False to read from buffers alone. */
  static textureReads = true;
  /** Launches as the device really is; reads from textures are for every size where they are faster for some. */
  readonly launcher: DeviceLauncher;
  /** Launches as if the GPU were a CPU, which reads from textures, and as if it were not. */
  readonly launchers: readonly { readonly kind: string; readonly launcher: Launcher }[];
  readonly #device: GPUDevice;
  readonly #errors: ErrorTrap;
  #buffers = 0;
  /** Outputs whose canary was not looked at yet. */
  readonly #unread = new Set<Output>();
  /** Scratch memory, likewise. */
  readonly #scratch: Output[] = [];

  private constructor(device: GPUDevice, capabilities: Capabilities, errors: ErrorTrap) {
    const launcher = createLauncher(device, { ...capabilities, textureReads: true });
    this.#device = device;
    this.#errors = errors;
    this.launcher = launcher;
    const dispatch = launcher.dispatch.bind(launcher);
    const known = new Set<Kernel>();
    const dispatchWith = (reads: number): Launcher["dispatch"] => (kernel, bindings, uniforms, workgroups) => {
      if (!known.has(kernel)) assertInterface(kernel);
      known.add(kernel);
      dispatch(kernel, bindings, uniforms, folded(kernel.code, workgroups), reads);
    };
    const { textureReads } = KernelHarness;
    launcher.dispatch = dispatchWith(capabilities.textureReads && textureReads ? allReads : noReads);
    launcher.scratch = (bytes) => {
      const slice = this.#guarded("scratch", Math.ceil(bytes / 4));
      this.#scratch.push(slice);
      return slice;
    };
    launcher.release = () => {};
    this.launchers = [true, false].map((software) => ({
      kind: software ? "software" : "hardware",
      launcher: {
        capabilities: { ...capabilities, software, textureReads: software && textureReads },
        dispatch: dispatchWith(software && textureReads ? allReads : noReads),
        scratch: launcher.scratch.bind(launcher),
        release: launcher.release.bind(launcher),
      },
    }));
  }

  /** Opens a device for the tests of one file. */
  static async open(): Promise<KernelHarness> {
    const { device, capabilities, errors } = await testDevice();
    return new KernelHarness(device, capabilities, errors);
  }

  /** A buffer that holds these words; plain numbers become f32. */
  upload(values: Words | readonly number[] | Float64Array): BufferSlice {
    const words = Array.isArray(values) || values instanceof Float64Array ? Float32Array.from(values) : values as Words;
    const slice = this.#guarded("input", words.length);
    this.#device.queue.writeBuffer(slice.buffer, 0, words);
    return slice;
  }

  /** A buffer for `length` words, which hold `initial` or NaN at first. */
  output(length: number, initial?: ArrayLike<number>): Output {
    const output = this.#guarded("output", length);
    if (initial) this.#device.queue.writeBuffer(output.buffer, 0, Float32Array.from(initial));
    this.#unread.add(output);
    return output;
  }

  /** What the outputs hold after all launches; fails when one wrote behind any buffer or caused an error. */
  async read<Outputs extends Output[]>(...outputs: Outputs): Promise<{ [K in keyof Outputs]: Float32Array }> {
    this.launcher.submit();
    const others = [...this.#unread, ...this.#scratch].filter((output) => !outputs.includes(output));
    const scratch = this.#scratch.splice(0);
    this.#unread.clear();
    const contents = await Promise.all([
      ...outputs.map((output) => this.#contents(output, 0)),
      ...others.map((output) => this.#contents(output, output.length)),
    ]);
    scratch.forEach(({ buffer }) => buffer.destroy());
    this.#errors.check();
    for (const [i, { canary }] of [...outputs, ...others].entries()) {
      const behind = contents[i]!.subarray(-canaryWords);
      assert.ok(behind.every((word) => word === canary), "a kernel wrote behind its output");
    }
    return outputs.map(({ length }, i) => new Float32Array(contents[i]!.buffer, 0, length)) as {
      [K in keyof Outputs]: Float32Array;
    };
  }

  /** A buffer of so many words, all NaN, and the canary behind them. */
  #guarded(label: string, length: number): Output {
    const canary = canaryOf(this.#buffers++);
    const words = new Uint32Array(length + canaryWords).fill(canary), size = words.byteLength;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffer = this.#device.createBuffer({ label, size: Math.ceil(size / 16) * 16, usage });
    this.#device.queue.writeBuffer(buffer, 0, words);
    return { buffer, offset: 0, size, length, canary };
  }

  /** The words of a buffer from one on, its canary at their end. */
  async #contents({ buffer, size: end }: Output, from: number): Promise<Uint32Array<ArrayBuffer>> {
    const start = from * 4, size = end - start;
    const staging = this.#device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = this.#device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, start, staging, 0, size);
    this.#device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const words = new Uint32Array(staging.getMappedRange().slice(0));
    staging.destroy();
    return words;
  }
}

/**
 * The grid as it would be if one dimension held half of it: real ones fold only behind 65,535 workgroups, which no test
 * has time for. An odd one gets workgroups past the end.
 */
function folded(code: string, workgroups: Workgroups): Workgroups {
  const [x, y = 1, z = 1] = workgroups;
  if (x > 1 && y === 1 && code.includes("workgroup.y * workgroups.x")) return [Math.ceil(x / 2), 2, z];
  if (y > 1 && z === 1 && code.includes("workgroup.z * workgroups.y")) return [x, Math.ceil(y / 2), 2];
  return workgroups;
}

/** Normal numbers, exact in f32, from a seed. */
export function normals(length: number, seed: number, { mean = 0, scale = 1 } = {}): Float32Array<ArrayBuffer> {
  const random = new Philox(seed);
  return Float32Array.from({ length }, () => mean + scale * random.normal());
}

/** Fails unless every |actual - expected| <= atol + rtol |expected|. NaN equals NaN. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { rtol = 1e-5, atol = 1e-6, what = "value" } = {},
): void {
  assert.equal(actual.length, expected.length, `${what}: lengths differ`);
  for (let i = 0; i < expected.length; i++) {
    const got = actual[i]!, want = expected[i]!;
    if (Object.is(got, want) || got === want) continue;
    assert.ok(Math.abs(got - want) <= atol + rtol * Math.abs(want), `${what} ${i}: ${want} expected, ${got} found`);
  }
}

/** Central differences of a scalar function of `x` in float64. */
export function numericalGradient(f: (x: Float64Array) => number, x: ArrayLike<number>, step = 1e-5): Float64Array {
  const at = Float64Array.from(x);
  return at.map((value, i) => {
    at[i] = value + step;
    const above = f(at);
    at[i] = value - step;
    const below = f(at);
    at[i] = value;
    return (above - below) / (2 * step);
  });
}
