import { backward } from "../../engine/autograd.ts";
import type { CapturedStep } from "../../engine/captured_step.ts";
import type { Engine } from "../../engine/engine.ts";
import type { GradScaler } from "../../engine/optim/grad_scaler.ts";
import { concat } from "../../engine/ops/concat.ts";
import { embedding } from "../../engine/ops/embedding.ts";
import { slice } from "../../engine/ops/slice.ts";
import { Parameter } from "../../engine/tensors/parameter.ts";
import { type Tensor, tensorsIn } from "../../engine/tensors/tensor.ts";
import type { PickRows } from "./losses.ts";

/** How chunks are encoded. */
export interface ChunkOptions {
  /** Encodes them in mixed precision; false by default. */
  readonly mixed?: boolean;
  /** Called with the reason why a chunk is not recorded, once for each reason. */
  readonly onFallback?: (reason: string) => void;
}

/** A batch that is encoded in chunks. */
export interface ChunkedBatch<Sent> {
  /** Numbers of each chunk's rows. */
  readonly chunks: readonly (readonly number[])[];
  /** Puts rows on the GPU. */
  send(rows: readonly number[]): Sent;
  /** The loss of all rows. */
  loss(pick: PickRows): Tensor;
  /** Step of the random source for the first chunk; each chunk has its own. */
  readonly firstDraw: number;
  /** Scales the loss; null for none. */
  readonly scaler?: GradScaler | null;
  /**
   * False to keep all chunks on the tape at once; true to keep one, by encoding each twice; true by default where there are
   * several.
   */
  readonly cached?: boolean;
}

/** Gradients of a chunk's rows, by what becomes of those of the parameters: they are the first, or are added. */
type Upstream = { readonly first?: Tensor; readonly added?: Tensor };

/**
 * Shapes of chunks that are kept, with a tape and without one. Texts of up to 128 tokens come in 100 to 250 shapes, of which
 * few make up most of the chunks. All compute in the same memory; of its own each has about 1.5 MB on the host.
 */
const mostShapes = 256;

/**
 * Adds the gradients of a batch's loss to the parameters, with the tape of one chunk in memory at a time: all chunks are
 * encoded without a tape, the gradient of the loss for their rows is taken, and each chunk is encoded once more, with a
 * tape and with the same random numbers, to send its part of that gradient back. The loss itself is f32 in any case.
 *
 * Chunks of a shape that comes again are recorded. A batch whose chunks are all on one tape is not: hardly any two have the
 * same shapes.
 *
 * @typeParam Sent what the GPU needs of a chunk, by name
 * @see Gao, Zhang, Han, Callan, "Scaling deep contrastive learning batch size under memory limited setup" (2021)
 */
export class ChunkedBackward<Sent extends Readonly<Record<string, Tensor>>> implements Disposable {
  readonly #engine: Engine;
  readonly #encode: (sent: Sent) => Tensor;
  readonly #step: CapturedStep<Sent & Upstream, readonly Tensor[]>;
  readonly #onFallback: (reason: string) => void;
  #wasOnOneTape = false;

  /** @param forward encodes a chunk, [rows, width], on the tape unless that is off */
  constructor(
    engine: Engine,
    forward: (sent: Sent) => Tensor,
    { mixed = false, onFallback = () => {} }: ChunkOptions = {},
  ) {
    this.#engine = engine;
    this.#onFallback = onFallback;
    this.#encode = (sent) => mixed ? engine.autocast(() => forward(sent)) : forward(sent);
    this.#step = engine.capture(
      (sent) => {
        const upstream = sent.first ?? sent.added;
        if (!upstream) return [engine.noGrad(() => this.#encode(sent))];
        backward(this.#encode(sent), upstream);
        return [];
      },
      { shapes: mostShapes, onFallback },
    );
  }

  /** Adds the gradients of a batch; its loss, which the caller disposes of. */
  async run(batch: ChunkedBatch<Sent>): Promise<Tensor> {
    const { chunks, cached = chunks.length > 1, scaler = null } = batch;
    const place: number[] = [];
    chunks.flat().forEach((row, i) => place[row] = i);
    const lossOf = (rows: Tensor) => {
      const loss = batch.loss((picked) =>
        embedding({
          weight: rows,
          index: this.#engine.indices([picked.length], picked.map((row) => place[row]!), "rows"),
        })
      );
      backward(loss, scaler?.upstream(loss));
      return loss;
    };
    return cached ? await this.#runCached(batch, lossOf) : await this.#runOnOneTape(batch, lossOf);
  }

  async #runOnOneTape({ chunks, send, firstDraw }: ChunkedBatch<Sent>, lossOf: (rows: Tensor) => Tensor) {
    const { random } = this.#engine;
    if (!this.#wasOnOneTape) this.#onFallback("a batch fits on one tape as a whole");
    this.#wasOnOneTape = true;
    return await this.#engine.step(() => {
      const encoded = chunks.map((rows, chunk) => {
        random.step = firstDraw + chunk - 1;
        random.nextStep();
        return this.#encode(send(rows));
      });
      return lossOf(concat(encoded, { axis: 0 }));
    });
  }

  async #runCached(batch: ChunkedBatch<Sent>, lossOf: (rows: Tensor) => Tensor) {
    const engine = this.#engine, { chunks } = batch, encoded: Tensor[] = [];
    for (const chunk of chunks.keys()) encoded.push(...await this.#runChunk(batch, chunk, {}));
    const { loss, gradients } = await engine.step(() => {
      const joined = concat(encoded, { axis: 0 });
      const rows = new Parameter(engine, joined.shape, joined.storage.share(), "rows"), loss = lossOf(rows);
      let end = 0;
      const gradients = encoded.map(({ shape }) =>
        slice({ x: rows.grad }, { axis: 0, start: end, end: end += shape[0]! })
      );
      rows.dispose();
      return { loss, gradients };
    });
    for (const one of encoded) one.dispose();
    for (const [chunk, gradient] of gradients.entries()) {
      await this.#runChunk(batch, chunk, chunk === 0 ? { first: gradient } : { added: gradient });
      gradient.dispose();
    }
    return loss;
  }

  /** Encodes a chunk, and sends a gradient back where there is one. */
  async #runChunk({ chunks, send, firstDraw }: ChunkedBatch<Sent>, chunk: number, upstream: Upstream) {
    const sent = send(chunks[chunk]!);
    // The step is the next one.
    this.#engine.random.step = firstDraw + chunk - 1;
    try {
      return await this.#step.run({ ...sent, ...upstream });
    } finally {
      for (const tensor of tensorsIn(sent)) tensor.dispose();
    }
  }

  /** Frees the recordings. */
  dispose(): void {
    this.#step.dispose();
  }

  /** Frees the recordings. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
