import { ShapeError } from "../errors.ts";
import type { WideTileVariant } from "./variant.ts";

/** Shape of one matmul shader whose tiles pass through workgroup memory; all sizes are powers of two. */
export interface WideTile extends Omit<WideTileVariant, "name"> {
  /** A is stored [k, m]. */
  readonly transposeA: boolean;
  /** B is stored [n, k]. */
  readonly transposeB: boolean;
}

const components = ["x", "y", "z", "w"] as const;
const range = (n: number) => Array.from({ length: n }, (_, i) => i);
/** A number of steps to add, unless there are none. */
const plus = (steps: number) => steps === 0 ? "" : `${steps}u + `;
const indented = (lines: readonly string[], spaces: number) =>
  lines.map((line) => " ".repeat(spaces) + line).join("\n");

/** Invocations of a workgroup. */
export function wideTileInvocations({ rows, columns, height, width }: Omit<WideTileVariant, "name">): number {
  return (rows / height) * (columns / width);
}

/** Whether every invocation brings at least one vector of either side. */
export function sharesReads(tile: Omit<WideTileVariant, "name">): boolean {
  return Math.min(tile.rows, tile.columns) * tile.depth >= 4 * wideTileInvocations(tile);
}

/**
 * Writes the shader of a matmul for GPUs with real workgroup memory, to be put behind product.wgsl.
 *
 * Tiles of A and B lie there in rows along m and n, one for each step of k. Invocations read four numbers that are
 * neighbours in memory, whichever way the matrix is stored. Of each side of its part of C an invocation has four
 * neighbouring rows or columns, and four more half a tile away, so that neighbours read neighbouring vectors.
 *
 * @throws ShapeError when the invocations of a workgroup cannot share the reading of a tile
 */
export function wideTileSource(tile: WideTile): string {
  const { rows, columns, height, width, depth, buffers, transposeA, transposeB } = tile;
  if (!sharesReads(tile)) {
    throw new ShapeError(
      `A tile of ${rows} x ${columns} x ${depth} holds less than a vector for each of ${
        wideTileInvocations(tile)
      } invocations.`,
    );
  }
  const sums = range(height).flatMap((i) => range(width / 4).map((g) => `var sum${i}_${g} = vec4f();`));
  return `// C = op(A) op(B): ${rows} x ${columns} a workgroup, ${height} x ${width} an invocation, ${depth} steps of k at once.
${transposeA ? "// A is stored [k, m].\n" : ""}${transposeB ? "// B is stored [n, k].\n" : ""}${
    buffers === 2 ? "// While one tile is used the next one is read.\n" : ""
  }
var<workgroup> tile_a: array<vec4f, ${buffers * depth * rows / 4}>;
var<workgroup> tile_b: array<vec4f, ${buffers * depth * columns / 4}>;

${readFunction("a", transposeA ? "m" : "k", tile)}

${readFunction("b", transposeB ? "k" : "n", tile)}

${storeFunction(tile)}

@compute @workgroup_size(${wideTileInvocations(tile)})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let batch = workgroup.z / uniforms.parts;
  let first_step = (workgroup.z % uniforms.parts) * uniforms.part_length;
  let end = first_step + min(uniforms.part_length, uniforms.k - first_step);
  let first_row = workgroup.y * ${rows}u;
  let first_column = workgroup.x * ${columns}u;
  let offset_a = batch * uniforms.stride_a;
  let offset_b = batch * uniforms.stride_b;
  let tile_row = local / ${columns / width}u;
  let tile_column = local % ${columns / width}u;
${indented(sums, 2)}
${buffers === 2 ? twoBuffers(tile) : oneBuffer(tile)}
${indented(stores(tile), 2)}
}
`;
}

/** Four neighbours of a matrix: `inner` counts along its rows; 0 behind its ends. */
function readFunction(name: "a" | "b", length: string, { vector }: WideTile): string {
  const head = `fn read_${name}(offset: u32, outer: u32, inner: u32, outer_end: u32, inner_end: u32) -> vec4f {
  if (outer >= outer_end || inner >= inner_end) {
    return vec4f();
  }
  let at = offset + outer * uniforms.${length} + inner;`;
  if (vector) return `${head}\n  return vec4f(${name}[at >> 2u]);\n}`;
  const others = range(3).map((i) =>
    `  if (inner + ${i + 1}u < inner_end) {\n    four.${components[i + 1]} = f32(${name}[at + ${i + 1}u]);\n  }`
  );
  return `${head}\n  var four = vec4f(f32(${name}[at]), 0.0, 0.0, 0.0);\n${others.join("\n")}\n  return four;\n}`;
}

function storeFunction({ vector }: WideTile): string {
  const head = `fn store_four(product: u32, row: u32, column: u32, sums: vec4f) {
  if (row >= uniforms.m || column >= uniforms.n) {
    return;
  }
  let at = product * uniforms.stride_c + row * uniforms.n + column;`;
  if (vector) return `${head}\n  store(at >> 2u, column >> 2u, sums);\n}`;
  const others = range(3).map((i) =>
    `  if (column + ${i + 1}u < uniforms.n) {\n    store(at + ${i + 1}u, column + ${i + 1}u, sums.${
      components[i + 1]
    });\n  }`
  );
  return `${head}\n  store(at, column, sums.x);\n${others.join("\n")}\n}`;
}

