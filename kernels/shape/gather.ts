import backwardCode from "./gather_backward.wgsl" with { type: "text" };
import code from "./gather.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, elementGrid, expectRounds, type Launcher } from "../launcher.ts";
import type { AxisView } from "../reduction/axis.ts";

const sizeUniforms = { outer: "u32", size: "u32", inner: "u32", picked: "u32" } as const;
const kernel = defineKernel({
  label: "gather",
  code,
  bindings: { x: "read", index: "read", y: "write" },
  uniforms: { ...sizeUniforms, not_a_number: "u32" },
});
const backwardKernel = defineKernel({
  label: "gather.backward",
  code: backwardCode,
  bindings: { dy: "read", index: "read", dx: "write" },
  uniforms: { ...sizeUniforms, accumulate: "u32" },
});

/** Sizes of a gathering, and what is gathered. */
export interface GatherOptions extends AxisView {
  /** Positions along the axis, [outer, picked, inner], u32. */
  readonly index: BufferSlice;
  /** Elements that are picked along the axis. */
  readonly picked: number;
}

/** y [outer, picked, inner] = the elements of x [outer, size, inner] that the index names; NaN where x has none. */
export function gather(
  launcher: Launcher,
  { x, index, y, outer, size, inner, picked }: GatherOptions & { readonly x: BufferSlice; readonly y: BufferSlice },
): void {
  const sizes = { outer, size, inner, picked, not_a_number: 0x7fc00000 };
  launcher.dispatch(kernel, { x, index, y }, sizes, elementGrid(outer * picked * inner), 2 * outer * picked * inner);
}

/**
 * dx [outer, size, inner] = for each element the sum of the dy [outer, picked, inner] that it served, in their order.
 *
 * @throws ShapeError when more are picked than the device can loop over
 */
export function gatherBackward(
  launcher: Launcher,
  { dy, index, dx, outer, size, inner, picked, accumulate = false }: GatherOptions & {
    readonly dy: BufferSlice;
    readonly dx: BufferSlice;
    /** Adds to what dx holds. */
    readonly accumulate?: boolean;
  },
): void {
  expectRounds(launcher, `the gradient of ${picked} gathered elements`, picked);
  const sizes = { outer, size, inner, picked, accumulate: accumulate ? 1 : 0 };
  launcher.dispatch(
    backwardKernel,
    { dy, index, dx },
    sizes,
    elementGrid(outer * size * inner),
    outer * size * inner * picked,
  );
}
