import assert from "node:assert/strict";
import { Engine, sum, type Tensor } from "../../engine/mod.ts";
import { openDevice } from "../../engine/device/open.ts";
import { measureSubgroupSize } from "../../engine/device/subgroup_size.ts";
import { isSwiftShaderUnpacked } from "../../engine/platform/swiftshader.ts";
import { DeviceError, DeviceLostError } from "../../kernels/errors.ts";
import { withFolder } from "../temporary.ts";

Deno.test("device: has the limits of its adapter, not WebGPU's small defaults", async () => {
  const { device, adapter: { adapter } } = await openDevice();
  for (const name of ["maxStorageBufferBindingSize", "maxBufferSize", "maxStorageBuffersPerShaderStage"] as const) {
    assert.equal(device.limits[name], adapter.limits[name], name);
  }
  device.destroy();
});

Deno.test("device: reports the subgroup size that a shader finds", async () => {
  const { device, subgroupSize } = await openDevice();
  if (subgroupSize > 0) assert.equal(await measureSubgroupSize(device), subgroupSize);
  device.destroy();
});

Deno.test("device: a shader that is refused becomes an error that names the kernel, once", async () => {
  const { device, errors } = await openDevice();
  errors.check();
  const module = device.createShaderModule({
    label: "broken.forward",
    code: "@compute @workgroup_size(1) fn main() { return 1; }",
  });
  device.createComputePipeline({ label: "broken.forward", layout: "auto", compute: { module } });
  await assert.rejects(() => errors.probe(), { name: "DeviceError", message: /broken\.forward/ });
  await errors.probe();
  device.destroy();
});

Deno.test("device: a device that is gone is noticed", async () => {
  const { device, errors } = await openDevice();
  device.destroy();
  await assert.rejects(() => errors.probe(), DeviceError);
});

const onLinux = Deno.build.os === "linux" && Deno.build.arch === "x86_64";
const noDrivers = {
  VK_DRIVER_FILES: "/nonexistent",
  VK_ICD_FILENAMES: "/nonexistent",
  DENO_WEBGPU_BACKEND: "vulkan",
};

Deno.test({
  name: "adapter: GL is known as such",
  ignore: !onLinux,
  fn: async () => {
    const found = await openElsewhere({ DENO_WEBGPU_BACKEND: "gl" });
    if ("error" in found) assert.match(found.error, /DENO_WEBGPU_BACKEND=gl/);
    else assert.deepEqual([found.backend, found.subgroupSize], ["gl", 0]);
  },
});

Deno.test({
  name: "adapter: without any driver SwiftShader is used (skipped where it was never fetched)",
  ignore: !onLinux || !isSwiftShaderUnpacked(),
  fn: async () => {
    const found = await openElsewhere(noDrivers);
    assert.deepEqual(found, { backend: "vulkan", driver: "swiftshader", subgroupSize: 4, measured: 4 });
  },
});

Deno.test({
  name: "adapter: without any driver or network one sentence says what to install",
  ignore: !onLinux,
  fn: withFolder(async (folder) => {
    const environment = { ...noDrivers, XDG_CACHE_HOME: folder, DENO_DIR: folder };
    const { error } = await openElsewhere(environment, ["--no-config", "--no-lock", "--cached-only"]);
    assert.match(error, /^DeviceError: No GPU adapter .* could not be fetched: .*mesa-vulkan-drivers/);
    assert.deepEqual([...Deno.readDirSync(folder)].filter(({ name }) => name === "metrograd"), []);
  }),
});

Deno.test({
  name:
    "adapter: Mesa does not complain of the folder that its windows would need, whatever the environment says of it",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    for (const XDG_RUNTIME_DIR of ["", "no/absolute/path"]) {
      assert.equal((await openWith({ XDG_RUNTIME_DIR })).err, "", `XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR}`);
    }
  },
});

/** Opens a device in a process with other environment variables. */
async function openElsewhere(environment: Record<string, string>, flags: readonly string[] = []) {
  const { out, err } = await openWith(environment, flags);
  if (err !== "") console.error(err);
  return JSON.parse(out);
}

/** The same, and what the process wrote to stdout and stderr. */
async function openWith(environment: Record<string, string>, flags: readonly string[] = []) {
  const program = new URL("programs/open_device.ts", import.meta.url);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-read", "--allow-write", "--allow-env", "--allow-ffi", ...flags, program.href],
    env: environment,
  }).output();
  return { out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

Deno.test("device: whatever is asked of an engine whose device was destroyed ends in one sentence", async () => {
  const destroyed = new DeviceLostError("The GPU device was destroyed; open an engine anew to go on.");
  const attempts: ((x: Tensor) => Promise<unknown>)[] = [
    (x) => x.data(),
    (x) => sum({ x }).item(),
    (x) => x.engine.tensor([0], []).data(),
    (x) => Array.fromAsync(x.engine.readInPieces(x)),
    (x) => x.engine.finish(),
    (x) => x.engine.step(() => void x.engine.full([3], 1)).then(() => x.engine.finish()),
  ];
  for (const attempt of attempts) {
    await using engine = await Engine.open();
    const x = engine.tensor([2], [1, 2]);
    await engine.finish();
    engine.opened.device.destroy();
    await assert.rejects(attempt(x), destroyed);
  }
});
