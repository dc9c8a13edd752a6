import { dotStep, lines, range, stepOf } from "./source.ts";

/** The shape of a streaming attention kernel. */
export interface StreamingTile {
  /** Invocations of a workgroup; with `broadcast`, of a subgroup too. */
  readonly lanes: number;
  /** Tokens of its own that each invocation holds scores for. */
  readonly rows: number;
  /** Tokens of the other kind in a block; a multiple of `lanes` with `broadcast`, and of 4; at most 32. */
  readonly others: number;
  /** Numbers in an element of the bindings. */
  readonly width: 4 | 1;
  /**
   * How all invocations come by the other kind's tokens: one reads each element and hands it round the subgroup, all
   * read all, or they fill workgroup memory together.
   */
  readonly sharing: "broadcast" | "load" | "workgroup";
  /** Whether keys outside a query's window are left out, and blocks of nothing else skipped. */
  readonly windowed?: boolean;
}

/** Elements of each token that stand in workgroup memory at a time. */
const staged = 8;

/** A tensor as a kernel walks over its tokens: `<name>[<base> + token * <stride> + column]`. */
export interface Operand {
  readonly name: string;
  readonly base: string;
  readonly stride: string;
}

export const q: Operand = { name: "q", base: "q_base", stride: "uniforms.q_token" };
export const k: Operand = { name: "k", base: "k_base", stride: "uniforms.kv_token" };
export const v: Operand = { name: "v", base: "v_base", stride: "uniforms.kv_token" };
export const dy: Operand = { name: "dy", base: "y_base", stride: "uniforms.y_token" };

const element = (tile: StreamingTile) => tile.width === 4 ? "vec4f" : "f32";
export const bit = (j: number) => `${2 ** j}u`;

export function declare(tile: StreamingTile, bindings: Readonly<Record<string, string>>): string {
  const type = (name: string) => name === "mask" ? "u32" : name === "statistics" ? "f32" : element(tile);
  return [
    ...Object.entries(bindings).map(([name, access], i) =>
      `@group(0) @binding(${i}) var<storage, ${access}> ${name}: array<${type(name)}>;`
    ),
    ...(tile.sharing === "workgroup"
      ? ["", `var<workgroup> stage: array<${element(tile)}, ${tile.others * staged}>;`]
      : []),
  ].join("\n");
}

/** The token of an invocation's row i, which may lie past the end. Its rows are neighbours: they share Philox blocks. */
export const inside = ({ rows }: StreamingTile, i: number) => `first_row + lane * ${rows}u + ${i}u`;

/**
 * Starts main: where the pair of a sequence and a head lies, and the tokens that this invocation holds. One that holds keys
 * goes through the heads of queries that share them (`queryHead`).
 */
export function head(tile: StreamingTile, held: "queries" | "keys", operands: readonly Operand[]): string {
  return `@compute @workgroup_size(${tile.lanes})
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
${lines(2, held === "queries" ? ofQueries : ofKeys)}
  let all_queries = uniforms.batch * uniforms.heads * uniforms.queries;
  let k_base = uniforms.k_offset + kv_base;
  let v_base = uniforms.v_offset + kv_base;
  let first_row = workgroup.x * ${tile.lanes * tile.rows}u;
${
    lines(
      2,
      range(tile.rows).flatMap((i) => [
        `let row_${i} = min(${inside(tile, i)}, uniforms.${held} - 1u);`,
        ...operands.map(({ name, base, stride }) => `let ${name}_${i} = ${base} + row_${i} * ${stride};`),
      ]),
    )
  }
  let end = uniforms.${held};
${lines(2, blocks(tile, held))}`;
}

const queryBases = [
  "let q_base = uniforms.q_offset + sequence * uniforms.q_batch + head * uniforms.q_head;",
  "let y_base = sequence * uniforms.y_batch + head * uniforms.y_head;",
];

const ofQueries = [
  "let pair = workgroup.z * workgroups.y + workgroup.y;",
  "if (pair >= uniforms.batch * uniforms.heads) {",
  "  return;",
  "}",
  "let sequence = pair / uniforms.heads;",
  "let head = pair % uniforms.heads;",
  ...queryBases,
  "let kv_base = sequence * uniforms.kv_batch + head / uniforms.group * uniforms.kv_head;",
];

