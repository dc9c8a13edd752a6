import type { Capabilities } from "../launcher.ts";
import { chooseMatmulVariant, matmulGrid, matmulParts, takesVectors } from "./variants.ts";
import type { MatmulShape, MatmulVariant, WideTileVariant } from "./variant.ts";
import { sharesReads } from "./wide_tile.ts";

/** Outputs up to this size may be worth an invocation or a workgroup an element. */
const smallOutput = 128 * 128;

/** Rows and columns of register tiles, with subgroup broadcasts and without. Larger ones take seconds to compile. */
const registerTiles = {
  broadcast: [[4, 8], [4, 16], [8, 16], [4, 32], [8, 32], [4, 64]],
  plain: [[4, 8], [4, 16], [8, 16], [16, 16]],
} as const;

/** All variants that are worth timing for a product on a device; the one of the table comes first. */
export function matmulCandidates(shape: MatmulShape, capabilities: Capabilities): MatmulVariant[] {
  const chosen = chooseMatmulVariant(shape, capabilities);
  const tiles = capabilities.software
    ? softwareTiles(shape, capabilities)
    : [{ name: "workgroup tile" } satisfies MatmulVariant];
  const { m, n } = shape;
  const others: MatmulVariant[] = m * n <= smallOutput ? [{ name: "small" }, { name: "dot" }] : [];
  // There are many, so that each is tried in the one number of parts that fills the device.
  const wide = capabilities.software ? [] : wideTiles(shape).map((tile) => {
    const parts = matmulParts(shape, tile, capabilities);
    return parts > 1 ? { ...tile, parts } : tile;
  });
  const all = [chosen, ...tiles.flatMap((tile) => inParts(shape, tile)), ...wide, ...others];
  return [...new Map(all.map((variant) => [JSON.stringify(variant), variant])).values()];
}

function softwareTiles(shape: MatmulShape, { subgroupSize }: Capabilities): MatmulVariant[] {
  const broadcast = subgroupSize === 8 || subgroupSize === 4;
  const vector = takesVectors(shape), lanes = broadcast ? subgroupSize : 8;
  return registerTiles[broadcast ? "broadcast" : "plain"]
    .filter(([rows, columns]) => rows * lanes < 2 * shape.m && columns < 2 * shape.n)
    .map(([rows, columns]) => ({ name: "register tile", lanes, rows, columns, vector, broadcast }));
}

/** Rows and columns of wide tiles, and those of an invocation. */
const wideSizes = [
  ...[[64, 64, 4, 4], [64, 64, 8, 8], [128, 64, 8, 4], [128, 64, 8, 8], [64, 128, 4, 8], [64, 128, 8, 8]],
  [128, 128, 8, 8],
] as const;
/** Bytes of workgroup memory that every device has. */
const workgroupBytes = 16 << 10;

function wideTiles(shape: MatmulShape): WideTileVariant[] {
  const vector = takesVectors(shape);
  return wideSizes.flatMap(([rows, columns, height, width]) =>
    [8, 16].flatMap((depth) =>
      ([1, 2] as const).map((buffers): WideTileVariant => ({
        ...{ name: "wide tile", rows, columns, height, width, depth, buffers, vector },
      }))
    )
  ).filter((tile) => sharesReads(tile) && 4 * tile.buffers * tile.depth * (tile.rows + tile.columns) <= workgroupBytes);
}

/** A tile alone, and with its sums in parts where it leaves a device's cores idle. */
function inParts(shape: MatmulShape, tile: MatmulVariant): MatmulVariant[] {
  const tiles = matmulGrid(shape, tile).reduce((product, count) => product * count);
  const parts = [2, 4, 8, 16].filter((parts) => tiles * parts <= 512 && shape.k / parts >= 64);
  return [tile, ...parts.map((parts) => ({ ...tile, parts }))];
}
