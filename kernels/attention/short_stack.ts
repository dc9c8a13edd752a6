import { defineKernel } from "../launcher.ts";
import { attentionFlops, prelude, reads, uniforms } from "./interface.ts";
import { dotStep, lines, range, stepOf } from "./source.ts";

/** What an attention kernel for stacks of few tokens is written for. */
export interface ShortStack {
  /** Queries of a sequence. */
  readonly queries: number;
  /** Keys of a sequence. */
  readonly keys: number;
  /** Numbers in an element of the bindings. */
  readonly width: 4 | 1;
}

/** Most tokens for which all scores of a head stand in one invocation's registers. */
export const mostShortTokens = 8;

/** Writes the forward kernel: an invocation for each pair of a sequence and a head. */
export function shortForwardSource(stack: ShortStack): string {
  const { queries, keys } = stack;
  return `// Attention over stacks of few tokens, ${queries} queries and ${keys} keys: y = softmax(scale q kᵀ) v.
${prelude}
${readBindings(stack)}
@group(0) @binding(4) var<storage, read_write> y: array<${element(stack)}>;

${head(stack)}
  for (var c = 0u; c < uniforms.head_size; c += 1u) {
${lines(4, [...loads("q", queries), ...loads("k", keys), ...scores(stack, "s", "q", "k")])}
  }
${lines(2, softmax(stack))}
  for (var c = 0u; c < uniforms.head_size; c += 1u) {
${lines(4, loads("v", keys))}
${lines(4, range(queries).map((i) => `y[y_${i} + c] = ${sum(range(keys).map((j) => `p${i}_${j} * v${j}`))};`))}
  }
}
`;
}

/** Writes the backward kernel: the softmax is computed again, and all three gradients come from its registers. */
export function shortBackwardSource(stack: ShortStack): string {
  const { queries, keys } = stack;
  const ds = range(queries).flatMap((i) => [
    ...range(keys).map((j) => `let dp${i}_${j} = t${i}_${j} * keep${i}_${j};`),
    `let delta${i} = ${sum(range(keys).map((j) => `e${i}_${j} * dp${i}_${j}`))};`,
    ...range(keys).map((j) => `let ds${i}_${j} = e${i}_${j} * (dp${i}_${j} - delta${i}) * uniforms.scale;`),
  ]);
  return `// Gradients of attention over stacks of few tokens, ${queries} queries and ${keys} keys, p = softmax(scale q kᵀ):
// dv = pᵀ dy, ds = p (dy vᵀ - sum p dy vᵀ) scale, dq = ds k, dk = dsᵀ q.
${prelude}
${readBindings(stack)}
@group(0) @binding(4) var<storage, read> dy: array<${element(stack)}>;
@group(0) @binding(5) var<storage, read_write> gradient: array<${element(stack)}>;

${head(stack)}
${lines(2, zeros(stack, "t"))}
  for (var c = 0u; c < uniforms.head_size; c += 1u) {
${lines(4, [...loads("q", queries), ...loads("k", keys), ...scores(stack, "s", "q", "k")])}
${lines(4, [...loads("v", keys), ...range(queries).map((i) => `let dy${i} = dy[y_${i} + c];`)])}
${lines(4, scores(stack, "t", "dy", "v"))}
  }
${lines(2, [...softmax(stack), ...ds])}
  let from_q = uniforms.dq_offset - uniforms.q_offset;
  let from_k = uniforms.dk_offset - uniforms.k_offset;
  let from_v = uniforms.dv_offset - uniforms.v_offset;
  for (var c = 0u; c < uniforms.head_size; c += 1u) {
${lines(4, [...loads("q", queries), ...loads("k", keys)])}
${lines(4, range(queries).map((i) => `let dy${i} = dy[y_${i} + c];`))}
${
    lines(4, [
      ...range(queries).map((i) =>
        `gradient[from_q + q_${i} + c] = ${sum(range(keys).map((j) => `ds${i}_${j} * k${j}`))};`
      ),
      ...range(keys).flatMap((j) => [
        `gradient[from_k + k_${j} + c] = ${sum(range(queries).map((i) => `ds${i}_${j} * q${i}`))};`,
        `gradient[from_v + v_${j} + c] = ${sum(range(queries).map((i) => `p${i}_${j} * dy${i}`))};`,
      ]),
    ])
  }
  }
}
`;
}

const element = ({ width }: ShortStack) => width === 4 ? "vec4f" : "f32";
const sum = (terms: readonly string[]) => terms.join(" + ");
const loads = (name: string, count: number) => range(count).map((i) => `let ${name}${i} = ${name}[${name}_${i} + c];`);