const ofKeys = [
  "let key_pair = workgroup.z * workgroups.y + workgroup.y;",
  "let key_heads = uniforms.heads / uniforms.group;",
  "if (key_pair >= uniforms.batch * key_heads) {",
  "  return;",
  "}",
  "let sequence = key_pair / key_heads;",
  "let key_head = key_pair % key_heads;",
  "let kv_base = sequence * uniforms.kv_batch + key_head * uniforms.kv_head;",
];

/** Where a head of queries lies that shares the held keys: the `member` of its group. */
export const queryHead: readonly string[] = [
  "let head = key_head * uniforms.group + member;",
  "let pair = sequence * uniforms.heads + head;",
  ...queryBases,
];

/** begin, stop: the tokens of the other kind that the held ones see, from the start of a block on. */
function blocks(tile: StreamingTile, held: "queries" | "keys"): string[] {
  const other = held === "queries" ? "keys" : "queries";
  if (!tile.windowed) return ["let begin = 0u;", `let stop = uniforms.${other};`];
  const [behind, ahead] = held === "queries" ? ["before", "after"] : ["after", "before"];
  return [
    `let earliest = first_row - min(uniforms.${behind}, first_row);`,
    `let begin = earliest - earliest % ${tile.others}u;`,
    `let stop = min(uniforms.${other}, first_row + ${tile.lanes * tile.rows}u + uniforms.${ahead});`,
  ];
}

/** Whether the held row i and the block's token j do not see each other. */
export function hidden(tile: StreamingTile, held: "queries" | "keys", masked: string, i: number, j: number): string {
  if (!tile.windowed) return masked;
  const pair = held === "queries" ? `row_${i}, first + ${j}u` : `first + ${j}u, row_${i}`;
  return `${masked} || too_far(${pair})`;
}

/** other_<p>: the tokens of the block that this invocation reads. */
export function otherTokens(tile: StreamingTile, kind: "queries" | "keys"): string[] {
  if (tile.sharing === "broadcast") {
    return range(tile.others / tile.lanes).map((p) =>
      `let other_${p} = min(first + ${p * tile.lanes}u + lane, uniforms.${kind} - 1u);`
    );
  }
  return [
    ...range(tile.others).map((j) => `let other_${j} = min(first + ${j}u, uniforms.${kind} - 1u);`),
    `let last_other = uniforms.${kind} - 1u;`,
  ];
}

/** ignored_<p>: 1 where this invocation's other tokens are masked or past the end. */
export function ignoredKeys(tile: StreamingTile): string[] {
  const broadcast = tile.sharing === "broadcast";
  const count = broadcast ? tile.others / tile.lanes : tile.others;
  return [
    ...range(count).map((p) =>
      `var ignored_${p} = u32(first + ${broadcast ? `${p * tile.lanes}u + lane` : `${p}u`} >= uniforms.keys);`
    ),
    "if (uniforms.has_mask != 0u) {",
    ...range(count).map((p) => `  ignored_${p} |= mask[sequence * uniforms.keys + other_${p}];`),
    "}",
  ];
}

export const ignored = ({ sharing, lanes }: StreamingTile, j: number) =>
  sharing === "broadcast"
    ? `subgroupBroadcast(ignored_${Math.floor(j / lanes)}, ${j % lanes}u) != 0u`
    : `ignored_${j} != 0u`;

/** A loop over the elements of a head, with `b<j>_<x>` the numbers of the other tokens of the block. */
function columns(tile: StreamingTile, other: Operand, body: readonly string[]): string[] {
  const { sharing, lanes, width } = tile;
  const others = range(tile.others), steps = range(width);
  const at = (token: string) => `${other.base} + ${token} * ${other.stride}`;
  if (sharing === "workgroup") {
    return [
      `for (var start = 0u; start < uniforms.head_size; start += ${staged}u) {`,
      "  workgroupBarrier();",
      `  for (var i = lane; i < ${tile.others * staged}u; i += ${lanes}u) {`,
      `    let other = min(first + i / ${staged}u, last_other);`,
      `    stage[i] = ${other.name}[${at("other")} + min(start + i % ${staged}u, uniforms.head_size - 1u)];`,
      "  }",
      "  workgroupBarrier();",
      `  let stop = min(start + ${staged}u, uniforms.head_size);`,
      "  for (var c = start; c < stop; c += 1u) {",
      ...others.flatMap((j) => [
        `    let b${j} = stage[${j * staged}u + c - start];`,
        ...steps.map((x) => `    let b${j}_${x} = ${stepOf(`b${j}`, x, width)};`),
      ]),
      ...body.map((line) => "    " + line),
      "  }",
      "}",
    ];
  }
  const loads = sharing === "broadcast" ? tile.others / lanes : tile.others;
  const value = (j: number, x: number) =>
    sharing === "broadcast"
      ? `subgroupBroadcast(${stepOf(`e${Math.floor(j / lanes)}`, x, width)}, ${j % lanes}u)`
      : stepOf(`e${j}`, x, width);
  return [
    "{",
    ...range(loads).map((p) => `  let ${other.name}_at${p} = ${at(`other_${p}`)};`),
    "  for (var c = 0u; c < uniforms.head_size; c += 1u) {",
    ...range(loads).map((p) => `    let e${p} = ${other.name}[${other.name}_at${p} + c];`),
    ...others.flatMap((j) => steps.map((x) => `    let b${j}_${x} = ${value(j, x)};`)),
    ...body.map((line) => "    " + line),
    "  }",
    "}",
  ];
}

