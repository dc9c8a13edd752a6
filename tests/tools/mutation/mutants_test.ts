import assert from "node:assert/strict";
import { damage, mutantsOf } from "../../../tools/mutation/mutants.ts";
import { generatedDamages } from "../../../tools/mutation/sources.ts";

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

Deno.test("mutants: of lines and terms that repeat with other numbers each kind is damaged once", () => {
  const source = (text: string) => ({ path: "", text, mutants: mutantsOf(text) });
  const damages = (text: string) => generatedDamages([source(text)]).map(([place]) => place!.mutant);
  const terms = (count: number) => Array.from({ length: count }, (_, i) => `max(p${i}, q${i})`).join(" + ");
  const lines = [5, 7, 9].map((count) => `let x${count} = ${terms(count)};`);
  assert.equal(damages(lines[0]!).length, 6);
  assert.deepEqual(damages(lines.join("\n")).map(({ line }) => line), Array(6).fill(2));
});

Deno.test("mutants: a kind of line that generated shaders share is tried in the smallest of them and the three largest", () => {
  const source = (path: string, count: number) => {
    const text = Array.from({ length: count }, (_, i) => `s${i} += q${i};`).join("\n");
    return { path, text, mutants: mutantsOf(text) };
  };
  const sources = [source("two", 2), source("one", 1), source("five", 5), source("three", 3), source("four", 4)];
  const places = generatedDamages(sources).map((one) =>
    one.map(({ source, mutant }) => [source.path, mutant.line, mutant.after])
  );
  assert.deepEqual(places, [
    [["one", 0, "s0 -= q0;"], ["five", 4, "s4 -= q4;"], ["four", 3, "s3 -= q3;"], ["three", 2, "s2 -= q2;"]],
    [["one", 0, ""], ["five", 4, ""], ["four", 3, ""], ["three", 2, ""]],
  ]);
});
