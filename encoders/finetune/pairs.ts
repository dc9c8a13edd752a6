import { DataError, UsageError } from "../../kernels/errors.ts";
import { Philox } from "../../kernels/philox.ts";
import { type PairKind, pairKinds, type TuningSettings } from "./settings.ts";
import type { Fit, TextPool } from "./text_pool.ts";

/** Two texts that should be near to each other, and one that should not. */
export interface Pair {
  /** The text. */
  readonly anchor: string;
  /** What it should be near to. */
  readonly positive: string;
  /** What it should be far from; null where nothing of that kind is known. */
  readonly negative: string | null;
  /** True for a text that is no negative of the anchor, if it comes up as one. */
  readonly fits: (candidate: string) => boolean;
}

/** Pairs of one kind for a step. */
export interface PairBatch {
  /** What makes its texts pairs. */
  readonly kind: PairKind;
  /** At least two. */
  readonly pairs: readonly Pair[];
}

const pairStream = 0x20f20000;
/** Draws of a negative before a pair goes without one. */
const tries = 32;

/**
 * Makes pairs of the texts of a pool, drawn anew for each epoch:
 *
 * - texts: each text with itself; dropout makes two views of it (SimCSE). Its negative is any other text.
 * - metrics: two texts that fit the same metric. The negative is a text that is known under another metric only.
 * - definitions: a text and the definition of a metric that it fits. The negative is the definition of another metric.
 *
 * @see Gao, Yao, Chen, "SimCSE: simple contrastive learning of sentence embeddings" (2021)
 */
export class PairSource {
  readonly #pool: TextPool;
  readonly #settings: Pick<TuningSettings, "batch" | "seed">;
  /** Texts that fit each metric. */
  readonly #byMetric: ReadonlyMap<string, readonly string[]>;
  readonly #fits: readonly Fit[];
  /** The kinds that there are. */
  readonly kinds: readonly PairKind[];

  /** @throws UsageError or DataError when the data give no pairs of the kind that is asked for */
  constructor(pool: TextPool, settings: Pick<TuningSettings, "batch" | "seed" | "pairs">) {
    this.#pool = pool;
    this.#settings = settings;
    this.#fits = pool.fitsOf(pool.train);
    this.#byMetric = new Map(
      Object.entries(Object.groupBy(this.#fits, ({ metric }) => metric)).map((
        [metric, fits],
      ) => [metric, fits!.map(({ text }) => text)]),
    );
    const { pairs } = settings;
    if (pairs === "definitions" && pool.definitions.size === 0) {
      throw new UsageError(
        "Pairs of texts and definitions are asked for; --metric-definitions is expected beside them.",
      );
    }
    this.kinds = (pairs === "auto" ? pairKinds : [pairs]).filter((kind) => this.count(kind) >= 2);
    if (this.kinds.length === 0) {
      throw new DataError(
        `The data give no pairs of ${pairs}: texts with high scores are expected, two of them under one metric or under one that is defined.`,
      );
    }
  }

  /** Pairs of a kind in an epoch. */
  count(kind: PairKind): number {
    return kind === "texts" ? this.#pool.train.length : this.#fitsFor(kind).length;
  }

  /** The batches of an epoch, in random order; each is of one kind. */
  batches(epoch: number): PairBatch[] {
    const { batch: size, seed } = this.#settings, random = new Philox(seed, pairStream + epoch);
    const batches = this.kinds.flatMap((kind) => {
      const pairs = this.#pairs(kind, random);
      const order = [...random.permutation(pairs.length)].map((i) => pairs[i]!);
      const starts = Array.from({ length: Math.ceil(order.length / size) }, (_, i) => i * size);
      // A pair alone has nothing to be told from.
      return starts.filter((from) => order.length - from >= 2).map((from) => ({
        kind,
        pairs: order.slice(from, from + size),
      }));
    });
    return [...random.permutation(batches.length)].map((i) => batches[i]!);
  }

  #fitsFor(kind: PairKind): readonly Fit[] {
    const { definitions } = this.#pool;
    return this.#fits.filter(({ metric }) =>
      kind === "definitions" ? definitions.has(metric) : this.#byMetric.get(metric)!.length > 1
    );
  }

  #pairs(kind: PairKind, random: Philox): Pair[] {
    const pool = this.#pool, { train } = pool;
    const draw = (from: readonly string[], accept: (text: string) => boolean) => {
      for (let i = 0; i < tries; i++) {
        const text = from[random.integer(from.length)]!;
        if (accept(text)) return text;
      }
      return null;
    };
    switch (kind) {
      case "texts":
        return train.map((text) => {
          const fits = (candidate: string) => candidate === text;
          return { anchor: text, positive: text, negative: draw(train, (other) => !fits(other)), fits };
        });
      case "metrics": {
        const known = this.#fits.map(({ text }) => text);
        return this.#fitsFor(kind).map(({ text, metric }) => {
          const fits = (candidate: string) => candidate === text || pool.fits(candidate, metric);
          const same = this.#byMetric.get(metric)!;
          const positive = draw(same, (other) => other !== text) ?? same.find((other) => other !== text)!;
          return { anchor: text, positive, negative: draw(known, (other) => !fits(other)), fits };
        });
      }
      case "definitions": {
        const names = [...pool.definitions.keys()], byText = new Map<string, string[]>();
        for (const [name, text] of pool.definitions) byText.set(text, [...byText.get(text) ?? [], name]);
        return this.#fitsFor(kind).map(({ text, metric }) => {
          const positive = pool.definitions.get(metric)!;
          const fits = (candidate: string) =>
            candidate === positive || (byText.get(candidate) ?? []).some((name) => pool.fits(text, name));
          const negative = draw(names, (name) => !fits(pool.definitions.get(name)!));
          return { anchor: text, positive, negative: negative && pool.definitions.get(negative)!, fits };
        });
      }
    }
  }
}
