import { backward } from "../../engine/autograd.ts";
import type { Engine } from "../../engine/engine.ts";
import type { GradScaler } from "../../engine/optim/grad_scaler.ts";
import { concat } from "../../engine/ops/concat.ts";
import { embedding } from "../../engine/ops/embedding.ts";
import { slice } from "../../engine/ops/slice.ts";
import { Parameter } from "../../engine/tensors/parameter.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { PickRows } from "./losses.ts";

/** A batch that is encoded in chunks. */
export interface ChunkedBatch {
  /** Numbers of each chunk's rows. */
  readonly chunks: readonly (readonly number[])[];
  /** Encodes rows, [rows, width], on the tape unless that is off. */
  forward(rows: readonly number[]): Tensor;
  /** The loss of all rows. */
  loss(pick: PickRows): Tensor;
  /** Step of the random source for the first chunk; each chunk has its own. */
  readonly firstDraw: number;
  /** Scales the loss; null for none. */
  readonly scaler?: GradScaler | null;
  /** Encodes the chunks in mixed precision; where there is a scaler, by default. */
  readonly mixed?: boolean;
  /**
   * False to keep all chunks on the tape at once; true to keep one, by encoding each twice; true by default where there are
   * several.
   */
  readonly cached?: boolean;
}

/**
 * Adds the gradients of a batch's loss to the parameters, with the tape of one chunk in memory at a time: all chunks are
 * encoded without a tape, the gradient of the loss for their rows is taken, and each chunk is encoded once more, with a
 * tape and with the same random numbers, to send its part of that gradient back. The loss itself is f32 in any case.
 *
 * @returns the loss, which the caller disposes of
 * @see Gao, Zhang, Han, Callan, "Scaling deep contrastive learning batch size under memory limited setup" (2021)
 */
export async function chunkedBackward(engine: Engine, batch: ChunkedBatch): Promise<Tensor> {
  const { chunks, cached = chunks.length > 1, scaler = null, mixed = scaler !== null } = batch;
  const encode = (chunk: number) => {
    engine.random.step = batch.firstDraw + chunk - 1;
    engine.random.nextStep();
    const forward = () => batch.forward(chunks[chunk]!);
    return mixed ? engine.autocast(forward) : forward();
  };
  const place: number[] = [];
  chunks.flat().forEach((row, i) => place[row] = i);
  const pickFrom = (rows: Tensor): PickRows => (picked) =>
    embedding({ weight: rows, index: engine.indices([picked.length], picked.map((row) => place[row]!), "rows") });
  const numbers = chunks.map((_, i) => i);
  if (!cached) {
    return await engine.step(() => {
      const rows = concat(numbers.map(encode), { axis: 0 });
      const loss = batch.loss(pickFrom(rows));
      backward(loss, scaler?.upstream(loss));
      return loss;
    });
  }
  const encoded: Tensor[] = [];
  for (const chunk of numbers) encoded.push(await engine.step(() => engine.noGrad(() => encode(chunk))));
  const { loss, gradients } = await engine.step(() => {
    const joined = concat(encoded, { axis: 0 });
    const rows = new Parameter(engine, joined.shape, joined.storage.share(), "rows");
    const loss = batch.loss(pickFrom(rows));
    backward(loss, scaler?.upstream(loss));
    let end = 0;
    const gradients = encoded.map(({ shape }) =>
      slice({ x: rows.grad }, { axis: 0, start: end, end: end += shape[0]! })
    );
    rows.dispose();
    return { loss, gradients };
  });
  for (const one of encoded) one.dispose();
  for (const chunk of numbers) {
    await engine.step(() => backward(encode(chunk), gradients[chunk]!));
    gradients[chunk]!.dispose();
  }
  return loss;
}
