import type { MatmulVariant } from "../kernels/matmul/variant.ts";

/** A variant in a few words. */
export function variantText(variant: MatmulVariant): string {
  const parts = variant.parts ? `, sums in ${variant.parts} parts` : "";
  if (variant.name === "wide tile") {
    const { rows, columns, height, width, depth, buffers, vector } = variant;
    const reads = `${vector ? "four numbers" : "one number"} a read`;
    return `wide tile ${rows}x${columns}x${depth} by ${height}x${width}, ${reads}${
      buffers === 2 ? ", double" : ""
    }${parts}`;
  }
  if (variant.name !== "register tile") return variant.name + parts;
  const { rows, columns, lanes, vector, broadcast } = variant;
  const reads = `${vector ? "four numbers" : "one number"} a read`;
  return `register tile ${rows}x${columns}, ${lanes} lanes, ${reads}${broadcast ? ", broadcasts" : ""}${parts}`;
}
