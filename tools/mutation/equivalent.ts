import type { Mutant } from "./mutants.ts";

/** Damages that nobody can observe. */
export interface Equivalent {
  /** What the file's path has in it; any file's without it. */
  readonly path?: string;
  readonly before: RegExp;
  readonly after: RegExp;
  /** Why nobody can tell. */
  readonly reason: string;
}

/** Each looked at by a person. */
const equivalents: readonly Equivalent[] = [
  {
    before: /min\([^()]*(\(.*\))?[^()]*, [\w.]+ - [1-4]u\)/,
    after: /min\([^()]*(\(.*\))?[^()]*, [\w.]+ \+ [1-4]u\)/,
    reason: "A read is kept within its buffer; what lies behind reaches no output, and drivers keep reads within, too.",
  },
  {
    path: "stable.wgsl",
    before: /x < 0\.0|z > 1\.0/,
    after: /x <= 0\.0|z >= 1\.0/,
    reason: "Both branches agree at the bend.",
  },
  {
    path: "loss_scale.wgsl",
    before: /workgroup\.x == 0u/,
    after: /workgroup\.y == 0u/,
    reason: "There is one workgroup.",
  },
  {
    path: "scml_features.wgsl",
    before: /t_i > FAR_BELOW/,
    after: /t_i >= FAR_BELOW/,
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
    path: "gated",
    before: /_of\(x\[gate\], 0\.0, 0\.0\)/,
    after: /_of\(x\[gate\], (1\.0, 0\.0|0\.0, 1\.0)\)/,
    reason: "The functions of gates read neither parameter.",
  },
  {
    before: /let last\w* = [\w.]+ - 1u|, vectors - 1u, lane\);$/,
    after: /let last\w* = [\w.]+ \+ 1u|, vectors \+ 1u, lane\);$/,
    reason: "The same with the bound in a name of its own.",
  },
  {
    before: /^if \(local == 0u\) \{$/,
    after: /^if \((local == 1u|local != 0u|!\(local == 0u\))\) \{$/,
    reason: "All invocations of the workgroup hold the same result: it does not matter which of them writes it.",
  },
  {
    before: /^if \(lanes > 1u\) \{$/,
    after: /^if \(lanes (>= 1|> 2)u\) \{$/,
    reason: "There are 1 or 64 lanes, and for one the loop behind makes no rounds.",
  },
  {
    path: "cumulative.wgsl",
    before: /before > 0\.0|z <= before/,
    after: /before >= 0\.0|before > 1\.0|z < before/,
    reason: "Where z is `before` the difference is 0; between 0 and 1 either form of it keeps its digits.",
  },
  {
    path: "l21_norm.wgsl",
    before: /, 1\.0, (greatest|squares) == 0\.0\)/,
    after: /, 2\.0, /,
    reason: "What is divided by it are zeros.",
  },
  {
    path: "softmax_loss.wgsl",
    before: /z > found\.x|other\.y > greatest\.y/,
    after: /z >= found\.x|other\.y >= greatest\.y/,
    reason: "It does not matter which of equal logits an invocation takes, nor is a class later than itself.",
  },
  {
    path: "pointwise.wgsl",
    before: /abs\(difference\) > Element\(uniforms\.delta\)/,
    after: /abs\(difference\) >= /,
    reason: "Huber's two pieces have the same value and slope where they meet.",
  },
  {
    before: /uniforms\.n > uniforms\.m/,
    after: /uniforms\.n >= uniforms\.m/,
    reason: "A square output is laid out either way.",
  },
  {
    before: /\b(k|i|at|row|column) \+ 4u <= /,
    after: /\b(k|i|at|row|column) \+ 4u < |\b(k|i|column) - 4u <= /,
    reason: "The loop over what remains takes the last four one at a time: the same sum but for rounding.",
  },
  {
    path: "cosine_pair.wgsl",
    before: /target_value\[row\] > 0\.5/,
    after: /target_value\[row\] >= 0\.5/,
    reason: "Targets are 1, 0 or -1.",
  },
  {
    before: /select\((1\.0|dy\[index\]) \/ \w+, (0\.0|vec2f\(0\.0\)), \w+ == |select\(1\.0 \/ distances, vec2f\(0\.0\)/,
    after: /, 1\.0, \w+ == |, vec2f\(1\.0\), squares/,
    reason: "The slope of a distance of 0 multiplies a difference of 0.",
  },
  {
    path: "exponential_sums.wgsl",
    before: /-1\.0 \/ sum/,
    after: /-2\.0 \/ sum/,
    reason: "Either is infinite.",
  },
  {
    path: "exponential_sums.wgsl",
    before: /sum == 0\.0\)/,
    after: /sum == 1\.0\)/,
    reason: "It helps drivers whose logarithm of 0 is finite, and Mesa's is not.",
  },
  {
    before: /^greatest = 0\.0;$/,
    after: /^greatest = 1\.0;$/,
    reason: "An infinity less any number is the same.",
  },
  {
    path: "_rows.wgsl",
    before: /column < 4u/,
    after: /column <= 4u/,
    reason: "A read is kept within its vector, and its last number is no greater than itself.",
  },
  {
    path: "exponentials.wgsl",
    before: /value > greatest/,
    after: /value >= greatest/,
    reason: "It does not matter which of equal numbers is left out of the rest.",
  },
  {
    path: "exponentials_rows.wgsl",
    before: /value > greatests|greatests\[column\] > greatest/,
    after: /value >= greatests|greatests\[column\] >= greatest/,
    reason: "It does not matter which of equal numbers is left out of the rest.",
  },
  {
    path: "max_rows.wgsl",
    before: /place < best/,
    after: /place <= best/,
    reason: "Two columns are never the same place.",
  },
  {
    before: /4u \* index >= uniforms\.count/,
    after: /4u \* index > uniforms\.count/,
    reason: "Behind the last whole vector none of the four elements is inside, and what is there is written again.",
  },
  {
    path: "attention.wgsl",
    before: /uniforms\.threshold == 0u/,
    after: /uniforms\.threshold == 1u/,
    reason: "Without dropout every word is kept; one word in 2^32 is 0.",
  },
  {
    path: "gradient_norm.wgsl",
    before: /squares < 0\.0\)/,
    after: /squares <= 0\.0\)/,
    reason: "The root of 0 is 0.",
  },
  {
    path: "rmsprop.wgsl",
    before: /v > Element\(LARGEST\)/,
    after: /v >= Element\(LARGEST\)/,
    reason: "Of all numbers that are squares only the largest itself would tell.",
  },
  {
    path: "gradient_partials.wgsl",
    before: /index \+ 16u <= last|index < last|greatest = vec4u\(0u\)|\)\) > LARGEST_SQUARED/,
    after: /index \+ 16u < last|index <= last|greatest = vec4u\(1u\)|\)\) >= LARGEST_SQUARED/,
    reason:
      "What is left of a line is taken four at a time, 0 from the end on; a second look finds what cannot be used.",
  },
  {
    path: "gradient_partials.wgsl",
    before: /^var found = Partial\(0\.0, |line < last|fffu\) > LARGEST_SQUARED/,
    after: /^var found = Partial\(1\.0, |line <= last|fffu\) >= LARGEST_SQUARED/,
    reason:
      "1 is nothing beside a square that overflows, no element is at the end, and 1e15 itself can be squared, too.",
  },
  {
    path: "gram_partials.wgsl",
    before: /0x7fffffffu\) <= LARGEST;/,
    after: /0x7fffffffu\) < LARGEST;/,
    reason: "Of all numbers only the largest itself would tell.",
  },
  {
    path: "workgroup_tile.wgsl",
    before: /row >= uniforms\.m|column >= uniforms\.n|^return 0\.0;$|k < end/,
    after: /row > uniforms\.m|column > uniforms\.n|^return 1\.0;$|k <= end/,
    reason:
      "What lies behind the last row or column reaches no output, and behind the last step the other factor is 0.",
  },
  {
    path: "matmul/rectified.wgsl",
    before: /\(value\) - Words\(0x80000000u\)/,
    after: /\(value\) \+ Words\(0x80000000u\)/,
    reason: "Half of 2^32 gives the same bits whether it is added or taken off.",
  },
  {
    path: "activated.wgsl",
    before: /values_of\(value, 0\.0, 0\.0\)/,
    after: /values_of\(value, (1\.0, 0\.0|0\.0, 1\.0)\)/,
    reason: "Bounds are those of clamp, which follows no product.",
  },
  {
    path: "to_half.wgsl",
    before: /select\(value, 0\.0, size >= OVERFLOW\)/,
    after: /select\(value, 1\.0, size >= OVERFLOW\)|size > OVERFLOW\)/,
    reason: "What is made of numbers that are too large is not taken.",
  },
  {
    path: "triplets.wgsl",
    before: /^var (farthest|nearest) = 0\.0;$/,
    after: /^var (farthest|nearest) = 1\.0;$/,
    reason: "Distances are compared only where a row was chosen.",
  },
  {
    path: "occurrences.wgsl",
    before: /i < uniforms\.count/,
    after: /i <= uniforms\.count/,
    reason: "Whatever is not less than the count stands for none.",
  },
  {
    path: "scatter_rows.wgsl",
    before: /begin >= uniforms\.count/,
    after: /begin > uniforms\.count|if \(false\)/,
    reason:
      "A slot without a chain would add 0 to a row, which only shows where another invocation adds at the same moment.",
  },
  {
    path: "top_k.wgsl",
    before: /^var (last|last_rank|best_rank) = 0u;$|best < uniforms\.size|uniforms\.start > 0u/,
    after: /^var (last|last_rank|best_rank) = 1u;$|best <= uniforms\.size|uniforms\.start > 1u/,
    reason: "Ranks are compared only where something was found, and a pass starts at 0 or far behind.",
  },
  {
    before: /words >= vec4u\(uniforms\.threshold\)/,
    after: /words > vec4u\(uniforms\.threshold\)/,
    reason: "One word in 2^32 is the threshold itself.",
  },
  {
    path: "generated:tile",
    before: /if \(first_column < uniforms\.n\)/,
    after: /if \(first_column <= uniforms\.n\)/,
    reason: "The grid has no workgroup whose first column is not inside.",
  },
  {
    path: "generated:tile",
    before: /lane \* 4u \+ [13]u < uniforms\.m\)/,
    after: /\+ 0u \+ lane \* 4u \+ (2u <|3u <=) uniforms\.m\)/,
    reason: "Where A is read in vectors along m, m is a multiple of four.",
  },
  {
    path: "generated:streaming",
    before: /var start = 0u; start < uniforms\.head_size;/,
    after: /var start = 0u; start <= uniforms\.head_size;/,
    reason: "Behind the last column a round has no columns.",
  },
  {
    path: "generated:streaming",
    before: /var sum\d+ = 0\.0;/,
    after: /var sum\d+ = 1\.0;/,
    reason: "What was summed before the first score shrinks to nothing.",
  },
  {
    path: "generated:streaming",
    before: /< uniforms\.queries\) \{( statistics\[.* \})?$/,
    after: /<= uniforms\.queries\) \{/,
    reason: "A row behind the last one is the last one again, and nothing that it writes here is read first.",
  },
  {
    path: "generated:streaming",
    before: /; first < (uniforms\.queries|stop);/,
    after: /; first <= (uniforms\.queries|stop);/,
    reason: "In a block behind the last query, or behind a window, every softmax is 0.",
  },
  {
    path: "generated:streaming",
    before: /uniforms\.threshold != 0u/,
    after: /uniforms\.threshold != 1u/,
    reason: "Without dropout every word is kept and multiplied by 1; one threshold in 2^32 is 1.",
  },
];

/** A damage to the file of that path. */
export type Damage = Mutant & { readonly path: string };

/** Whether a damage is one of those that nobody can observe. */
export function isEquivalent(damage: Damage): boolean {
  return equivalents.some((one) => isOf(one, damage));
}

/** The reasons of the rules that speak of none of these damages to files: the shader they were written for has changed. */
export function unused(damages: readonly Damage[]): string[] {
  const ofFiles = equivalents.filter(({ path }) => !path?.startsWith("generated:"));
  return ofFiles.filter((one) => !damages.some((damage) => isOf(one, damage))).map(({ before, reason }) =>
    `${before}: ${reason}`
  );
}

/** Whether a rule speaks of a damage. */
export function isOf(one: Equivalent, { path, before, after }: Damage): boolean {
  return path.includes(one.path ?? "") && one.before.test(before) && one.after.test(after);
}
