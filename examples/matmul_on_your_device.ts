/** A matrix product on a device and buffers of one's own: no engine, no tensors. */
import { kernels } from "../all.ts";

const adapter = (await navigator.gpu.requestAdapter())!;
const { maxStorageBufferBindingSize } = adapter.limits;
const device = await adapter.requestDevice({ label: "mine", requiredLimits: { maxStorageBufferBindingSize } });

const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
const make = (label: string, size: number, usage: number) => device.createBuffer({ label, size, usage });
const whole = (buffer: GPUBuffer) => ({ buffer, offset: 0, size: buffer.size });

const m = 2, k = 3, n = 2;
const a = make("a", 4 * m * k, STORAGE | COPY_DST);
const b = make("b", 4 * k * n, STORAGE | COPY_DST);
const c = make("c", 4 * m * n, STORAGE | COPY_SRC);
device.queue.writeBuffer(a, 0, new Float32Array([1, 2, 3, 4, 5, 6]));
device.queue.writeBuffer(b, 0, new Float32Array([1, 0, 0, 1, 1, 1]));

// What launches choose their shaders by: a device without subgroups and f16 has the most modest.
const capabilities = {
  subgroupSize: 0,
  software: false,
  shaderF16: false,
  maxBindingSize: maxStorageBufferBindingSize,
};
const launcher = kernels.createLauncher(device, capabilities);
kernels.matmul(launcher, { a: whole(a), b: whole(b), c: whole(c), m, n, k });
launcher.submit();

const staging = make("staging", c.size, MAP_READ | COPY_DST);
const encoder = device.createCommandEncoder({ label: "read c" });
encoder.copyBufferToBuffer(c, 0, staging, 0, c.size);
device.queue.submit([encoder.finish()]);
await staging.mapAsync(GPUMapMode.READ);
console.log([...new Float32Array(staging.getMappedRange())]);

launcher.destroy();
launcher.pool.destroy();
device.destroy();
