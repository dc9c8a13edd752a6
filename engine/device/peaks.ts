import fmaCode from "./fma_peak.wgsl" with { type: "text" };
import type { CommandStream } from "../../kernels/command_stream.ts";
import { addScaled } from "../../kernels/elementwise/add_scaled.ts";
import { defineKernel } from "../../kernels/launcher.ts";
import { roundTime } from "./round_time.ts";

/** What an adapter can do at best, measured in the run that is compared with it. */
export interface Peaks {
  /** Bytes that a copy reads and writes, in 10⁹ a second. */
  readonly copy: number;
  /** Operations of multiply-adds in registers (two each), in 10⁹ a second. */
  readonly fma: number;
}

/** Elements of the copy: 64 MiB. */
const copied = 1 << 24;

const fmaKernel = defineKernel({
  label: "fma_peak",
  code: fmaCode,
  bindings: { y: "write" },
  uniforms: { count: "u32", factor: "f32" },
});

/** Multiply-adds of one invocation of fma_peak.wgsl. */
const chained = 12 * 4096;

/** Measures an adapter's bandwidth and arithmetic, in a second or two. @param runs whose median counts */
export async function measurePeaks(stream: CommandStream, device: GPUDevice, runs = 1): Promise<Peaks> {
  const finish = async () => {
    stream.submit();
    await device.queue.onSubmittedWorkDone();
  };
  const count = stream.capabilities.software ? 1 << 12 : 1 << 19;
  const x = stream.scratch(4 * copied), y = stream.scratch(4 * copied);
  const copy = () => addScaled(stream, { x, y, count: copied, yFactor: 0 });
  const multiply = () => stream.dispatch(fmaKernel, { y }, { count, factor: 0.5 }, [Math.ceil(count / 64)]);
  const copies: number[] = [], chains: number[] = [];
  for (let run = 0; run < runs; run++) {
    copies.push(await roundTime(copy, finish));
    chains.push(await roundTime(multiply, finish));
  }
  for (const slice of [x, y]) stream.release(slice);
  return { copy: 2 * 4 * copied / median(copies) / 1e6, fma: 2 * chained * count / median(chains) / 1e6 };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}
