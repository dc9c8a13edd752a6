import { scoreClass } from "../../data/scores.ts";
import { absentFields } from "../../data/texts/text_layout.ts";
import type { Engine } from "../../engine/engine.ts";
import { embedding } from "../../engine/ops/embedding.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { FeatureTables, LabelledRows, Rows } from "../../data/pairs/feature_tables.ts";

/** Rows on the GPU, as a network sees them. */
export interface Batch {
  /** Embeddings of the metrics, [batch, metric width]. */
  readonly metric: Tensor;
  /** Embeddings of the texts, field after field, [batch, fields x text width]. */
  readonly text: Tensor;
  /** Fields that a row lacks, [batch, fields] (u32, 1 = absent); null where there is one field only. */
  readonly absent: Tensor | null;
  /** Row of each metric in `metrics`, [batch] (u32). */
  readonly metricIndex: Tensor;
  /** Embeddings of all metrics, [metrics, metric width]. */
  readonly metrics: Tensor;
  /** Lengths and the like of the texts, [batch, statistics]. */
  readonly statistics: Tensor;
}

/** Rows to learn from, on the GPU. */
export interface LabelledBatch extends Batch {
  /** Scores, with label noise where there is any, [batch]. */
  readonly score: Tensor;
  /** Classes floor(score + 0.5) of the scores without noise, [batch] (u32). */
  readonly scoreClass: Tensor;
  /** Sample weights, [batch]. */
  readonly weight: Tensor;
  /** Places in the batch of answers that were preferred to others, and of those, [pairs] (u32); null where none was compared. */
  readonly pairs: { readonly chosen: Tensor; readonly rejected: Tensor } | null;
}

/** Tables of embeddings on the GPU, from which batches are picked. */
export class BatchSource {
  readonly #engine: Engine;
  readonly #tables: FeatureTables;
  readonly #absent: Uint32Array | null;
  readonly #metrics: Tensor;
  readonly #statistics: Tensor;
  /** Null when the table is larger than what can be bound; batches are then put together by the host. */
  readonly #texts: Tensor | null;

  constructor(engine: Engine, tables: FeatureTables) {
    const { texts, metrics, statistics } = tables;
    this.#engine = engine;
    this.#tables = tables;
    this.#absent = texts.fields > 1 ? absentFields(texts) : null;
    const width = texts.fields * texts.dimension;
    this.#texts = texts.data.byteLength > engine.capabilities.maxBindingSize
      ? null
      : engine.tensor([texts.data.length / width, width], texts.data, "text embeddings");
    this.#metrics = engine.tensor(
      [metrics.data.length / metrics.dimension, metrics.dimension],
      metrics.data,
      "metric embeddings",
    );
    this.#statistics = engine.tensor(
      [statistics.data.length / statistics.dimension, statistics.dimension],
      statistics.data,
      "text statistics",
    );
  }

  /**
   * The rows with the given numbers. Tensors belong to the scope it is called in.
   *
   * @param streamed embeddings of texts that are not in the tables, [picked, fields x dimension]; of their statistics
   * nothing is known
   */
  batch(rows: Rows, picked: Uint32Array, streamed: Float32Array<ArrayBuffer> | null = null): Batch {
    const engine = this.#engine;
    const metricIndex = engine.indices([picked.length], picked.map((row) => rows.metric[row]!));
    const texts = picked.map((row) => streamed ? 0 : rows.text[row]!);
    return {
      metric: embedding({ weight: this.#metrics, index: metricIndex }),
      text: streamed ? this.#put(streamed) : this.#text(texts),
      absent: streamed ? this.#absentIn(streamed) : this.#absentOf(rows, picked),
      metricIndex,
      metrics: this.#metrics,
      statistics: embedding({ weight: this.#statistics, index: engine.indices([texts.length], texts) }),
    };
  }

  /**
   * The same with labels.
   *
   * @param options.noise added to the scores, one number a row
   * @param options.streamed see `batch`
   */
  labelled(
    rows: LabelledRows,
    picked: Uint32Array,
    { noise, streamed = null }: {
      readonly noise?: Float32Array | undefined;
      readonly streamed?: Float32Array<ArrayBuffer> | null;
    } = {},
  ): LabelledBatch {
    const engine = this.#engine, shape = [picked.length];
    const score = Float32Array.from(picked, (row) => rows.score[row]!);
    return {
      ...this.batch(rows, picked, streamed),
      score: engine.tensor(shape, noise ? score.map((value, i) => value + noise[i]!) : score),
      scoreClass: engine.indices(shape, Uint32Array.from(score, scoreClass)),
      weight: engine.tensor(shape, Float32Array.from(picked, (row) => rows.weight[row]!)),
      pairs: this.#pairs(rows, picked),
    };
  }

  #pairs({ preferredTo }: LabelledRows, picked: Uint32Array): LabelledBatch["pairs"] {
    if (!preferredTo) return null;
    const placeOf = new Map(Array.from(picked, (row, i) => [row, i]));
    const chosen = Array.from(picked.keys()).filter((i) => placeOf.has(preferredTo[picked[i]!]!));
    const indices = (places: number[]) => this.#engine.indices([places.length], Uint32Array.from(places));
    return {
      chosen: indices(chosen),
      rejected: indices(chosen.map((i) => placeOf.get(preferredTo[picked[i]!]!)!)),
    };
  }

  /** Frees the tables. */
  dispose(): void {
    this.#texts?.dispose();
    this.#metrics.dispose();
    this.#statistics.dispose();
  }

  #text(numbers: Uint32Array): Tensor {
    const engine = this.#engine;
    if (this.#texts) return embedding({ weight: this.#texts, index: engine.indices([numbers.length], numbers) });
    const { data, fields, dimension } = this.#tables.texts;
    const width = fields * dimension;
    const gathered = new Float32Array(numbers.length * width);
    numbers.forEach((text, row) => gathered.set(data.subarray(text * width, (text + 1) * width), row * width));
    return this.#put(gathered);
  }

  #put(gathered: Float32Array<ArrayBuffer>): Tensor {
    const { fields, dimension } = this.#tables.texts, width = fields * dimension;
    return this.#engine.tensor([gathered.length / width, width], gathered, "text embeddings");
  }

  #absentIn(data: Float32Array<ArrayBuffer>): Tensor | null {
    if (!this.#absent) return null;
    const { fields, dimension } = this.#tables.texts, absent = absentFields({ data, fields, dimension });
    return this.#engine.indices([absent.length / fields, fields], absent);
  }

  #absentOf(rows: Rows, picked: Uint32Array): Tensor | null {
    const absent = this.#absent;
    if (!absent) return null;
    const { fields } = this.#tables.texts;
    const shape = [picked.length, fields];
    return this.#engine.indices(
      shape,
      Uint32Array.from(
        { length: picked.length * fields },
        (_, i) => absent[rows.text[picked[Math.floor(i / fields)]!]! * fields + i % fields]!,
      ),
    );
  }
}
