import { basename, resolve } from "node:path";
import { EmbeddingRows } from "../data/embeddings/embedding_rows.ts";
import { nameData } from "../data/files/data_paths.ts";
import { readMetricDefinitions } from "../data/metrics/metric_definitions.ts";
import { MetricTable } from "../data/metrics/metric_table.ts";
import type { NoteTaker } from "../data/note_taker.ts";
import type { Observer } from "../data/observer.ts";
import type { Reading } from "../data/reading.ts";
import { readRecordBlocks, type RecordBlock, type Shard } from "../data/record_blocks.ts";
import { RecordSurvey } from "../data/texts/missing_texts.ts";
import { readTrainedMetrics } from "../runs/read_metrics.ts";
import type { ScoreOptions } from "../scoring/model_scorer.ts";
import { columnValues, expectColumns } from "./options/submission_columns.ts";
import { describeUnseenMetrics, type ScoreCall, unknownDefinitions } from "./score_with.ts";

/** What is to be scored, and what is wanted of it. */
export interface StreamCall extends Omit<ScoreCall, "reading" | "definitions"> {
  readonly reading?: Reading | undefined;
  /** Columns that are taken over from the records. */
  readonly columns: readonly string[];
  /** The part of the records that is scored; null for all. */
  readonly shard: Shard | null;
  /** Records that are scored at once. */
  readonly blockSize: number;
  /** Takes fields that are no text as the text of their value. */
  readonly fixTexts: boolean;
}

/** Records that are scored block by block, and what is needed to score them. */
export class RecordStream implements Disposable {
  readonly #survey = new RecordSurvey();
  readonly #unseen = new Set<string>();
  #unseenCount = 0;
  /** How many records there are; those of other shards are not counted. */
  count = 0;
  /** How many records there were before the damage of a damaged file; null where none was found. */
  undamaged: number | null = null;

  private constructor(
    readonly call: StreamCall,
    readonly source: string,
    readonly trained: ReadonlySet<string>,
    readonly metrics: MetricTable | null,
    readonly definitions: ReadonlyMap<string, string> | null,
    readonly embeddings: EmbeddingRows | null,
    readonly onNote: NoteTaker,
  ) {}

  /** Opens what is beside the records. @throws DataError naming the file that is not as expected */
  static async open(call: StreamCall, onNote: NoteTaker): Promise<RecordStream> {
    const { run, data, metrics: files, embeddings } = call;
    return new RecordStream(
      call,
      nameData(data),
      await readTrainedMetrics(run),
      files?.names ? await MetricTable.read(files.names, files.embeddings, { onNote }) : null,
      files?.definitions ? await readMetricDefinitions(files.definitions, onNote) : null,
      embeddings === null ? null : await EmbeddingRows.open(embeddings, onNote),
      onNote,
    );
  }

  /**
   * The records. That a field is in none of them is found in the first block.
   *
   * @throws DataError as `readRecordBlocks` does, and when there are not as many embeddings; UsageError for such a field
   */
  async *blocks(onBytes: (read: number, of: number | null) => void): AsyncGenerator<RecordBlock> {
    const { call: { data, reading, columns, shard, blockSize, fixTexts }, source, embeddings, onNote } = this;
    const onDamage = (before: number) => this.undamaged = before;
    const options = { reading, shard, blockSize, fixTexts, onNote, onBytes, onDamage };
    let last = -1;
    for await (const block of readRecordBlocks(data, options)) {
      if (this.count === 0) expectColumns(columns, block.records);
      this.count += block.records.length;
      last = block.numbers.at(-1)!;
      this.#survey.add(block.records, block.numbers);
      for (const { metric } of block.records) {
        if (this.trained.has(metric)) continue;
        this.#unseen.add(metric);
        this.#unseenCount++;
      }
      yield block;
    }
    // Those of other shards are not counted, and those after a damage may have embeddings.
    if (!shard && !reading?.recover) embeddings?.expectRows(last + 1, `${basename(source)} has ${last + 1} records`);
  }

  /** Options by which a block is scored. */
  async scoreOptions({ numbers, definitions: found }: RecordBlock, observer: Observer): Promise<ScoreOptions> {
    const { call: { run, metrics: files, embeddings, encoder }, source, onNote, definitions } = this;
    return {
      ...{ source, embeddings, encoder, numbers, observer, onNote },
      embeddingRows: this.embeddings,
      metrics: this.metrics,
      definitions: definitions ?? (files || found.size === 0 ? null : await unknownDefinitions(run, found, onNote)),
    };
  }

  /** What is taken over from the records of a block, [columns][records]. */
  columns({ records }: RecordBlock): unknown[][] {
    return columnValues(this.call.columns, records, records.map(({ metric }) => !this.trained.has(metric)));
  }

  /** Sentences about the records that were read. */
  describe(): { readonly texts: readonly string[]; readonly unseen: string | null } {
    return {
      texts: this.#survey.describe(this.source, "scored by the metric alone"),
      unseen: describeUnseenMetrics(this.#unseen, this.#unseenCount, this.count),
    };
  }

  /** All that scores depend on besides the records: files are told by their size and when they were written. */
  async about(models: readonly string[], withClasses: boolean): Promise<object> {
    const { run, metrics, encoder, reading, columns, shard, blockSize, embeddings, weights } = this.call;
    const files = [
      ...models,
      ...weights ? [weights] : [],
      ...this.embeddings?.files.map(({ path }) => path) ?? [],
      ...[metrics?.names, metrics?.embeddings, metrics?.definitions].filter((path) => typeof path === "string"),
    ];
    return {
      format: "metrograd scored blocks 1",
      run: resolve(run),
      files: await Promise.all(files.map(stamp)),
      ...{ encoder, embeddings, reading: reading ?? null, columns, shard, blockSize, withClasses },
    };
  }

  /** Closes the embeddings. */
  [Symbol.dispose](): void {
    this.embeddings?.[Symbol.dispose]();
  }
}

async function stamp(path: string): Promise<readonly [path: string, size: number, written: number]> {
  const { size, mtime } = await Deno.stat(path);
  return [resolve(path), size, mtime?.getTime() ?? 0];
}
