import type { Linear } from "../../engine/nn/linear.ts";
import { Module } from "../../engine/nn/module.ts";
import type { Tensor, TensorEngine } from "../../engine/tensors/tensor.ts";
import type { EncoderSizes } from "./encoder_sizes.ts";
import { type TokenBatch, tokenBatch } from "./token_batch.ts";

/** A layer of an encoder. */
export interface EncoderBlock extends Module {
  /** The projections of its attention, which low-rank adapters are made for. */
  readonly projections: readonly Linear[];
}

/** Numbers that the tensors of one token take, four bytes each. */
export interface TokenNumbers {
  /** Of a layer, without the tape. */
  readonly layer: number;
  /** Of a layer on the tape. */
  readonly taped: number;
  /** Of the largest tensor. */
  readonly widest: number;
}

/** What every encoder on the engine is: a network from tokens to hidden states. */
export abstract class TokenEncoder extends Module {
  /** Its sizes. */
  abstract readonly config: EncoderSizes;
  /** What stands below the layers: embeddings. */
  abstract readonly below: readonly Module[];
  /** The layers, from the first to the last. */
  abstract readonly layers: readonly EncoderBlock[];

  /** Puts sequences on the GPU, with the tables that the architecture needs. Each has at least one token. */
  batch(engine: TensorEngine, sequences: readonly ArrayLike<number>[]): TokenBatch {
    const batch = tokenBatch(engine, sequences, this.config);
    return { ...batch, ...this.tables(engine, batch.ids.shape[1]!) };
  }

  /** Tables for sequences of so many tokens. */
  protected abstract tables(engine: TensorEngine, tokens: number): Pick<TokenBatch, "distances" | "rotary">;

  /** Hidden states of the last layer, [batch, tokens, width]; those of padding mean nothing. */
  abstract forward(batch: TokenBatch): Tensor;

  /** What a token of a sequence of so many takes. */
  abstract numbersPerToken(tokens: number): TokenNumbers;

  /**
   * Runs the embeddings and the layers. Before the tape begins only one layer's tensors are kept at a time.
   *
   * @param embed makes the first hidden states
   * @param step takes them through a layer
   */
  protected through<Block extends EncoderBlock>(
    engine: TensorEngine,
    layers: readonly Block[],
    embed: () => Tensor,
    step: (layer: Block, hidden: Tensor, number: number) => Tensor,
  ): Tensor {
    const onTape = (part: Module) =>
      engine.recording && [...part.namedParameters().values()].some(({ frozen }) => !frozen);
    let taped = this.below.some(onTape);
    const freeing = <T>(body: () => T) => taped ? body() : engine.scope(body);
    let hidden = freeing(embed);
    for (const [number, layer] of layers.entries()) {
      const below = hidden;
      taped ||= onTape(layer);
      hidden = freeing(() => step(layer, below, number));
      if (!taped) below.dispose();
    }
    return hidden;
  }
}
