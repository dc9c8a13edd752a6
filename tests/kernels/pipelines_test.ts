import assert from "node:assert/strict";
import { defineKernel } from "../../kernels/launcher.ts";
import { PipelineCache } from "../../kernels/pipelines.ts";
import { texturedSource } from "../../kernels/texture_reads/source.ts";
import { testDevice } from "../device.ts";

const { device, errors } = await testDevice();

const copy = defineKernel({
  label: "copy",
  code: `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main(@builtin(global_invocation_id) id: vec3u) { y[id.x] = x[id.x]; }`,
  bindings: { x: "read", y: "write" },
  uniforms: {},
});

Deno.test("pipelines: caches of a device share what is compiled, also where only some read from textures", async () => {
  const labels: string[] = [];
  const cache = (textured?: typeof texturedSource) =>
    new PipelineCache(device, textured, (one) => void labels.push(one));
  const [plain, textured, other] = [cache(), cache(texturedSource), cache(texturedSource)];
  assert.equal(plain.texturedSource(copy), null);
  assert.equal(textured.compiled(copy), plain.compiled(copy));
  assert.equal(textured.textured(copy), other.textured(copy));
  assert.notEqual(textured.textured(copy).id, textured.compiled(copy).id);
  assert.equal(textured.uniformLayout, plain.uniformLayout);
  assert.deepEqual(labels, ["copy", "copy"]);
  await errors.probe();
});
