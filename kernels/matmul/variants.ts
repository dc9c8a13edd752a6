import { type Capabilities, maxWorkgroupsPerDimension } from "../launcher.ts";
import type { MatmulShape, MatmulVariant } from "./variant.ts";

/** A line of the table of variants. */
export interface MatmulRule {
  /** When it applies, in words. */
  readonly when: string;
  /** When it applies. */
  fits(shape: MatmulShape, capabilities: Capabilities): boolean;
  /** What it picks. */
  variant(shape: MatmulShape, capabilities: Capabilities): MatmulVariant;
}

/** Shortest side of C below which a tile would be mostly empty. */
const thin = 8;
/** Length from which a sum is worth sharing out. */
const long = 512;

const isThin = ({ m, n }: MatmulShape) => Math.min(m, n) < thin;
const rowsAreLong = ({ k, transposeA, transposeB, m, n }: MatmulShape) =>
  k >= long && (m >= n ? !transposeA : transposeB);

/**
 * How the variant for a product on a device is picked: read from the top, the first line that fits is taken. Its sums
 * are then split where C has too few tiles to keep the device busy.
 */
export const matmulRules: readonly MatmulRule[] = [
  {
    when: "C has under 64 elements and sums of 512 or more: a workgroup an element",
    fits: ({ m, n, k }) => m * n < 64 && k >= long,
    variant: () => ({ name: "dot" }),
  },
  {
    when:
      "hardware GPU, C has a side under 8 and one of at most 65,535, and the matrix lies in rows of 512 or more along k: a workgroup an element",
    fits: (shape, { software }) =>
      !software && isThin(shape) && rowsAreLong(shape) && Math.max(shape.m, shape.n) <= maxWorkgroupsPerDimension,
    variant: () => ({ name: "dot" }),
  },
  {
    when: "C has a side under 8: an invocation an element",
    fits: isThin,
    variant: () => ({ name: "small" }),
  },
  {
    when: "hardware GPU, C has under 32 x 32 elements: an invocation an element",
    fits: ({ m, n }, { software }) => !software && m * n < 32 * 32,
    variant: () => ({ name: "small" }),
  },
  {
    when: "hardware GPU: tiles of 64 x 64 through workgroup memory",
    fits: (_, { software }) => !software,
    variant: () => ({ name: "workgroup tile" }),
  },
  {
    when: "software GPU with subgroups of 8 or 4: tiles in registers, B handed round the subgroup",
    fits: (_, { subgroupSize }) => subgroupSize === 8 || subgroupSize === 4,
    variant: (shape, { subgroupSize }) => ({
      ...{ name: "register tile", lanes: subgroupSize, rows: 4, columns: shape.n <= 8 ? 8 : 32 },
      ...{ vector: takesVectors(shape), broadcast: true },
    }),
  },
  {
    when: "software GPU without: tiles in registers, every invocation reads B itself",
    fits: () => true,
    // Reads of textures cost little: a small tile is as fast, and compiles in a third of the time.
    variant: (shape, { textureReads }) => ({
      ...{ name: "register tile", lanes: 8, rows: shape.m <= 32 ? 4 : 8 },
      columns: shape.n <= 8 || textureReads ? 8 : 16,
      ...{ vector: takesVectors(shape), broadcast: false },
    }),
  },
];

/** Whether all rows of A, B and C are multiples of four long, so that four numbers can be read at once. */
export function takesVectors({ m, n, k, transposeA, transposeB }: MatmulShape): boolean {
  return n % 4 === 0 && (transposeA ? m % 4 === 0 : k % 4 === 0) && (!transposeB || k % 4 === 0);
}

/** The variant for a product on a device, by `matmulRules` and `matmulParts`. */
export function chooseMatmulVariant(shape: MatmulShape, capabilities: Capabilities): MatmulVariant {
  const variant = matmulRules.find(({ fits }) => fits(shape, capabilities))!.variant(shape, capabilities);
  const parts = matmulParts(shape, variant, capabilities);
  return parts > 1 ? { ...variant, parts } : variant;
}

/** Workgroups that keep a device busy, and the least steps of k that are worth a part. */
const split = { software: { workgroups: 4, steps: 256 }, hardware: { workgroups: 256, steps: 128 } };

/** In how many parts sums are made: 1 where C has tiles enough. Only tiles are split. */
export function matmulParts(shape: MatmulShape, variant: MatmulVariant, { software }: Capabilities): number {
  if (variant.name === "small" || variant.name === "dot") return 1;
  const { workgroups, steps } = split[software ? "software" : "hardware"];
  const tiles = matmulGrid(shape, variant).reduce((product, count) => product * count);
  return Math.max(1, Math.min(Math.floor(workgroups / tiles), Math.floor(shape.k / steps)));
}

/** Steps of k that one part may have where the GPU is a CPU, by the rounds of loops that an invocation needs for them; see `mostRounds`. */
const longestPart = {
  "small": 250_000,
  "dot": 4_000_000,
  "workgroup tile": 40_000,
  "wide tile": 40_000,
  "register tile": 250_000,
};

/** In how many parts a variant has to make a sum over k at least. */
export function leastParts(k: number, { name }: MatmulVariant, { software }: Capabilities): number {
  return software ? Math.ceil(k / longestPart[name]) : 1;
}

/** Workgroups along x, y and z, without those for parts. */
export function matmulGrid({ m, n, batch = 1 }: MatmulShape, variant: MatmulVariant): [number, number, number] {
  switch (variant.name) {
    case "small":
      return [Math.ceil(Math.max(m, n) / 64), Math.min(m, n), batch];
    case "dot":
      return [Math.max(m, n), Math.min(m, n), batch];
    case "workgroup tile":
      return [Math.ceil(n / 64), Math.ceil(m / 64), batch];
    case "wide tile":
      return [Math.ceil(n / variant.columns), Math.ceil(m / variant.rows), batch];
    case "register tile":
      return [Math.ceil(n / variant.columns), Math.ceil(m / (variant.rows * variant.lanes)), batch];
  }
}

/** Numbers that all invocations of a product read together. */
export function matmulReads({ m, n, k, batch = 1 }: MatmulShape, variant: MatmulVariant): number {
  const products = m * n * k * batch;
  if (variant.name !== "register tile") return 2 * products;
  const { rows, columns, lanes, broadcast } = variant;
  // Each number of A serves the tile's columns, and each of B the rows, or all rows of the subgroup where it is handed round.
  return products * (1 / columns + 1 / (broadcast ? rows * lanes : rows));
}
