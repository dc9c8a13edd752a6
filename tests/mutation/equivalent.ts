/** A line whose damaged forms do what the line does. */
export interface Equivalent {
  /** The end of the shader's path. */
  readonly path: string;
  readonly before: string;
  readonly after: readonly string[];
  /** Why nobody can tell. */
  readonly reason: string;
}

/** Damages that change nothing that can be observed, each looked at by a person. */
export const equivalents: readonly Equivalent[] = [
  {
    path: "embedding/gather_rows.wgsl",
    before: "let value = table[(batch * uniforms.rows + min(row, uniforms.rows - 1u)) * uniforms.columns + column];",
    after: ["let value = table[(batch * uniforms.rows + min(row, uniforms.rows + 1u)) * uniforms.columns + column];"],
    reason: "The next line puts NaN in the place of what a row beyond the table gives.",
  },
  {
    path: "shape/gather.wgsl",
    before: "let value = x[(line * uniforms.size + min(position, uniforms.size - 1u)) * inner + at % inner];",
    after: ["let value = x[(line * uniforms.size + min(position, uniforms.size + 1u)) * inner + at % inner];"],
    reason: "The next line puts NaN in the place of what a position beyond the axis gives.",
  },
  {
    path: "embedding/occurrences.wgsl",
    before: "if (link >= uniforms.rows + uniforms.count) {",
    after: ["if (link > uniforms.rows + uniforms.count) {", "if (false) {"],
    reason: "The scratch memory's binding ends with the last link; what is written behind it is dropped.",
  },
  {
    path: "embedding/occurrences.wgsl",
    before: "while (i < uniforms.count && index[i] != row) {",
    after: ["while (i <= uniforms.count && index[i] != row) {"],
    reason: "Any link of `count` or more ends a list.",
  },
  {
    path: "normalization/batch_norm_backward_parameters.wgsl",
    before: "if (channel >= uniforms.channels || first >= uniforms.batch) {",
    after: ["if (channel >= uniforms.channels || first > uniforms.batch) {"],
    reason: "The scratch memory's binding ends with the last chunk; what is written behind it is dropped.",
  },
  {
    path: "normalization/batch_statistics.wgsl",
    before: "if (channel >= uniforms.channels || first >= uniforms.batch) {",
    after: [
      "if (channel >= uniforms.channels || first > uniforms.batch) {",
      "if (channel > uniforms.channels || first >= uniforms.batch) {",
      "if (channel >= uniforms.channels && first >= uniforms.batch) {",
      "if (false) {",
    ],
    reason:
      "What is written falls behind the binding's end, or on places that the next chunk writes after it on a CPU.",
  },
  {
    path: "normalization/batch_statistics_merge.wgsl",
    before: "for (var first = 0u; first < uniforms.batch; first += uniforms.chunk_rows) {",
    after: ["for (var first = 0u; first <= uniforms.batch; first += uniforms.chunk_rows) {"],
    reason: "A chunk of no rows adds nothing.",
  },
  {
    path: "reduction/top_k.wgsl",
    before: "var last = 0u;",
    after: ["var last = 1u;"],
    reason: "The first round does not look at it.",
  },
  {
    path: "reduction/top_k.wgsl",
    before: "var best_rank = 0u;",
    after: ["var best_rank = 1u;"],
    reason: "The first element that follows is taken whatever its rank.",
  },
  {
    path: "reduction/rank.wgsl",
    before: "return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);",
    after: ["return select(bits | 0x80000000u, ~bits, bits > 0x80000000u);"],
    reason: "-0, whose bits those are, has returned before.",
  },
];
