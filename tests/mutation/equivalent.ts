import type { Mutant } from "./mutants.ts";

/** Damages that nobody can observe. */
interface Equivalent {
  /** The end of the shader's path; any shader's without it. */
  readonly path?: string;
  readonly before: RegExp;
  readonly after: RegExp;
  /** Why nobody can tell. */
  readonly reason: string;
}

/** Each looked at by a person. */
const equivalents: readonly Equivalent[] = [
  {
    before: /min\([^()]*(\(.*\))?[^()]*, [\w.]+ - 1u\)/,
    after: /min\([^()]*(\(.*\))?[^()]*, [\w.]+ \+ 1u\)/,
    reason: "A read is kept within its buffer; what lies behind reaches no output, and drivers keep reads within, too.",
  },
  {
    path: "stable.wgsl",
    before: /x < 0\.0|z > 1\.0/,
    after: /x <= 0\.0|z >= 1\.0/,
    reason: "Both branches agree at the bend.",
  },
  {
    path: "functions.wgsl",
    before: /abs\(x\) < 0\.25|, x < 0\.0\)/,
    after: /abs\(x\) <= 0\.25|, x <= 0\.0\)/,
    reason: "Both branches agree at the bend.",
  },
  {
    path: "functions.wgsl",
    before: /^return 0\.0;$/,
    after: /^return 1\.0;$/,
    reason: "No operation has this number: WGSL asks for a default.",
  },
  {
    path: "functions.wgsl",
    before: /bits >= 0x80000000u/,
    after: /bits > 0x80000000u/,
    reason: "-0 stays -0, which equals 0.",
  },
  {
    path: "stable.wgsl",
    before: /1\.0 \/ 13\.0/,
    after: /11\.0 - q|11\.0 \+ q \+|2\.0 \/ 13|1\.0 \* 13/,
    reason: "What the term adds is about the last bit of f32.",
  },
  {
    path: "pointwise.wgsl",
    before: /abs\(difference\) > uniforms\.delta/,
    after: /abs\(difference\) >= uniforms\.delta/,
    reason: "Huber's two pieces have the same value and slope where they meet.",
  },
  {
    path: "matmul/small.wgsl",
    before: /uniforms\.n > uniforms\.m/,
    after: /uniforms\.n >= uniforms\.m/,
    reason: "A square output is laid out either way.",
  },
  {
    before: /k \+ 4u <= uniforms\.|i \+ 4u <= uniforms\./,
    after: /[ki] \+ 4u < uniforms\.|[ki] - 4u <= uniforms\./,
    reason: "The loop over what remains takes the last four one at a time: the same sum but for rounding.",
  },
  {
    path: "cosine_pair.wgsl",
    before: /target_value\[row\] > 0\.5|apart >= uniforms\.margin|beyond <= 0\.0/,
    after: /target_value\[row\] >= 0\.5|apart > uniforms\.margin|beyond < 0\.0/,
    reason: "Targets are 0 or 1; the hinge is 0 on both sides of where it begins.",
  },
  {
    before: /select\((1\.0|dy\[index\]) \/ \w+, (0\.0|vec2f\(0\.0\)), \w+ == |select\(1\.0 \/ distances, vec2f\(0\.0\)/,
    after: /, 1\.0, \w+ == |, vec2f\(1\.0\), squares/,
    reason: "The slope of a distance of 0 multiplies a difference of 0.",
  },
  {
    path: "dropout.wgsl",
    before: /words >= vec4u\(uniforms\.threshold\)/,
    after: /words > vec4u\(uniforms\.threshold\)/,
    reason: "One word in 2^32 is the threshold itself.",
  },
];

/** Whether a damage is one of those that nobody can observe. */
export function isEquivalent({ path, before, after }: Mutant & { readonly path: string }): boolean {
  return equivalents.some((one) => path.endsWith(one.path ?? "") && one.before.test(before) && one.after.test(after));
}
