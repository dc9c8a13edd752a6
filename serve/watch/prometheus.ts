/** Labels of a sample: `{run="a"}`. */
export type Labels = Readonly<Record<string, string>>;

/** A family of samples in the text that Prometheus reads. */
export interface MetricFamily {
  /** Its lines, with the two that say what it is. */
  lines(): string[];
}

const keyOf = (labels: Labels) =>
  Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (sign) => escapes[sign]!)}"`)
    .join();

const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", '"': '\\"', "\n": "\\n" };

const sample = (name: string, key: string, value: number) => `${name}${key === "" ? "" : `{${key}}`} ${value}`;

const heading = (name: string, help: string, type: string) => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];

/** A number that only grows, by labels. */
export class Counter implements MetricFamily {
  readonly #values = new Map<string, number>();

  constructor(readonly name: string, readonly help: string) {}

  add(labels: Labels, by = 1): void {
    const key = keyOf(labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + by);
  }

  lines(): string[] {
    return [
      ...heading(this.name, this.help, "counter"),
      ...[...this.#values].map(([key, value]) => sample(this.name, key, value)),
    ];
  }
}

/** A number that is looked at when it is asked for. */
export class Gauge implements MetricFamily {
  constructor(readonly name: string, readonly help: string, readonly value: () => number) {}

  lines(): string[] {
    return [...heading(this.name, this.help, "gauge"), sample(this.name, "", this.value())];
  }
}

/** How often values were at most as large as some bounds, by labels. */
export class Histogram implements MetricFamily {
  readonly #rows = new Map<string, { readonly counts: number[]; sum: number; count: number }>();

  constructor(readonly name: string, readonly help: string, readonly bounds: readonly number[]) {}

  observe(labels: Labels, value: number): void {
    const key = keyOf(labels), row = this.#rows.get(key) ?? { counts: this.bounds.map(() => 0), sum: 0, count: 0 };
    this.bounds.forEach((bound, i) => value <= bound && row.counts[i]!++);
    row.sum += value;
    row.count++;
    this.#rows.set(key, row);
  }

  lines(): string[] {
    const lines = [...this.#rows].flatMap(([key, { counts, sum, count }]) => {
      const within = (bound: string) => [key, `le="${bound}"`].filter((part) => part !== "").join();
      return [
        ...this.bounds.map((bound, i) => sample(`${this.name}_bucket`, within(String(bound)), counts[i]!)),
        sample(`${this.name}_bucket`, within("+Inf"), count),
        sample(`${this.name}_sum`, key, sum),
        sample(`${this.name}_count`, key, count),
      ];
    });
    return [...heading(this.name, this.help, "histogram"), ...lines];
  }
}