/** <sums><i>_<j>: dot products of the held tokens with those of the block. */
export function dots(tile: StreamingTile, sums: string, held: Operand, other: Operand): string[] {
  const rows = range(tile.rows), others = range(tile.others);
  return [
    ...rows.map((i) => others.map((j) => `var ${sums}${i}_${j} = 0.0;`).join(" ")),
    ...columns(tile, other, [
      ...rows.map((i) => `let a${i} = ${held.name}[${held.name}_${i} + c];`),
      ...others.flatMap((j) =>
        rows.map((i) =>
          `${sums}${i}_${j} = ${
            dotStep(`${sums}${i}_${j}`, (x) => stepOf(`a${i}`, x, tile.width), (x) => `b${j}_${x}`, tile.width)
          };`
        )
      ),
    ]),
  ];
}

interface Accumulator {
  readonly name: string;
  /** Where row i starts. */
  readonly at: (i: number) => string;
  /** Whether earlier blocks have written a sum. */
  readonly started: string;
  /** What the earlier blocks' sum is multiplied by. */
  readonly before?: (i: number) => string;
}

/** Adds the block's tokens, weighted by <weights><i>_<j>, to the rows of a tensor in memory. */
export function accumulate(tile: StreamingTile, weights: string, other: Operand, target: Accumulator): string[] {
  const rows = range(tile.rows), steps = range(tile.width);
  const { name, at, started, before } = target;
  const label = `${name}_${weights}`;
  const whole = (i: number) => tile.width === 4 ? `vec4f(${steps.map((x) => `o${i}_${x}`).join(", ")})` : `o${i}_0`;
  return [
    ...rows.map((i) => `let ${label}_${i} = ${at(i)};`),
    ...columns(tile, other, [
      ...rows.map((i) => `var o${i} = ${element(tile)}();`),
      `if (${started}) {`,
      ...rows.map((i) => `  o${i} = ${name}[${label}_${i} + c]${before ? ` * ${before(i)}` : ""};`),
      "}",
      ...rows.flatMap((i) => steps.map((x) => `var o${i}_${x} = ${stepOf(`o${i}`, x, tile.width)};`)),
      ...range(tile.others).flatMap((j) =>
        rows.flatMap((i) => steps.map((x) => `o${i}_${x} = fma(${weights}${i}_${j}, b${j}_${x}, o${i}_${x});`))
      ),
      ...rows.map((i) => `if (${inside(tile, i)} < end) { ${name}[${label}_${i} + c] = ${whole(i)}; }`),
    ]),
  ];
}

/** Multiplies s<i>_<j> by what dropout makes of query j's key i; an invocation's keys stand in one block of Philox. */
export function keepQueries(tile: StreamingTile): string[] {
  return range(tile.rows).map((i) => `var kept${i} = 0u;`).concat(
    `for (var j = 0u; j < ${tile.others}u; j += 1u) {`,
    `  let four = kept_four(pair * uniforms.queries + min(first + j, uniforms.queries - 1u), row_0 >> 2u);`,
    ...range(tile.rows).map((i) => `  kept${i} |= ((four >> ((row_0 & 3u) + ${i}u)) & 1u) << j;`),
    "}",
    ...range(tile.rows).flatMap((i) =>
      range(tile.others).map((j) => `s${i}_${j} *= select(0.0, uniforms.keep_scale, (kept${i} & ${bit(j)}) != 0u);`)
    ),
  );
}
