import assert from "node:assert/strict";
import { damage, mutantsOf } from "./mutants.ts";

const code = `// y = -x + 1.
@group(0) @binding(0) var<storage, read_write> y: array<f32>;

fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x;
  if (index >= uniforms.count) {
    return;
  }
  for (var k = 0u; k < uniforms.depth; k += 1u) {
    if (scaled) {
      y[index] += select(1.0, f(k, 2u), near);
    }
  }
  workgroupBarrier();
}
`;

Deno.test("mutants: each is one line of the shader in another form; comments, declarations and steps stay", () => {
  assert.deepEqual(mutantsOf(code).map(({ line, after }) => [line, after]), [
    [5, "if (index > uniforms.count) {"],
    [5, "if (false) {"],
    [8, "for (var k = 0u; k <= uniforms.depth; k += 1u) {"],
    [8, "for (var k = 1u; k < uniforms.depth; k += 1u) {"],
    [9, "if (!(scaled)) {"],
    [10, "y[index] -= select(1.0, f(k, 2u), near);"],
    [10, "y[index] += select(2.0, f(k, 2u), near);"],
    [10, ""],
    [10, "y[index] += select(f(k, 2u), 1.0, near);"],
    [13, ""],
  ]);
  const [first] = mutantsOf(code);
  assert.deepEqual(damage(code, first!).split("\n").toSpliced(5, 1), code.split("\n").toSpliced(5, 1));
});
