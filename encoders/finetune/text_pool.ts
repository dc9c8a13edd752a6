import type { MetricRecord } from "../../data/records.ts";
import { type TextField, textOf } from "../../data/texts/text_layout.ts";
import { DataError } from "../../kernels/errors.ts";
import { Philox } from "../../kernels/philox.ts";

/** Share of the texts that are kept for measuring, and the most and the fewest of them. */
const heldOut = { share: 0.1, most: 256, fewest: 10 } as const;
const heldOutStream = 0x20f10000;

/** A text that fits a metric. */
export interface Fit {
  /** The text. */
  readonly text: string;
  /** Name of the metric. */
  readonly metric: string;
}

/** What a pool is made of. */
export interface PoolOptions {
  /** Which text of each record. */
  readonly field: TextField;
  /** Score from which a text counts as fitting its metric. */
  readonly highScore: number;
  /** What metrics mean, by name; null where that is not given. */
  readonly definitions: ReadonlyMap<string, string> | null;
  /** Decides which texts are held out. */
  readonly seed: number;
}

/**
 * The different texts of some records, and which metrics they are known to fit: those under which they have high scores.
 * A tenth of the texts is held out for measuring, where that gives at least ten.
 */
export class TextPool {
  /** Texts to train on, in the order of the records. */
  readonly train: readonly string[];
  /** Texts to measure on; those of training where there are too few to hold any out. */
  readonly measured: readonly string[];
  /** Text of each metric that has one, by name. */
  readonly definitions: ReadonlyMap<string, string>;
  readonly #fits = new Map<string, Set<string>>();
  readonly #metrics = new Map<string, Set<string>>();

  /** Gathers the texts. @throws DataError when there are fewer than two different ones */
  constructor(records: readonly MetricRecord[], { field, highScore, definitions, seed }: PoolOptions) {
    const texts = new Set<string>();
    for (const record of records) {
      const text = textOf(record, field).trim();
      if (text === "") continue;
      texts.add(text);
      if (record.score === null || record.score < highScore) continue;
      addTo(this.#fits, record.metric, text);
      addTo(this.#metrics, text, record.metric);
    }
    if (texts.size < 2) {
      const found = texts.size === 0 ? "no text" : "one text alone", of = field === "text" ? "" : ` of ${field}`;
      throw new DataError(`The data hold ${found}${of}; at least two different ones are expected.`);
    }
    this.definitions = definitions ?? new Map();
    const all = [...texts], count = Math.min(heldOut.most, Math.floor(heldOut.share * all.length));
    const order = new Philox(seed, heldOutStream).permutation(all.length);
    const chosen = new Set(count < heldOut.fewest ? [] : order.slice(0, count));
    this.train = all.filter((_, i) => !chosen.has(i));
    this.measured = chosen.size > 0 ? all.filter((_, i) => chosen.has(i)) : this.train.slice(0, heldOut.most);
  }

  /** False where there are too few texts to hold any out. */
  get holdsOut(): boolean {
    return this.train !== this.measured && !this.train.includes(this.measured[0]!);
  }

  /** True when a text is known to fit a metric. */
  fits(text: string, metric: string): boolean {
    return this.#fits.get(metric)?.has(text) ?? false;
  }

  /** Which metrics some of the texts are known to fit, in the order of the texts. */
  fitsOf(texts: readonly string[]): Fit[] {
    return texts.flatMap((text) => [...this.#metrics.get(text) ?? []].map((metric) => ({ text, metric })));
  }
}

function addTo(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key);
  if (set) set.add(value);
  else sets.set(key, new Set([value]));
}
