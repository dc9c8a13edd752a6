import type { TextBlocks } from "../../data/embeddings/text_blocks.ts";
import type { LabelledRows } from "../../data/pairs/feature_tables.ts";
import type { TextTable } from "../../data/texts/text_layout.ts";
import { batchesOf, type BatchRules, orderOf } from "./batches.ts";

/** Blocks in memory, whose rows are shuffled together. */
interface Window {
  readonly number: number;
  readonly tables: ReadonlyMap<number, TextTable>;
}

/**
 * Train rows whose embeddings stay on disk. An epoch takes the blocks in a random order, some at a time as a window, and
 * batches the rows of a window as if they were all there are. While one window is trained on, the next is read. The order is
 * that of seed and epoch, so that a run goes on from any batch to the same bits.
 */
export class StreamedRows {
  readonly #blocks: TextBlocks;
  readonly #rules: BatchRules;
  readonly #train: LabelledRows;
  /** Train rows of each block. */
  readonly #rowsOf: readonly Uint32Array[];
  #epoch = -1;
  #batches: readonly Uint32Array[] = [];
  /** Blocks of each window of the epoch, those without train rows left out. */
  #windows: readonly Uint32Array[] = [];
  /** The window of each block. */
  readonly #windowOf: Uint32Array;
  #current: Window | null = null;
  #next: { readonly number: number; readonly window: Promise<Window> } | null = null;
  #disposed = false;

  /** Nothing is read before the first batch. */
  constructor(blocks: TextBlocks, rules: BatchRules, train: LabelledRows) {
    this.#blocks = blocks;
    this.#rules = rules;
    this.#train = train;
    this.#rowsOf = rowsOfBlocks(blocks, train.text);
    this.#windowOf = new Uint32Array(blocks.count);
  }

  /** The rows of each batch of an epoch, counted from 0; the same whenever it is asked. From then on that epoch is read. */
  batches(epoch: number): readonly Uint32Array[] {
    if (epoch === this.#epoch) return this.#batches;
    const random = orderOf(this.#rules, epoch);
    this.#windows = windowsOf(random.permutation(this.#blocks.count), this.#blocks.sizes.windowBlocks)
      .map((blocks) => blocks.filter((block) => this.#rowsOf[block]!.length > 0))
      .filter((blocks) => blocks.length > 0);
    this.#windows.forEach((blocks, window) => blocks.forEach((block) => this.#windowOf[block] = window));
    this.#batches = this.#windows.flatMap((blocks) => {
      const rows = concatenated([...blocks].map((block) => this.#rowsOf[block]!));
      return batchesOf(this.#rules, rowsAt(this.#train, rows), random).map((batch) => batch.map((at) => rows[at]!));
    });
    [this.#epoch, this.#current, this.#next] = [epoch, null, null];
    return this.#batches;
  }

  /**
   * The embeddings of a batch of the epoch that `batches` was last asked for, [rows, fields x dimension].
   *
   * @throws DataError when a file is damaged or gone
   */
  async texts(picked: Uint32Array): Promise<Float32Array<ArrayBuffer>> {
    const blocks = this.#blocks, { text } = this.#train;
    const { tables } = await this.#window(this.#windowOf[blocks.blockOf(text[picked[0]!]!)]!);
    const { fields, dimension } = tables.values().next().value!, width = fields * dimension;
    const gathered = new Float32Array(picked.length * width);
    picked.forEach((row, i) => {
      const { data } = tables.get(blocks.blockOf(text[row]!))!, at = blocks.rowInBlock(text[row]!) * width;
      gathered.set(data.subarray(at, at + width), i * width);
    });
    return gathered;
  }

  async #window(number: number): Promise<Window> {
    if (this.#current?.number === number) return this.#current;
    // What was trained on makes room for what is read next.
    this.#current = null;
    const window = await (this.#next?.number === number ? this.#next.window : this.#read(number));
    this.#current = window;
    this.#next = null;
    if (number + 1 < this.#windows.length) {
      this.#next = { number: number + 1, window: this.#read(number + 1) };
      // Told of once its rows are asked for.
      this.#next.window.catch(() => {});
    }
    return window;
  }

  async #read(number: number): Promise<Window> {
    const tables = new Map<number, TextTable>();
    for (const block of this.#windows[number]!) {
      if (this.#disposed) break;
      tables.set(block, await this.#blocks.read(block));
    }
    return { number, tables };
  }

  /** Stops reading. */
  dispose(): void {
    this.#disposed = true;
    this.#current = this.#next = null;
  }
}

/** The train rows of each block, in their order. */
function rowsOfBlocks(blocks: TextBlocks, text: Uint32Array): Uint32Array[] {
  const counts = new Uint32Array(blocks.count);
  text.forEach((one) => counts[blocks.blockOf(one)]!++);
  const rows = Array.from(counts, (count) => new Uint32Array(count)), filled = new Uint32Array(blocks.count);
  text.forEach((one, row) => {
    const block = blocks.blockOf(one);
    rows[block]![filled[block]!++] = row;
  });
  return rows;
}

/** Blocks in windows of about as many each, none smaller than half of what is asked for. */
function windowsOf(order: Uint32Array, windowBlocks: number): Uint32Array[] {
  const count = Math.ceil(order.length / windowBlocks);
  const start = (window: number) => Math.floor(window * order.length / count);
  return Array.from({ length: count }, (_, window) => order.subarray(start(window), start(window + 1)));
}

function concatenated(parts: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Some of the rows. */
function rowsAt({ text, metric, score, weight }: LabelledRows, rows: Uint32Array): LabelledRows {
  return {
    text: rows.map((row) => text[row]!),
    metric: rows.map((row) => metric[row]!),
    score: Float32Array.from(rows, (row) => score[row]!),
    weight: Float32Array.from(rows, (row) => weight[row]!),
  };
}
