import type { Capabilities } from "../launcher.ts";
import { chooseMatmulVariant, matmulGrid, takesVectors } from "./variants.ts";
import type { MatmulShape, MatmulVariant } from "./variant.ts";

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
  const all = [chosen, ...tiles.flatMap((tile) => inParts(shape, tile)), ...others];
  return [...new Map(all.map((variant) => [JSON.stringify(variant), variant])).values()];
}

function softwareTiles(shape: MatmulShape, { subgroupSize }: Capabilities): MatmulVariant[] {
  const broadcast = subgroupSize === 8 || subgroupSize === 4;
  const vector = takesVectors(shape), lanes = broadcast ? subgroupSize : 8;
  return registerTiles[broadcast ? "broadcast" : "plain"]
    .filter(([rows, columns]) => rows * lanes < 2 * shape.m && columns < 2 * shape.n)
    .map(([rows, columns]) => ({ name: "register tile", lanes, rows, columns, vector, broadcast }));
}

/** A tile alone, and with its sums in parts where it leaves a device's cores idle. */
function inParts(shape: MatmulShape, tile: MatmulVariant): MatmulVariant[] {
  const tiles = matmulGrid(shape, tile).reduce((product, count) => product * count);
  const parts = [2, 4, 8, 16].filter((parts) => tiles * parts <= 512 && shape.k / parts >= 64);
  return [tile, ...parts.map((parts) => ({ ...tile, parts }))];
}
