import { LowRankAdapter } from "../../engine/nn/low_rank_adapter.ts";
import type { Parameter } from "../../engine/tensors/parameter.ts";
import { UsageError } from "../../kernels/errors.ts";
import { Philox } from "../../kernels/philox.ts";
import type { SentenceNetwork } from "../network/sentence_network.ts";
import type { TuningSettings } from "./settings.ts";

/** The parameters that training changes. */
export interface Trainable {
  /** All of them. */
  readonly parameters: readonly Parameter[];
  /** Those that weight decay leaves alone: biases and norms. */
  readonly undecayed: readonly Parameter[];
  /** Layers on the tape. */
  readonly layers: number;
}

const adapterStream = 0x20f30000;

/**
 * Freezes what is not trained: the lower layers and the embeddings with them, or with `lora` everything but changes of low
 * rank that the projections of attention get in the upper layers.
 *
 * @throws UsageError when nothing is left to train
 */
export function chooseTrainable(
  network: SentenceNetwork,
  { freeze, lora, seed }: Pick<TuningSettings, "freeze" | "lora" | "seed">,
): Trainable {
  const { below, layers } = network.encoder;
  if (freeze > layers.length) {
    throw new UsageError(`--freeze is ${freeze}, but the encoder has ${layers.length} layers.`);
  }
  const lower = freeze === 0 ? [] : [...below, ...layers.slice(0, freeze)];
  for (const part of lora > 0 ? [network] : lower) {
    for (const parameter of part.namedParameters().values()) parameter.frozen = true;
  }
  if (lora > 0) {
    const options = {
      engine: network.parameters()[0]!.engine,
      random: new Philox(seed, adapterStream),
    };
    for (const { projections } of layers.slice(freeze)) {
      for (const linear of projections) {
        linear.adapter = new LowRankAdapter(options, linear.weight.shape as [number, number], lora);
      }
    }
  }
  const parameters = network.parameters().filter(({ frozen }) => !frozen);
  if (parameters.length === 0) {
    throw new UsageError(
      `--freeze ${freeze} leaves nothing to train; fewer than ${layers.length} layers are expected.`,
    );
  }
  return {
    parameters,
    undecayed: parameters.filter(({ name }) => /(^|\.)(bias|\w*norm\.weight)$/i.test(name)),
    layers: Math.max(layers.length - freeze, 1),
  };
}
