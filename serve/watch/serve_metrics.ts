import { Counter, Gauge, Histogram, type MetricFamily } from "./prometheus.ts";

/** Numbers that are looked at when metrics are asked for. */
export interface Gauges {
  /** Requests that wait or are at work. */
  readonly requests: () => number;
  /** Records that wait or are at work. */
  readonly records: () => number;
  readonly ready: () => boolean;
}

/** What came of a request. */
export interface RequestSample {
  /** Its route; "unknown" for none. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** A step on the GPU. */
export interface StepSample {
  readonly run: string;
  readonly items: number;
  readonly tokens: number;
  readonly seconds: number;
}

/** What a service counts, in the text that Prometheus reads. */
export class ServeMetrics {
  readonly #requests = new Counter("metrograd_requests_total", "Requests by route and status.");
  readonly #seconds = new Histogram(
    "metrograd_request_seconds",
    "Time from a request's headers to its answer.",
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  );
  readonly #records = new Counter("metrograd_records_total", "Records and texts that were worked on, by run.");
  readonly #tokens = new Counter("metrograd_tokens_total", "About how many tokens they had, by run.");
  readonly #steps = new Histogram("metrograd_step_seconds", "Time of a step on the GPU.", [
    ...[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  ]);
  readonly #sizes = new Histogram("metrograd_step_records", "Records and texts in a step.", [
    ...[1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
  ]);
  readonly #losses = new Counter("metrograd_device_losses_total", "Times that the GPU was lost.");
  readonly #families: readonly MetricFamily[];

  constructor({ requests, records, ready }: Gauges) {
    const began = Date.now() / 1000;
    this.#families = [
      ...[this.#requests, this.#seconds, this.#records, this.#tokens, this.#steps, this.#sizes, this.#losses],
      new Gauge("metrograd_waiting_requests", "Requests that wait or are at work.", requests),
      new Gauge("metrograd_waiting_records", "Records and texts that wait or are at work.", records),
      new Gauge("metrograd_ready", "1 where requests are answered.", () => ready() ? 1 : 0),
      new Gauge("process_resident_memory_bytes", "Memory of the process.", () => Deno.memoryUsage().rss),
      new Gauge("process_start_time_seconds", "When the service began, in seconds since 1970.", () => began),
    ];
    this.#losses.add({}, 0);
  }

  request({ route, status, seconds }: RequestSample): void {
    this.#requests.add({ route, status: String(status) });
    this.#seconds.observe({ route }, seconds);
  }

  step({ run, items, tokens, seconds }: StepSample): void {
    this.#records.add({ run }, items);
    this.#tokens.add({ run }, tokens);
    this.#steps.observe({ run }, seconds);
    this.#sizes.observe({ run }, items);
  }

  loss(): void {
    this.#losses.add({});
  }

  /** All of it as text. @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
  text(): string {
    return this.#families.flatMap((family) => family.lines()).map((line) => `${line}\n`).join("");
  }
}
