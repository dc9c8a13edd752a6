import type { CommandStream } from "../../kernels/command_stream.ts";
import type { TimedDispatch } from "../../kernels/dispatch_timer.ts";
import type { Peaks } from "../device/peaks.ts";

/** Something that the host did. */
export interface HostSpan {
  /** What it was. */
  readonly name: string;
  /** When it began, in milliseconds of `performance.now()`. */
  readonly start: number;
  /** Milliseconds that it took. */
  readonly duration: number;
}

/**
 * What engines did and how long it took: hand it to `Engine.open({ profile })`, close the engine, and look at it with
 * `traceOf` and `costliestKernels`. While it watches, every dispatch runs in a pass of its own, which costs some
 * microseconds each.
 *
 * @example
 * const profile = new Profile();
 * await trainRun(request, { reporter: {}, profile });
 * await Deno.writeTextFile("trace.json", traceOf(profile));
 */
export class Profile {
  /** What the host did. */
  readonly spans: HostSpan[] = [];
  /** What the GPU did; empty where the adapter has no timestamps. */
  readonly dispatches: TimedDispatch[] = [];
  /** What the adapter can do at best; null until an engine was closed. */
  peaks: Peaks | null = null;
  /** Dispatches that were too many to be timed. */
  untimed = 0;
  /** False where an adapter has no timestamps. */
  hasTimestamps = true;

  /** Watches a stream until `detach`. */
  async attach(stream: CommandStream, device: GPUDevice): Promise<void> {
    this.hasTimestamps = device.features.has("timestamp-query");
    if (!this.hasTimestamps) return;
    const { DispatchTimer } = await import("../../kernels/dispatch_timer.ts");
    stream.timer = new DispatchTimer(device);
  }

  /** Takes over what was timed, once all work is done, and measures what the adapter can do at best. */
  async detach(stream: CommandStream, device: GPUDevice): Promise<void> {
    const { timer } = stream;
    if (!timer) return;
    stream.timer = null;
    for (const dispatch of await timer.read()) this.dispatches.push(dispatch);
    this.untimed += timer.untimed;
    timer.destroy();
    const { measurePeaks } = await import("../device/peaks.ts");
    this.peaks ??= await measurePeaks(stream, device);
  }

  /** Begins something; call what it returns at its end. */
  begin(name: string): () => void {
    const start = performance.now();
    return () => void this.spans.push({ name, start, duration: performance.now() - start });
  }

  /** Does something and notes how long it took. */
  async span<T>(name: string, work: () => Promise<T>): Promise<T> {
    const end = this.begin(name);
    try {
      return await work();
    } finally {
      end();
    }
  }
}
