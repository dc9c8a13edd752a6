import type { RegisterTileVariant } from "./variant.ts";

/** Shape of one register-tiled matmul shader: rows and columns are multiples of 4, columns of `lanes` with `broadcast`. */
export interface RegisterTile extends Omit<RegisterTileVariant, "name"> {
  /** A is stored [k, m]. */
  readonly transposeA: boolean;
  /** B is stored [n, k]. */
  readonly transposeB: boolean;
}

const components = ["x", "y", "z", "w"] as const;
const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const columnAt = (n: number) => `first_column${n === 0 ? "" : ` + ${n}u`}`;

/**
 * Writes the shader of a register-tiled matmul, to be put behind product.wgsl.
 *
 * Neighbouring invocations take neighbouring rows and share the block of columns, so that on a CPU's vector unit one
 * invocation is one lane, each number of A is used `columns` times once loaded, and each number of B `rows` times. All
 * accumulators are scalars with literal names: arrays would be indexed through bounds checks.
 */
export function registerTileSource(tile: RegisterTile): string {
  const { lanes, rows, columns, transposeA, transposeB, vector } = tile;
  const rowOf = (i: number) =>
    transposeA && vector
      ? `first_row + ${Math.floor(i / 4) * lanes * 4}u + lane * 4u + ${i % 4}u`
      : `first_row + ${i * lanes}u + lane`;
  const main = steps(tile, 4);
  const tail = vector && !transposeA ? [] : [
    "for (; k < end; k++) {",
    ...steps({ ...tile, vector: vector && transposeA }, 1).map((line) => "  " + line),
    "}",
  ];
  return `// C = op(A) op(B): ${rows} rows an invocation, ${columns} columns a workgroup of ${lanes}.
${transposeA ? "// A is stored [k, m].\n" : ""}${transposeB ? "// B is stored [n, k].\n" : ""}
@compute @workgroup_size(${lanes})
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) workgroup: vec3u) {
  let batch = workgroup.z / uniforms.parts;
  let first_row = workgroup.y * ${lanes * rows}u;
  let first_column = workgroup.x * ${columns}u;
  let offset_a = batch * uniforms.stride_a;
  let offset_b = batch * uniforms.stride_b;
  let offset_c = workgroup.z * uniforms.stride_c;
${range(rows).map((i) => `  let row_${i} = min(${rowOf(i)}, uniforms.m - ${lastRow(tile, i)}u);`).join("\n")}
${columnIndices(tile).map((line) => "  " + line).join("\n")}
${range(rows).map((i) => "  " + range(columns).map((n) => `var c${i}_${n} = 0.0;`).join(" ")).join("\n")}
  var k = (workgroup.z % uniforms.parts) * uniforms.part_length;
  let end = k + min(uniforms.part_length, uniforms.k - k);
  for (; k + 4u <= end; k += 4u) {
${main.map((line) => "    " + line).join("\n")}
  }
${tail.map((line) => "  " + line).join("\n")}
${range(rows).map((i) => stores(tile, i, rowOf(i))).join("\n")}
}
`;

  function columnIndices({ broadcast, transposeB, vector }: RegisterTile): string[] {
    if (broadcast && vector && !transposeB) {
      // One invocation reads four neighbouring columns of one of the four steps of k.
      return range(Math.ceil(columns / lanes)).map((p) => {
        const groups = Math.floor(lanes / 4);
        return `let column_${p} = min(${columnAt(p * groups * 4)} + (lane & ${groups - 1}u) * 4u, uniforms.n - 4u);`;
      });
    }
    if (broadcast) {
      return range(columns / lanes).map((p) =>
        `let column_${p} = min(${columnAt(p * lanes)} + lane, uniforms.n - 1u);`
      );
    }
    if (vector && !transposeB) {
      return range(columns / 4).map((p) => `let column_${p} = min(${columnAt(p * 4)}, uniforms.n - 4u);`);
    }
    return range(columns).map((n) => `let column_${n} = min(${columnAt(n)}, uniforms.n - 1u);`);
  }
}

/** How far before the end the last readable row of a group starts. */
function lastRow({ transposeA, vector }: RegisterTile, i: number): number {
  return transposeA && vector ? 4 - i % 4 : 1;
}

/** The body of the loop over k, for `depth` (4 or 1) values of k at once. */
function steps(tile: RegisterTile, depth: 4 | 1): string[] {
  const { rows, columns } = tile;
  const lines = [...loadsOfA(tile, depth), ...loadsOfB(tile, depth)];
  for (const n of range(columns)) {
    const factors = range(depth).map((j) => valueOfB(tile, n, j, depth));
    lines.push(...factors.map((value, j) => `let b${n}_${j} = ${value};`));
    for (const i of range(rows)) {
      lines.push(
        `c${i}_${n} = ${range(depth).reduce((sum, j) => `fma(a${i}_${j}, b${n}_${j}, ${sum})`, `c${i}_${n}`)};`,
      );
    }
  }
  return lines;
}

