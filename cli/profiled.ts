import { Option } from "@commander-js/extra-typings";
import { counted } from "../data/texts/counted.ts";
import type { Observer } from "../data/observer.ts";
import { writeAtomically } from "../engine/files/files.ts";
import { costliestKernels, gpuTime } from "../engine/profile/costliest.ts";
import { Profile } from "../engine/profile/profile.ts";
import { traceOf } from "../engine/profile/trace.ts";
import { text } from "./options/options.ts";
import { alignColumns, type Terminal } from "./output/terminal.ts";

/** A call that may ask for a profile. */
export interface ProfiledCall {
  /** File for the trace; absent where none is asked for. */
  readonly profile?: string;
}

/** `--profile`, for commands that compute. */
export const profileOption = new Option(
  "--profile <file>",
  "write a trace of the work on host and GPU for ui.perfetto.dev, and name the kernels that took longest",
).argParser(text("--profile"));

/** The profile that the words of a call ask for. */
export function profileOf({ profile }: { readonly profile?: string | undefined }): ProfiledCall {
  return profile === undefined ? {} : { profile };
}

/**
 * Does work; where a file is named, writes a trace of it there and says which kernels took longest, also when the work
 * fails or is stopped.
 *
 * @param work is handed the profile that its engines are to be opened with
 */
export async function profiled(
  { profile: path }: ProfiledCall,
  terminal: Terminal,
  work: (profile?: Profile) => Promise<void>,
): Promise<void> {
  if (path === undefined) return await work();
  const profile = new Profile();
  try {
    await profile.span("all", () => work(profile));
  } finally {
    await writeAtomically(path, traceOf(profile));
    for (const line of describeProfile(profile)) terminal.note(line);
    terminal.note(`Trace for ui.perfetto.dev: ${path}`);
  }
}

/** Says where the time of a profile went. */
export function describeProfile(profile: Profile): string[] {
  if (!profile.hasTimestamps) return ["This adapter has no timestamps: the trace shows the host alone."];
  const { dispatches, untimed, peaks } = profile;
  if (dispatches.length === 0) return ["Nothing was computed on the GPU."];
  const kernels = costliestKernels(profile), percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const total = new Set(dispatches.map(({ label }) => label)).size;
  return [
    `\nThe GPU worked for ${(gpuTime(profile) / 1000).toFixed(2)} s, on ${counted(total, "kernel")} in ` +
    `${dispatches.length} dispatches${untimed > 0 ? ` (${untimed} later ones were not timed)` : ""}.`,
    ...(peaks ? [`Peaks of this adapter: ${peaks.fma.toFixed(0)} GFLOP/s, ${peaks.copy.toFixed(1)} GB/s.`] : []),
    alignColumns([
      ["kernel", "ms", "of all", "times", "of peak"],
      ...kernels.map(({ label, milliseconds, share, count, ofPeak, bound }) => [
        ...[label, milliseconds.toFixed(1), percent(share), String(count)],
        ofPeak === null ? "" : `${percent(ofPeak)} of ${bound === "arithmetic" ? "FLOP/s" : "GB/s"}`,
      ]),
    ]),
  ];
}

/** The same observer, which also notes in a profile how long preparation and each epoch took. */
export function withSpans<Figures, Plan>(
  observer: Observer<Figures, Plan>,
  profile: Profile | undefined,
): Observer<Figures, Plan> {
  if (!profile) return observer;
  let epoch = 0, end = profile.begin("prepare");
  const next = () => {
    end();
    end = profile.begin(`epoch ${++epoch}`);
  };
  return {
    ...observer,
    start(plan) {
      observer.start?.(plan);
      epoch = 0;
      next();
    },
    async epoch(figures, best) {
      await observer.epoch?.(figures, best);
      next();
    },
  };
}
