import type { Peaks } from "../device/peaks.ts";
import type { Profile } from "./profile.ts";

/** All dispatches of a kernel together. */
export interface KernelCost {
  /** The kernel's label. */
  readonly label: string;
  /** How often it ran. */
  readonly count: number;
  /** Milliseconds on the GPU. */
  readonly milliseconds: number;
  /** Share of the GPU's time. */
  readonly share: number;
  /** Share of the peak that bounds it, arithmetic or bandwidth, whichever it comes closer to; null where it is unknown. */
  readonly ofPeak: number | null;
  /** Which of the two that is. */
  readonly bound: "arithmetic" | "bandwidth";
}

/** Milliseconds that the GPU was at work. */
export function gpuTime({ dispatches }: Pick<Profile, "dispatches">): number {
  return dispatches.reduce((sum, { duration }) => sum + duration, 0) / 1e6;
}

/** The kernels that took longest, longest first. */
export function costliestKernels(profile: Pick<Profile, "dispatches" | "peaks">, most = 10): KernelCost[] {
  const total = gpuTime(profile);
  const sums = new Map<string, { count: number; nanoseconds: number; bytes: number; flops: number }>();
  for (const { label, duration, bytes, flops } of profile.dispatches) {
    const sum = sums.get(label) ?? { count: 0, nanoseconds: 0, bytes: 0, flops: 0 };
    sum.count++;
    sum.nanoseconds += duration;
    sum.bytes += bytes;
    sum.flops += flops;
    sums.set(label, sum);
  }
  const longest = [...sums].toSorted(([, a], [, b]) => b.nanoseconds - a.nanoseconds).slice(0, most);
  return longest.map(([label, { count, nanoseconds, bytes, flops }]) => {
    const milliseconds = nanoseconds / 1e6;
    return {
      label,
      count,
      milliseconds,
      share: milliseconds / total,
      ...reached(profile.peaks, nanoseconds, bytes, flops),
    };
  });
}

/** How close to the adapter's peaks work comes that takes so long. */
function reached(peaks: Peaks | null, nanoseconds: number, bytes: number, flops: number) {
  const arithmetic = peaks ? flops / nanoseconds / peaks.fma : 0;
  const bandwidth = peaks ? bytes / nanoseconds / peaks.copy : 0;
  const known = arithmetic > 0 || bandwidth > 0;
  return {
    ofPeak: known ? Math.max(arithmetic, bandwidth) : null,
    bound: arithmetic > bandwidth ? "arithmetic" as const : "bandwidth" as const,
  };
}
