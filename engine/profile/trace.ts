import type { Profile } from "./profile.ts";

/** Tracks of the trace. */
const host = 1, gpu = 2;

/**
 * A profile in the trace event format, which `chrome://tracing` and ui.perfetto.dev show: what the host did in one track,
 * every dispatch in another.
 *
 * The GPU has a clock of its own. Its track is moved so that no dispatch begins before it was sent, and one at once.
 *
 * @see https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */
export function traceOf({ spans, dispatches }: Profile): string {
  const first = spans.reduce((least, { start }) => Math.min(least, start), dispatches[0]?.sent ?? 0);
  const ahead = dispatches.reduce((least, { start, sent }) => Math.min(least, start / 1e6 - sent), Infinity);
  const microseconds = (milliseconds: number) => Math.round(milliseconds * 1e6) / 1e3;
  const name = (pid: number, text: string) => [
    { name: "process_name", ph: "M", pid, tid: 1, args: { name: text } },
    { name: "process_sort_index", ph: "M", pid, tid: 1, args: { sort_index: pid } },
  ];
  const traceEvents = [
    ...name(host, "host"),
    ...name(gpu, "GPU"),
    ...spans.map(({ name, start, duration }) => ({
      ...{ name, cat: "host", ph: "X", pid: host, tid: 1 },
      ...{ ts: microseconds(start - first), dur: microseconds(duration) },
    })),
    ...dispatches.map(({ label, start, duration, bytes, flops }) => ({
      ...{ name: label, cat: "gpu", ph: "X", pid: gpu, tid: 1 },
      ...{ ts: microseconds(start / 1e6 - ahead - first), dur: microseconds(duration / 1e6) },
      args: { bytes, ...(flops > 0 ? { flops } : {}) },
    })),
  ];
  return JSON.stringify({ displayTimeUnit: "ms", traceEvents }) + "\n";
}
