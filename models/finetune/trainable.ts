import type { Parameter } from "../../engine/parameter.ts";
import { UsageError } from "../../kernels/errors.ts";
import type { SentenceNetwork } from "../encoder/sentence_network.ts";

/** The parameters that training changes. */
export interface Trainable {
  /** All of them. */
  readonly parameters: readonly Parameter[];
  /** Those that weight decay leaves alone: biases and norms. */
  readonly undecayed: readonly Parameter[];
  /** Layers that are trained. */
  readonly layers: number;
}

/**
 * Freezes the lower layers of an encoder, and the embeddings with them.
 *
 * @throws UsageError when it has fewer layers
 */
export function freeze(network: SentenceNetwork, layers: number): Trainable {
  const { encoder } = network, all = encoder.encoder.layer.length;
  if (layers > all) throw new UsageError(`--freeze is ${layers}, but the encoder has ${all} layers.`);
  const frozen = layers === 0 ? [] : [
    encoder.embeddings,
    ...encoder.encoder.relative_attention_bias ? [encoder.encoder.relative_attention_bias] : [],
    ...encoder.encoder.layer.slice(0, layers),
  ];
  for (const part of frozen) for (const parameter of part.namedParameters().values()) parameter.frozen = true;
  const parameters = network.parameters().filter(({ frozen }) => !frozen);
  if (parameters.length === 0) {
    throw new UsageError(`--freeze ${layers} leaves nothing to train; fewer than ${all} layers are expected.`);
  }
  return {
    parameters,
    undecayed: parameters.filter(({ name }) => /(^|\.)(bias|LayerNorm\.weight)$/.test(name)),
    layers: all - layers,
  };
}
