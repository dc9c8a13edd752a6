import { absentFields } from "../../data/texts/text_layout.ts";
import { deviceMemory } from "../../engine/device/memory.ts";
import type { Engine } from "../../engine/engine.ts";
import { embedding } from "../../engine/ops/embedding.ts";
import { indexSelect } from "../../engine/ops/gather.ts";
import type { IndexTensor, Tensor } from "../../engine/tensors/tensor.ts";
import type { FeatureTables, Rows } from "../../data/pairs/feature_tables.ts";

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

/** Where the rows of a batch stand in the tables. */
export interface TableRows {
  /** Numbers of their texts, [batch] (u32). */
  readonly text: Tensor;
  /** Numbers of their metrics, [batch] (u32). */
  readonly metric: Tensor;
  /** Their embeddings, where they are not looked up. */
  readonly texts?: Tensor | undefined;
  /** Fields that they lack, where they are in no table, [batch, fields] (u32). */
  readonly absent?: Tensor | undefined;
}

/** Share of the memory that is free which a table of texts takes on the GPU at most. */
const mostOfFree = 0.5;

/** Tables of embeddings on the GPU, from which batches are picked. */
export class BatchSource {
  readonly #engine: Engine;
  readonly #tables: FeatureTables;
  /** Fields that texts lack, [texts, fields] (u32); null where there is one field only. */
  readonly #absent: IndexTensor | null;
  readonly #metrics: Tensor;
  readonly #statistics: Tensor;
  /** Null when the table takes too much of the GPU's memory; batches are then put together by the host. */
  readonly #texts: Tensor | null;

  constructor(engine: Engine, tables: FeatureTables) {
    const { texts, metrics, statistics } = tables;
    this.#engine = engine;
    this.#tables = tables;
    const width = texts.fields * texts.dimension, count = texts.data.length / width;
    this.#absent = texts.fields > 1
      ? engine.indices([count, texts.fields], absentFields(texts), "absent fields")
      : null;
    this.#texts = fitsOnGpu(engine, texts.data.byteLength)
      ? engine.tensor([count, width], texts.data, "text embeddings")
      : null;
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

  /** The rows with the given numbers. Tensors belong to the scope it is called in. */
  batch(rows: Rows, picked: Uint32Array): Batch {
    const shape = [picked.length], text = picked.map((row) => rows.text[row]!);
    return this.gather({
      text: this.#engine.indices(shape, text),
      metric: this.#engine.indices(shape, picked.map((row) => rows.metric[row]!)),
      texts: this.sendTexts(text),
    });
  }

  /** Embeddings of texts from the host, [batch, fields x text width]; undefined where the GPU has those of all texts. */
  sendTexts(numbers: Uint32Array): Tensor | undefined {
    if (this.#texts) return undefined;
    const { data, fields, dimension } = this.#tables.texts;
    const width = fields * dimension;
    const gathered = new Float32Array(numbers.length * width);
    numbers.forEach((text, row) => gathered.set(data.subarray(text * width, (text + 1) * width), row * width));
    return this.#engine.tensor([numbers.length, width], gathered, "text embeddings");
  }

  /** Texts that are in no table: their embeddings, [batch, fields x text width], and what fields they lack. */
  sendStreamed(data: Float32Array<ArrayBuffer>): { readonly texts: Tensor; readonly absent?: IndexTensor } {
    const { fields, dimension } = this.#tables.texts, rows = data.length / (fields * dimension);
    const texts = this.#engine.tensor([rows, fields * dimension], data, "text embeddings");
    if (fields === 1) return { texts };
    return { texts, absent: this.#engine.indices([rows, fields], absentFields({ data, fields, dimension })) };
  }

  /** The rows that stand at given places of the tables: work for the GPU alone. Tensors belong to the scope it is called in. */
  gather({ text, metric, texts, absent }: TableRows): Batch {
    return {
      metric: embedding({ weight: this.#metrics, index: metric }),
      text: texts ?? embedding({ weight: this.#texts!, index: text }),
      absent: absent ?? (this.#absent && indexSelect({ x: this.#absent, index: text }, { axis: 0 })),
      metricIndex: metric,
      metrics: this.#metrics,
      statistics: embedding({ weight: this.#statistics, index: text }),
    };
  }

  /** Frees the tables. */
  dispose(): void {
    this.#texts?.dispose();
    this.#absent?.dispose();
    this.#metrics.dispose();
    this.#statistics.dispose();
  }
}

/** Whether a table can be bound and leaves the machine memory for other things, as far as that is known. */
function fitsOnGpu({ capabilities, opened }: Engine, bytes: number): boolean {
  const memory = deviceMemory(opened.adapter);
  return bytes <= capabilities.maxBindingSize && (!memory || bytes <= mostOfFree * memory.free);
}
