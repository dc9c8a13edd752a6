import assert from "node:assert/strict";
import { shortBackwardSource, shortForwardSource } from "../../kernels/attention/short_stack.ts";
import {
  streamingForwardSource,
  streamingKeyGradientSource,
  streamingQueryGradientSource,
} from "../../kernels/attention/streaming_source.ts";
import { registerTileSource } from "../../kernels/matmul/register_tile.ts";
import { wideTileSource } from "../../kernels/matmul/wide_tile.ts";
import { lintLabels, lintShader, type Rule } from "./wgsl_lint.ts";

const root = new URL("../../", import.meta.url);

function filesBelow(folder: string, ending: string): string[] {
  return [...Deno.readDirSync(new URL(folder, root))].toSorted((a, b) => a.name < b.name ? -1 : 1)
    .flatMap(({ name, isDirectory }) =>
      isDirectory ? filesBelow(`${folder}${name}/`, ending) : name.endsWith(ending) ? [folder + name] : []
    );
}

const read = (path: string) => Deno.readTextFileSync(new URL(path, root));

Deno.test("wgsl lint: no shader has a known trap", () => {
  const shaders = filesBelow("kernels/", ".wgsl");
  assert.ok(shaders.length > 50);
  assert.deepEqual(shaders.flatMap((path) => lintShader(read(path)).map((complaint) => ({ path, ...complaint }))), []);
});

Deno.test("wgsl lint: no shader that the matmul generator writes has a known trap", () => {
  const choices = [false, true];
  for (const transposeA of choices) {
    for (const transposeB of choices) {
      for (const vector of choices) {
        for (const broadcast of choices) {
          const tile = { lanes: 8, rows: 4, columns: 8, transposeA, transposeB, vector, broadcast };
          assert.deepEqual(lintShader(registerTileSource(tile)), [], JSON.stringify(tile));
        }
        for (const buffers of [1, 2] as const) {
          const sizes = { rows: 128, columns: 64, height: 8, width: 8, depth: 8 };
          const tile = { ...sizes, buffers, vector, transposeA, transposeB };
          assert.deepEqual(lintShader(wideTileSource(tile)), [], JSON.stringify(tile));
        }
      }
    }
  }
});

Deno.test("wgsl lint: no shader that the attention generators write has a known trap", () => {
  for (const width of [4, 1] as const) {
    for (const source of [shortForwardSource, shortBackwardSource]) {
      for (const [queries, keys] of [[1, 1], [1, 4], [4, 3]] as const) {
        assert.deepEqual(lintShader(source({ queries, keys, width })), [], `${source.name} ${queries} x ${keys}`);
      }
    }
    for (const source of [streamingForwardSource, streamingQueryGradientSource, streamingKeyGradientSource]) {
      for (const sharing of ["broadcast", "load", "workgroup"] as const) {
        const tile = { lanes: 8, rows: 4, others: 8, width, sharing };
        assert.deepEqual(lintShader(source(tile)), [], `${source.name} ${JSON.stringify(tile)}`);
      }
    }
  }
});

Deno.test("wgsl lint: everything that kernels/ and engine/ make on the device has a label", () => {
  const files = [...filesBelow("kernels/", ".ts"), ...filesBelow("engine/", ".ts")];
  assert.deepEqual(files.flatMap((path) => lintLabels(read(path)).map((complaint) => ({ path, ...complaint }))), []);
});

const shader = (body: string, before = "") =>
  `// y = x.
struct Uniforms {
  count: u32,
  shift: i32,
}
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;
${before}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x;
${body}
}
`;
const guard = "if (index >= uniforms.count) {\nreturn;\n}";
const store = "fn store(at: u32, value: f32) {\ny[at] = value;\n}";

Deno.test("wgsl lint: a shader that keeps to the rules has no complaint", () => {
  for (
    const good of [
      shader(`${guard}\nvar sum: f32 = 0.0;\ny[index] = x[index % 4u] + sum;`),
      shader("if (index < uniforms.count) {\ny[index] = x[index];\n}"),
      shader(`${guard}\nstore(index, x[index]);`, store),
      shader(`${guard}\nif (x[index] == x[index + 1u] || y[index] != y.x) {\ny[index] = 0.0;\n}`),
    ]
  ) assert.deepEqual(lintShader(good), []);
});

const bad: readonly (readonly [rule: Rule, title: string, code: string])[] = [
  ["header without formula", "no header", shader(guard).slice(1).replace("/ y = x.\n", "")],
  ["header without formula", "words alone", shader(guard).replace("y = x.", "Copies.")],
  ["uninitialised variable", "in a loop", shader(`for (var i = 0u; i < 4u; i += 1u) {\nvar sum: f32;\nsum += 1.0;\n}`)],
  ["comparison with itself", "a variable", shader(`${guard}\nif (index != index) {\n y[index] = 0.0;\n}`)],
  ["comparison with itself", "an element", shader(`${guard}\nlet is_nan = x[index] != x[index];`)],
  ["signed remainder", "a field", shader(`${guard}\ny[index] = f32(uniforms.shift % 3);`)],
  ["signed remainder", "a local variable", shader(`${guard}\nlet far = i32(index);\ny[index] = f32(far % 3);`)],
  ["write without bounds check", "none at all", shader("y[index] = x[index];")],
  ["write without bounds check", "only afterwards", shader(`y[index] += 1.0;\n${guard}`)],
  [
    "write without bounds check",
    "a condition of another kind",
    shader(`if ((index & 1u) != 0u) {\ny[index] = 0.0;\n}`),
  ],
  ["write without bounds check", "in a function", shader("store(index, x[index]);", store)],
];

for (const [rule, title, code] of bad) {
  Deno.test(`wgsl lint: finds a ${rule}: ${title}`, () => {
    assert.deepEqual(lintShader(code).map((complaint) => complaint.rule), [rule]);
  });
}

Deno.test("wgsl lint: finds a missing label, be there one further down", () => {
  const code = "device.createBindGroup({\n  layout: make({ label: 'other' }),\n  entries: [],\n});";
  assert.deepEqual(lintLabels(code), [{ rule: "missing label", line: 1, text: ".createBindGroup(" }]);
  assert.deepEqual(lintLabels("device.createCommandEncoder()").map(({ rule }) => rule), ["missing label"]);
  assert.deepEqual(lintLabels("device.createShaderModule({ label, code })"), []);
});