const readBindings = (stack: ShortStack) =>
  `
@group(0) @binding(0) var<storage, read> q: array<${element(stack)}>;
@group(0) @binding(1) var<storage, read> k: array<${element(stack)}>;
@group(0) @binding(2) var<storage, read> v: array<${element(stack)}>;
@group(0) @binding(3) var<storage, read> mask: array<u32>;`.slice(1);

/** Starts main: where each token lies, and scores of 0. */
function head(stack: ShortStack): string {
  const { queries, keys } = stack;
  return `@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let pair = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  if (pair >= uniforms.batch * uniforms.heads) {
    return;
  }
  let sequence = pair / uniforms.heads;
  let head = pair % uniforms.heads;
  let q_0 = uniforms.q_offset + sequence * uniforms.q_batch + head * uniforms.q_head;
  let kv = sequence * uniforms.kv_batch + head * uniforms.kv_head;
  let k_0 = uniforms.k_offset + kv;
  let v_0 = uniforms.v_offset + kv;
  let y_0 = sequence * uniforms.y_batch + head * uniforms.y_head;
${
    lines(2, [
      ...range(queries).slice(1).flatMap((i) => [
        `let q_${i} = q_0 + ${i}u * uniforms.q_token;`,
        `let y_${i} = y_0 + ${i}u * uniforms.y_token;`,
      ]),
      ...range(keys).slice(1).flatMap((j) =>
        ["k", "v"].map((name) => `let ${name}_${j} = ${name}_0 + ${j}u * uniforms.kv_token;`)
      ),
      ...zeros(stack, "s"),
    ])
  }`;
}

const zeros = ({ queries, keys }: ShortStack, name: string) =>
  range(queries).flatMap((i) => range(keys).map((j) => `var ${name}${i}_${j} = 0.0;`));

/** Adds a step of the dot products of all of `a` with all of `b`. */
function scores({ queries, keys, width }: ShortStack, name: string, a: string, b: string): string[] {
  return range(queries).flatMap((i) =>
    range(keys).map((j) =>
      `${name}${i}_${j} = ${
        dotStep(`${name}${i}_${j}`, (x) => stepOf(`${a}${i}`, x, width), (x) => stepOf(`${b}${j}`, x, width), width)
      };`
    )
  );
}

/** e: the softmax of each query's scores. keep: the dropout's factors. p: their product. */
function softmax({ queries, keys }: ShortStack): string[] {
  return [
    ...range(keys).map((j) => `var ignored${j} = false;`),
    "if (uniforms.has_mask != 0u) {",
    ...range(keys).map((j) => `  ignored${j} = mask[sequence * uniforms.keys + ${j}u] != 0u;`),
    "}",
    ...range(queries).flatMap((i) => [
      ...range(keys).map((j) => `s${i}_${j} = select(s${i}_${j} * uniforms.scale, lowest, ignored${j});`),
      `let greatest${i} = ${range(keys).map((j) => `s${i}_${j}`).reduce((most, score) => `max(${most}, ${score})`)};`,
      ...range(keys).map((j) => `let x${i}_${j} = exponential(s${i}_${j} - greatest${i});`),
      `let sum${i} = ${sum(range(keys).map((j) => `x${i}_${j}`))};`,
      `let inverse${i} = 1.0 / sum${i};`,
      `let kept${i} = kept_keys(pair * uniforms.queries + ${i}u, 0u, uniforms.keys);`,
      ...range(keys).flatMap((j) => [
        `let e${i}_${j} = x${i}_${j} * inverse${i};`,
        `let keep${i}_${j} = select(0.0, uniforms.keep_scale, (kept${i} & ${1 << j}u) != 0u);`,
        `let p${i}_${j} = e${i}_${j} * keep${i}_${j};`,
      ]),
    ]),
  ];
}

const defineForward = (label: string, code: string, width: number) =>
  defineKernel({ label, code, bindings: { ...reads, y: "write" }, uniforms, flops: attentionFlops(2, width) });
const defineBackward = (label: string, code: string, width: number) =>
  defineKernel({
    label,
    code,
    bindings: { ...reads, dy: "read", gradient: "write" },
    uniforms,
    flops: attentionFlops(5, width),
  });

const kernels = new Map<string, ReturnType<typeof kernelsOf>>();

function kernelsOf(stack: ShortStack, name: string) {
  return {
    forward: defineForward(`attention.${name}`, shortForwardSource(stack), stack.width),
    backward: defineBackward(`attention.${name}.backward`, shortBackwardSource(stack), stack.width),
  };
}

/** The kernels of a stack, written once. */
export function shortStackKernels(stack: ShortStack): ReturnType<typeof kernelsOf> {
  const name = `short_${stack.queries}x${stack.keys}${stack.width === 4 ? "" : ".scalar"}`;
  let known = kernels.get(name);
  if (!known) kernels.set(name, known = kernelsOf(stack, name));
  return known;
}
