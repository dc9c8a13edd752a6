/** An op of one's own: mish, x tanh(log(1 + eˣ)) (Misra 2019), as two kernels, and its gradient beside finite differences. */
import { Engine, op, Parameter, type Tensor } from "metrograd/engine";
import { defineKernel, elementGrid } from "metrograd/kernels";

// Bindings stand in group 0 in the order of `bindings`; the uniforms, 32 bits each, in group 1. `elementGrid` counts
// workgroups of 64 invocations, in two dimensions where one does not hold them.
const shader = (bindings: string, statement: string) => `
struct Uniforms { count: u32 }
${bindings}
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  if (i >= uniforms.count) { return; }
  let t = tanh(log(1.0 + exp(x[i])));
  ${statement}
}`;

const value = defineKernel({
  label: "mish.value",
  code: shader(
    `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;`,
    "y[i] = x[i] * t;",
  ),
  bindings: { x: "read", y: "write" },
  uniforms: { count: "u32" },
});

const slope = defineKernel({
  label: "mish.slope",
  code: shader(
    `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;`,
    "dx[i] = dy[i] * (t + x[i] * (1.0 - t * t) / (1.0 + exp(-x[i])));",
  ),
  bindings: { x: "read", dy: "read", dx: "write" },
  uniforms: { count: "u32" },
});

const mish = op("mish", {
  forward({ x }: { x: Tensor }) {
    const { engine, size: count } = x, y = engine.empty(x.shape);
    engine.stream.dispatch(value, { x: x.slice, y: y.slice }, { count }, elementGrid(count));
    return y;
  },
  backward: ({ inputs: { x } }, dy) => ({
    x() {
      const { engine, size: count } = x, dx = engine.empty(x.shape);
      engine.stream.dispatch(slope, { x: x.slice, dy: dy.slice, dx: dx.slice }, { count }, elementGrid(count));
      return dx;
    },
  }),
});

await using engine = await Engine.open();
const points = Float32Array.of(-3, -1, -0.5, 0, 0.5, 1, 3), h = 0.01;
using x = new Parameter(engine, [points.length], points);
const values = (shift: number) => engine.scope(() => mish({ x: engine.tensor(x.shape, points.map((x) => x + shift)) }));

engine.scope(() => mish({ x }).sum().backward());
using above = values(h), below = values(-h);
const [gradient, high, low] = await engine.read([x.grad, above, below]);
points.forEach((x, i) => console.log(x, gradient[i]!.toFixed(4), ((high[i]! - low[i]!) / (2 * h)).toFixed(4)));
