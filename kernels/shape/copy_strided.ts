import code from "./copy_strided.wgsl" with { type: "text" };
import { chooseWidth, defineElementWidths } from "../element_width.ts";
import { type BufferSlice, elementGrid, type Launcher } from "../launcher.ts";

/** An axis along which elements are copied; strides are in elements. */
export interface StridedAxis {
  /** Positions along the axis. */
  readonly size: number;
  /** From one position to the next in the source; 0 repeats it. */
  readonly from: number;
  /** From one position to the next in the destination. */
  readonly to: number;
}

/** Operands of `copyStrided`. */
export interface CopyStridedOptions {
  /** What is read. */
  readonly source: BufferSlice;
  /** Not the buffer of the source; no two positions may meet in it. */
  readonly destination: BufferSlice;
  /** Any number of axes, outermost first. */
  readonly axes: readonly StridedAxis[];
  /** Element of the source where the first position lies; 0 by default. */
  readonly sourceOffset?: number;
  /** Element of the destination where the first position lies; 0 by default. */
  readonly destinationOffset?: number;
  /** Adds to what the destination holds. */
  readonly accumulate?: boolean;
}

const four = (name: string) => Object.fromEntries([0, 1, 2, 3].map((axis) => [`${name}_${axis}`, "u32" as const]));
const kernels = defineElementWidths<"source" | "destination", string>({
  label: "copy_strided",
  code,
  bindings: { source: "read", destination: "write" },
  uniforms: {
    ...four("size"),
    ...four("source_stride"),
    ...four("destination_stride"),
    count: "u32",
    source_offset: "u32",
    destination_offset: "u32",
    accumulate: "u32",
  },
});

/** Elements from one position to the next along each axis of a contiguous tensor. */
export function stridesOf(shape: readonly number[]): number[] {
  let stride = 1;
  return shape.toReversed().map((size) => {
    const own = stride;
    stride *= size;
    return own;
  }).reverse();
}

/** destination[Σ position · to] = source[Σ position · from] for every position of the axes. */
export function copyStrided(launcher: Launcher, options: CopyStridedOptions): void {
  const { sourceOffset = 0, destinationOffset = 0 } = options;
  launchLastFour(launcher, options, merged(options.axes), sourceOffset, destinationOffset);
}

/** Without axes of one position; neighbours that advance as one become one. */
function merged(axes: readonly StridedAxis[]): StridedAxis[] {
  const result: StridedAxis[] = [];
  for (const axis of axes) {
    if (axis.size === 1) continue;
    const last = result.at(-1);
    if (last && last.from === axis.from * axis.size && last.to === axis.to * axis.size) {
      result[result.length - 1] = { ...axis, size: last.size * axis.size };
    } else result.push(axis);
  }
  return result.length > 0 ? result : [{ size: 1, from: 1, to: 1 }];
}

/** One launch for the last four axes; those before them are counted through here. */
function launchLastFour(
  launcher: Launcher,
  options: CopyStridedOptions,
  axes: readonly StridedAxis[],
  sourceOffset: number,
  destinationOffset: number,
): void {
  if (axes.length > 4) {
    const [first, ...rest] = axes;
    for (let i = 0; i < first!.size; i++) {
      launchLastFour(launcher, options, rest, sourceOffset + i * first!.from, destinationOffset + i * first!.to);
    }
    return;
  }
  const { source, destination, accumulate = false } = options;
  const last = axes.at(-1)!, others = axes.slice(0, -1);
  const contiguous = last.from === 1 && last.to === 1;
  const { kernel, width } = chooseWidth(
    kernels,
    contiguous ? last.size : 1,
    sourceOffset,
    destinationOffset,
    ...others.flatMap(({ from, to }) => [from, to]),
  );
  const count = axes.reduce((product, { size }) => product * size, 1) / width;
  const uniforms: Record<string, number> = {
    count,
    source_offset: sourceOffset / width,
    destination_offset: destinationOffset / width,
    accumulate: accumulate ? 1 : 0,
  };
  const counted = [...others.map(({ size, from, to }) => ({ size, from: from / width, to: to / width })), {
    ...last,
    size: last.size / width,
  }];
  const missing = 4 - counted.length;
  for (let axis = 0; axis < 4; axis++) {
    const { size, from, to } = counted[axis - missing] ?? { size: 1, from: 0, to: 0 };
    uniforms[`size_${axis}`] = size;
    uniforms[`source_stride_${axis}`] = from;
    uniforms[`destination_stride_${axis}`] = to;
  }
  launcher.dispatch(kernel, { source, destination }, uniforms, elementGrid(count), count * width);
}