function loadsOfA({ rows, transposeA, vector }: RegisterTile, depth: number): string[] {
  if (vector && !transposeA) {
    return range(rows).flatMap((i) => [
      `let a${i} = Element(a[(offset_a + row_${i} * uniforms.k + k) >> 2u]);`,
      ...range(depth).map((j) => `let a${i}_${j} = a${i}.${components[j]};`),
    ]);
  }
  if (vector) {
    return range(rows / 4).flatMap((group) =>
      range(depth).flatMap((j) => [
        `let a${group}_k${j} = Element(a[(offset_a + (k + ${j}u) * uniforms.m + row_${group * 4}) >> 2u]);`,
        ...range(4).map((q) => `let a${group * 4 + q}_${j} = a${group}_k${j}.${components[q]};`),
      ])
    );
  }
  return range(rows).flatMap((i) =>
    range(depth).map((j) =>
      transposeA
        ? `let a${i}_${j} = Element(a[offset_a + (k + ${j}u) * uniforms.m + row_${i}]);`
        : `let a${i}_${j} = Element(a[offset_a + row_${i} * uniforms.k + k + ${j}u]);`
    )
  );
}

function loadsOfB({ lanes, columns, transposeB, vector, broadcast }: RegisterTile, depth: number): string[] {
  const at = (column: number, j: number) =>
    transposeB
      ? `offset_b + column_${column} * uniforms.k + k${vector ? "" : ` + ${j}u`}`
      : `offset_b + (k + ${j}u) * uniforms.n + column_${column}`;
  if (vector && transposeB) {
    const loads = broadcast ? columns / lanes : columns;
    return range(loads).map((p) => `let q${p} = Element(b[(${at(p, 0)}) >> 2u]);`);
  }
  if (vector && broadcast) {
    // With one step of k left, all groups of invocations read the same row.
    const step = depth === 4 ? `(lane / ${Math.floor(lanes / 4)}u)` : "0u";
    return range(Math.ceil(columns / lanes)).map((p) =>
      `let q${p} = Element(b[(offset_b + (k + ${step}) * uniforms.n + column_${p}) >> 2u]);`
    );
  }
  if (vector) {
    return range(columns / 4).flatMap((p) =>
      range(depth).map((j) => `let q${p}_${j} = Element(b[(${at(p, j)}) >> 2u]);`)
    );
  }
  const loads = broadcast ? columns / lanes : columns;
  return range(loads).flatMap((p) => range(depth).map((j) => `let q${p}_${j} = Element(b[${at(p, j)}]);`));
}

/** The number of B at column n and step j of k, from what `loadsOfB` has read. */
function valueOfB({ lanes, transposeB, vector, broadcast }: RegisterTile, n: number, j: number, depth: number): string {
  if (!broadcast) {
    if (vector && transposeB) return `q${n}.${components[j]}`;
    return vector ? `q${Math.floor(n / 4)}_${j}.${components[n % 4]}` : `q${n}_${j}`;
  }
  if (vector && !transposeB) {
    const groups = Math.floor(lanes / 4);
    const load = Math.floor(n / lanes);
    const group = Math.floor((n % lanes) / 4);
    return `subgroupBroadcast(q${load}.${components[n % 4]}, ${(depth === 4 ? j * groups : 0) + group}u)`;
  }
  const load = Math.floor(n / lanes);
  return vector
    ? `subgroupBroadcast(q${load}.${components[j]}, ${n % lanes}u)`
    : `subgroupBroadcast(q${load}_${j}, ${n % lanes}u)`;
}

function stores({ columns, vector }: RegisterTile, i: number, row: string): string {
  const width = vector ? 4 : 1;
  const narrow = vector ? " >> 2u" : "";
  const lines = range(columns / width).map((p) => {
    const sums = range(width).map((q) => `c${i}_${p * width + q}`).join(", ");
    const column = columnAt(p * width);
    const store = `store((offset_c + row_${i} * uniforms.n + ${column})${narrow}, (${column})${narrow}, ${
      vector ? `vec4f(${sums})` : sums
    });`;
    return `    if (${column} < uniforms.n) { ${store} }`;
  });
  return [`  if (${row} < uniforms.m) {`, ...lines, "  }"].join("\n");
}
