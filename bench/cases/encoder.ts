import { join } from "node:path";
import { cacheFolder } from "../../engine/device/cache.ts";
import type { Engine } from "../../engine/engine.ts";
import { Philox } from "../../kernels/philox.ts";
import { architectures } from "../../encoders/network/architectures.ts";
import type { EncoderConfig } from "../../encoders/network/config.ts";
import { SentenceEncoder } from "../../encoders/network/sentence_encoder.ts";
import { SentenceNetwork } from "../../encoders/network/sentence_network.ts";
import type { Case } from "../case.ts";
import { uniform } from "./numbers.ts";

/** The shape of all-MiniLM-L6-v2. */
const config: EncoderConfig = {
  architecture: architectures[0]!,
  ...{
    vocabulary: 30522,
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

/** The model itself, where somebody has put it. */
const folder = join(cacheFolder(), "models", "all-MiniLM-L6-v2");
const missing = ["model.safetensors", "onnx/model.onnx"].map((name) => join(folder, name)).filter((path) => {
  try {
    return !Deno.statSync(path).isFile;
  } catch {
    return true;
  }
});
const unshared = `transformers.js is left out, and weights are random, since there is no ${missing.join(" and no ")}.`;

async function open(engine: Engine): Promise<SentenceNetwork> {
  if (missing.length === 0) return (await SentenceEncoder.open(engine, folder)).network;
  const modules = [{ kind: "pooling", modes: ["mean"], includePrompt: true }, { kind: "normalize" }] as const;
  const head = { folder, modules, prompt: "", maxTokens: null, lowerCase: false };
  const network = new SentenceNetwork({ engine, random: new Philox(1) }, config, head);
  for (const [seed, parameter] of network.parameters().entries()) {
    parameter.assign(uniform(parameter.size, seed).map((value) => value / 10));
  }
  return network.eval();
}

/** From tokens to rows that are read back: what `gpu:` does with a batch, but for making tokens of texts. */
function encode(batch: number, tokens: number): Case {
  const { width, inner, layers, vocabulary } = config;
  const sequences = Array.from(
    { length: batch },
    (_, i) => Array.from({ length: tokens }, (_, j) => 1000 + 7919 * (i * tokens + j) % (vocabulary - 1000)),
  );
  return {
    name: `encoder MiniLM ${batch}x${tokens} tokens`,
    flops: 2 * layers * batch * tokens * (4 * width ** 2 + 2 * width * inner + 2 * tokens * width),
    tokens: batch * tokens,
    ...(missing.length === 0 ? { shared: { kind: "encode", folder, sequences } } : { unshared }),
    peers: ["transformers.js webgpu", "transformers.js dawn", "transformers.js CPU"],
    async prepare(engine) {
      const network = await open(engine);
      let rows = new Float32Array();
      return {
        async round() {
          const pooled = engine.noGrad(() => engine.scope(() => network.forward(network.batch(engine, sequences))));
          rows = await pooled.data().finally(() => pooled.dispose());
        },
        row: () => rows.subarray(0, width),
        dispose: () => network.dispose(),
      };
    },
  };
}

/** The work of one of `encoderCases` for peers that make an encoder of that shape themselves. */
export function encoderShapeCase(batch: number, tokens: number): Case {
  const { vocabulary, width, layers, heads, inner } = config;
  return {
    ...encode(batch, tokens),
    shared: { kind: "encoder", batch, tokens, vocabulary, width, layers, heads, inner },
  };
}

/** An encoder of texts: many short ones, and longer ones. */
export const encoderCases: readonly Case[] = [encode(64, 32), encode(16, 128)];
