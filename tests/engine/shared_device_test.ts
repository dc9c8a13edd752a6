import assert from "node:assert/strict";
import { ErrorTrap } from "../../engine/device/errors.ts";
import { openDevice } from "../../engine/device/open.ts";
import { Engine } from "../../engine/engine.ts";
import { Linear, Philox, type Tensor } from "../../engine/mod.ts";
import { DeviceError, DeviceLostError } from "../../kernels/errors.ts";

/** Takes memory of all kinds, and leaves some behind. */
async function work(engine: Engine): Promise<number[]> {
  const layer = new Linear({ engine, random: new Philox(1) }, 128, 128);
  const step = engine.capture(({ x }: { x: Tensor }) => {
    const loss = layer.forward(x).square().mean();
    loss.backward();
    return loss;
  });
  const x = engine.full([200, 128], 0.5), losses: number[] = [];
  for (let time = 0; time < 3; time++) losses.push(await (await step.run({ x })).item());
  return losses;
}

Deno.test("device: engines on it compile a kernel once, and each frees all its memory but no device", async () => {
  for (const textureReads of [false, true]) {
    using opened = await openDevice({ textureReads });
    const { device } = opened, living = watchMemory(device);
    const compiled: string[][] = [], results: number[][] = [];
    await using lasting = await Engine.open({ device: opened });
    const y = lasting.full([3], 7), before = [...living].toSorted();
    for (let time = 0; time < 2; time++) {
      const labels: string[] = [];
      {
        await using engine = await Engine.open({ device: opened, onCompile: (label) => labels.push(label) });
        results.push(await work(engine));
        assert.equal([...living].some((label) => label.startsWith("texture copy")), textureReads);
      }
      compiled.push(labels);
      assert.deepEqual([...living].toSorted(), before);
    }
    assert.ok(compiled[0]!.length > 3, `compiled ${compiled[0]}`);
    assert.deepEqual(compiled[1], []);
    assert.deepEqual(results[1], results[0]);
    assert.deepEqual([...await y.data()], [7, 7, 7]);
  }
});

Deno.test("device: engines that work on it at the same time do not disturb each other", async () => {
  using device = await openDevice();
  await using a = await Engine.open({ device });
  await using b = await Engine.open({ device });
  const alone = await work(a);
  assert.deepEqual(await Promise.all([work(a), work(b)]), [alone, alone]);
});

Deno.test("device: what it refuses is told to all engines that are open, once, and its loss to later ones too", async () => {
  using opened = await openDevice();
  const { device } = opened;
  await using a = await Engine.open({ device: opened });
  await using b = await Engine.open({ device: opened });
  device.createBuffer({ label: "refused", size: 4, usage: 0 });
  for (const engine of [a, b]) await assert.rejects(engine.finish(), DeviceError);
  await using c = await Engine.open({ device: opened });
  for (const engine of [a, b, c]) await engine.finish();
  opened[Symbol.dispose]();
  for (const engine of [a, b, c]) await assert.rejects(engine.full([1], 1).data(), DeviceLostError);
  const late = await Engine.open({ device: opened });
  await assert.rejects(late.finish(), DeviceLostError);
  await late[Symbol.asyncDispose]();
});

Deno.test("device: an engine that is closed with an error has freed its memory, and hears no more", async () => {
  using opened = await openDevice();
  const { device } = opened, living = watchMemory(device);
  const engine = await Engine.open({ device: opened });
  engine.full([3], 1);
  device.createBuffer({ label: "refused", size: 4, usage: 0 });
  await assert.rejects(engine[Symbol.asyncDispose](), DeviceError);
  assert.deepEqual([...living].filter((label) => !label.startsWith("refused")), []);
});

Deno.test("errors: a device has one listener, whatever traps there are, and a disposed one is told nothing", () => {
  const device = Object.assign(new EventTarget(), { lost: new Promise<never>(() => {}) }) as unknown as GPUDevice;
  let listeners = 0;
  const listen = device.addEventListener.bind(device) as EventTarget["addEventListener"];
  device.addEventListener = (...given: Parameters<typeof listen>) => (listeners++, listen(...given));
  const first = new ErrorTrap(device), second = new ErrorTrap(device, first), gone = new ErrorTrap(device, second);
  gone[Symbol.dispose]();
  const error = new GPUValidationError("refused");
  device.dispatchEvent(new GPUUncapturedErrorEvent("uncapturederror", { error }));
  for (const trap of [first, second]) assert.throws(() => trap.check(), /refused/);
  for (const trap of [first, second, gone]) trap.check();
  assert.equal(listeners, 1);
});

/** Labels of a device's buffers and textures that were made from now on and not destroyed, each with a number. */
function watchMemory(device: GPUDevice): Set<string> {
  const living = new Set<string>();
  let made = 0;
  type Descriptor = GPUBufferDescriptor & GPUTextureDescriptor;
  for (const name of ["createBuffer", "createTexture"] as const) {
    const create: (descriptor: Descriptor) => GPUBuffer | GPUTexture = device[name].bind(device);
    const watched = (descriptor: Descriptor) => {
      const one = create(descriptor), label = `${descriptor.label} ${made++}`, destroy = one.destroy.bind(one);
      living.add(label);
      one.destroy = () => {
        living.delete(label);
        destroy();
      };
      return one;
    };
    Object.assign(device, { [name]: watched });
  }
  return living;
}
