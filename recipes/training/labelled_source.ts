import { scoreClass } from "../../data/scores.ts";
import type { LabelledRows } from "../../data/pairs/feature_tables.ts";
import type { Engine } from "../../engine/engine.ts";
import { add } from "../../engine/ops/arithmetic.ts";
import { indexSelect } from "../../engine/ops/gather.ts";
import type { IndexTensor, Tensor } from "../../engine/tensors/tensor.ts";
import type { BatchSource, LabelledBatch } from "./batch.ts";

/** What the host sends for a batch: which rows it has, and what is not on the GPU. */
export type SentBatch = {
  /** Numbers of the rows, [batch] (u32). */
  readonly rows: IndexTensor;
  /** Embeddings of the rows' texts, [batch, fields x text width]; absent where the GPU has those of all texts. */
  readonly texts?: Tensor;
  /** Fields that those texts lack, [batch, fields] (u32); absent where they are looked up. */
  readonly absent?: IndexTensor;
  /** What is added to the scores, [batch]; absent without label noise. */
  readonly noise?: Tensor;
  /** Places in the batch of answers that were preferred, [pairs] (u32); absent where none was compared. */
  readonly chosen?: IndexTensor;
  /** Places of those that they were preferred to, [pairs] (u32). */
  readonly rejected?: IndexTensor;
};

/**
 * Labelled rows on the GPU, from which batches are gathered there. A batch is sent by the host and gathered by a step: the
 * commands of all steps are the same, so that they can be recorded.
 */
export class LabelledSource {
  readonly #engine: Engine;
  readonly #source: BatchSource;
  readonly #rows: LabelledRows;
  readonly #columns: {
    readonly text: IndexTensor;
    readonly metric: IndexTensor;
    readonly score: Tensor;
    readonly scoreClass: IndexTensor;
    readonly weight: Tensor;
  };

  /**
   * Uploads the columns of the rows, 20 bytes a row.
   *
   * @param source the tables that the rows look up in; not owned
   * @param isStreamed true where the texts of rows are in no table: of their statistics nothing is known
   */
  constructor(engine: Engine, source: BatchSource, rows: LabelledRows, isStreamed = false) {
    this.#engine = engine;
    this.#source = source;
    this.#rows = rows;
    const shape = [rows.score.length];
    this.#columns = {
      text: engine.indices(shape, isStreamed ? new Uint32Array(rows.text.length) : rows.text, "texts of the rows"),
      metric: engine.indices(shape, rows.metric, "metrics of the rows"),
      score: engine.tensor(shape, rows.score, "scores"),
      scoreClass: engine.indices(shape, Uint32Array.from(rows.score, scoreClass), "classes of the scores"),
      weight: engine.tensor(shape, rows.weight, "weights of the rows"),
    };
  }

  /**
   * Sends the rows with the given numbers. Tensors belong to the scope it is called in, or to the caller.
   *
   * @param options.noise added to the scores, one number a row
   * @param options.streamed embeddings of their texts that are in no table, [batch, fields x text width]
   */
  send(
    picked: Uint32Array,
    { noise, streamed }: {
      readonly noise?: Float32Array | undefined;
      readonly streamed?: Float32Array<ArrayBuffer> | undefined;
    } = {},
  ): SentBatch {
    const engine = this.#engine;
    const texts = streamed ? undefined : this.#source.sendTexts(picked.map((row) => this.#rows.text[row]!));
    return {
      rows: engine.indices([picked.length], picked, "rows of the batch"),
      ...(texts && { texts }),
      ...(streamed && this.#source.sendStreamed(streamed)),
      ...(noise && { noise: engine.tensor([picked.length], noise, "label noise") }),
      ...this.#pairs(picked),
    };
  }

  /** The rows that were sent. Tensors belong to the scope it is called in. */
  batch({ rows: index, texts, absent, noise, chosen, rejected }: SentBatch): LabelledBatch {
    const columns = this.#columns, of = <Column extends Tensor>(x: Column) => indexSelect({ x, index }, { axis: 0 });
    const score = of(columns.score);
    return {
      ...this.#source.gather({ text: of(columns.text), metric: of(columns.metric), texts, absent }),
      score: noise ? add({ a: score, b: noise }) : score,
      scoreClass: of(columns.scoreClass),
      weight: of(columns.weight),
      pairs: chosen && rejected ? { chosen, rejected } : null,
    };
  }

  #pairs(picked: Uint32Array): Pick<SentBatch, "chosen" | "rejected"> {
    const { preferredTo } = this.#rows;
    if (!preferredTo) return {};
    const placeOf = new Map(Array.from(picked, (row, i) => [row, i]));
    const chosen = Array.from(picked.keys()).filter((i) => placeOf.has(preferredTo[picked[i]!]!));
    const indices = (places: number[]) => this.#engine.indices([places.length], places);
    return { chosen: indices(chosen), rejected: indices(chosen.map((i) => placeOf.get(preferredTo[picked[i]!]!)!)) };
  }

  /** Frees the columns. */
  dispose(): void {
    for (const column of Object.values(this.#columns)) column.dispose();
  }
}
