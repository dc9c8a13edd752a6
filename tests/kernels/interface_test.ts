import assert from "node:assert/strict";
import { defineKernel } from "../../kernels/launcher.ts";
import { assertInterface } from "./interface.ts";

const code = `// y = scale x.
struct Uniforms {
  sizes: vec2u,
  scale: f32,
}
override twice: bool;
@group(0) @binding(0) var<storage, read> x_value: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;
fn bits(x: f32) -> bool { if ((bitcast<u32>(x) & 1u) > 0u) { return true; } return false; }
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) { y[id.x] = uniforms.scale * x_value[id.x]; }
`;
const kernel = defineKernel({
  label: "test.scale",
  code,
  bindings: { x: "read", y: "write" },
  uniforms: { size_0: "u32", size_1: "u32", scale: "f32" },
  constants: { twice: 1 },
});

Deno.test("kernel interface: one that the shader declares has no complaint", () => assertInterface(kernel));

Deno.test("kernel interface: another order, name, access or type of anything is found", () => {
  const { bindings, uniforms } = kernel;
  for (
    const [changed, what] of [
      [{ bindings: { y: "write", x: "read" } }, "storage bindings"],
      [{ bindings: { z: "read", y: "write" } }, "storage bindings"],
      [{ bindings: { ...bindings, y: "read" } }, "storage bindings"],
      [{ uniforms: { size_0: "u32", scale: "f32", size_1: "u32" } }, "uniforms"],
      [{ uniforms: { ...uniforms, scale: "u32" } }, "uniforms"],
      [{ uniforms: { size_0: "u32", size_1: "u32" } }, "uniforms"],
      [{ constants: { thrice: 1 } }, "thrice"],
    ] as const
  ) assert.throws(() => assertInterface({ ...kernel, ...changed }), { message: new RegExp(`^test.scale: .*${what}`) });
});