function oneBuffer(tile: WideTile): string {
  return `  for (var k = first_step; k < end; k += ${tile.depth}u) {
${indented(reads(tile, "k"), 4)}
${indented(keeps(tile, ""), 4)}
    workgroupBarrier();
${indented(products(tile, ""), 4)}
    workgroupBarrier();
  }`;
}

function twoBuffers(tile: WideTile): string {
  const { rows, columns, depth } = tile;
  return `  {
${indented(reads(tile, "first_step"), 4)}
${indented(keeps(tile, ""), 4)}
  }
  workgroupBarrier();
  var used_a = 0u;
  var used_b = 0u;
  for (var k = first_step; k < end; k += ${depth}u) {
${indented(reads(tile, `k + ${depth}u`), 4)}
${indented(products(tile, "used"), 4)}
    used_a = ${depth * rows / 4}u - used_a;
    used_b = ${depth * columns / 4}u - used_b;
${indented(keeps(tile, "used"), 4)}
    workgroupBarrier();
  }`;
}

/** A side of the product: how its tile is cut among the invocations. */
function sideOf(tile: WideTile, name: "a" | "b") {
  const { rows, columns, depth, transposeA, transposeB } = tile;
  const length = name === "a" ? rows : columns;
  /** Whether neighbours in memory are neighbours along m or n. */
  const along = name === "a" ? transposeA : !transposeB;
  const vectors = length * depth / 4 / wideTileInvocations(tile);
  const inRow = (along ? length : depth) / 4;
  const at = (p: number) => p === 0 ? "local" : `(${plus(p * wideTileInvocations(tile))}local)`;
  const outer = (p: number) => `${at(p)} / ${inRow}u`, inner = (p: number) => `${at(p)} % ${inRow}u * 4u`;
  return { length, along, vectors, outer, inner };
}

/** Reads what the invocation has to bring of both tiles, from step `k` on. */
function reads(tile: WideTile, k: string): string[] {
  return (["a", "b"] as const).flatMap((name) => {
    const { along, vectors, outer, inner } = sideOf(tile, name);
    const [first, end] = name === "a" ? ["first_row", "uniforms.m"] : ["first_column", "uniforms.n"];
    return range(vectors).map((p) =>
      along
        ? `let next_${name}${p} = read_${name}(offset_${name}, ${k} + ${outer(p)}, ${first} + ${
          inner(p)
        }, end, ${end});`
        : `let next_${name}${p} = read_${name}(offset_${name}, ${first} + ${outer(p)}, ${k} + ${
          inner(p)
        }, ${end}, end);`
    );
  });
}

/** Puts it into workgroup memory; numbers that are neighbours along k go to four rows of the tile. */
function keeps(tile: WideTile, from: "" | "used"): string[] {
  return (["a", "b"] as const).flatMap((name) => {
    const { along, length, vectors, outer, inner } = sideOf(tile, name);
    const start = from ? `${from}_${name} + ` : "";
    return range(vectors).flatMap((p) => {
      if (along) return [`tile_${name}[${start}${plus(p * wideTileInvocations(tile))}local] = next_${name}${p};`];
      const line = `((${outer(p)}) >> 2u)`, component = `(${outer(p)}) & 3u`;
      return components.map((c, q) =>
        `tile_${name}[${start}(${inner(p)} + ${q}u) * ${length / 4}u + ${line}][${component}] = next_${name}${p}.${c};`
      );
    });
  });
}

/** Adds the products of a tile to the sums. */
function products({ rows, columns, height, width, depth }: WideTile, from: "" | "used"): string[] {
  const start = (name: string) => from ? `${from}_${name} + ` : "";
  const down = rows / height, across = columns / width;
  const vector = (name: string, length: number, place: string) =>
    `tile_${name}[${start(name)}step * ${length / 4}u + ${place}]`;
  return [
    `for (var step = 0u; step < ${depth}u; step++) {`,
    ...range(height / 4).map((g) => `  let left_${g} = ${vector("a", rows, `${plus(g * down)}tile_row`)};`),
    ...range(width / 4).map((g) => `  let right_${g} = ${vector("b", columns, `${plus(g * across)}tile_column`)};`),
    ...range(height).flatMap((i) =>
      range(width / 4).map((g) => {
        const left = `vec4f(left_${Math.floor(i / 4)}.${components[i % 4]})`;
        return `  sum${i}_${g} = fma(${left}, right_${g}, sum${i}_${g});`;
      })
    ),
    "}",
  ];
}

function stores({ rows, columns, height, width }: WideTile): string[] {
  const down = rows / height, across = columns / width;
  return range(height).flatMap((i) =>
    range(width / 4).map((g) => {
      const row = `first_row + ${plus(Math.floor(i / 4) * 4 * down + i % 4)}tile_row * 4u`;
      return `store_four(workgroup.z, ${row}, first_column + ${plus(g * 4 * across)}tile_column * 4u, sum${i}_${g});`;
    })
  );
}
