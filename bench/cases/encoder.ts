import { architectures } from "../../models/encoder/architectures.ts";
import type { EncoderConfig } from "../../models/encoder/config.ts";
import { EncoderNetwork } from "../../models/encoder/network.ts";
import { tokenBatch } from "../../models/encoder/token_batch.ts";
import { Philox } from "../../kernels/philox.ts";
import type { Case } from "../case.ts";
import { uniform } from "./numbers.ts";

/** The shape of all-MiniLM-L6-v2, with few words: how many there are does not show. */
const config: EncoderConfig = {
  architecture: architectures[0]!,
  ...{
    vocabulary: 1000,
    width: 384,
    layers: 6,
    heads: 12,
    inner: 1536,
    positions: 512,
    firstPosition: 0,
    tokenTypes: 2,
  },
  ...{ relativePositions: 0, padToken: 0, eps: 1e-12, activation: "gelu", dropout: 0, attentionDropout: 0 },
};

const { width, inner, layers } = config;

/** Hidden states of a batch of sequences, without a tape. */
const forward = (batch: number, tokens: number): Case => ({
  name: `encoder MiniLM ${batch}x${tokens} tokens`,
  flops: 2 * layers * batch * tokens * (4 * width ** 2 + 2 * width * inner + 2 * tokens * width),
  prepare(engine) {
    const network = new EncoderNetwork({ engine, random: new Philox(1) }, config).eval();
    for (const [seed, parameter] of network.parameters().entries()) {
      parameter.assign(uniform(parameter.size, seed).map((value) => value / 10));
    }
    const sequence = Array.from({ length: tokens }, (_, i) => 7 * i % config.vocabulary);
    const inputs = tokenBatch(engine, Array.from({ length: batch }, () => sequence), config);
    return {
      round: () => engine.noGrad(() => engine.scope(() => void network.forward(inputs))),
      dispose: () => [network, ...Object.values(inputs)].forEach((owned) => owned.dispose()),
    };
  },
});

/** An encoder of texts: many short ones, and longer ones. */
export const encoderCases: readonly Case[] = [forward(64, 32), forward(16, 128)];
