import type { TensorPlace } from "../weights.ts";

/** How an encoder with rotary positions is built, and what its tensors are called. */
export interface RotaryArchitecture {
  /** The `model_type` of `config.json`. */
  readonly name: string;
  /** What may stand before the names of its tensors, in a file that holds more than the encoder. */
  readonly prefix: string;
  /** Kind of all norms; "rms-shifted" for RMS norms that store their weight less 1. */
  readonly norm: "layer" | "layer-unbiased" | "rms" | "rms-shifted";
  /** Where norms stand: before each part of a layer, before and behind it, or behind the sum with what went around it. */
  readonly norms: "before" | "before-and-behind" | "sum";
  /** False where the first layer's attention has no norm before it. */
  readonly firstNorm: boolean;
  /** Whether the embeddings have a norm. */
  readonly embeddingNorm: boolean;
  /** Whether a norm follows the last layer. */
  readonly lastNorm: boolean;
  /** Whether the heads of queries and keys have norms. */
  readonly headNorms: boolean;
  /** Whether embeddings are multiplied by the root of their width. */
  readonly scaledEmbeddings: boolean;
  /** Names of tensors by the names that they have here, which are Gemma 3's; several where files differ. */
  readonly names: readonly (readonly [here: RegExp, there: string, part?: number, parts?: number])[];
}

const modernBert: RotaryArchitecture = {
  name: "modernbert",
  prefix: "model.",
  ...{ norm: "layer-unbiased", norms: "before", firstNorm: false, embeddingNorm: true, lastNorm: true },
  ...{ headNorms: false, scaledEmbeddings: false },
  names: [
    [/^embed_tokens/, "embeddings.tok_embeddings"],
    [/^embed_norm/, "embeddings.norm"],
    [/input_layernorm/, "attn_norm"],
    [/pre_feedforward_layernorm/, "mlp_norm"],
    [/self_attn\.q_proj/, "attn.Wqkv", 0, 3],
    [/self_attn\.k_proj/, "attn.Wqkv", 1, 3],
    [/self_attn\.v_proj/, "attn.Wqkv", 2, 3],
    [/self_attn\.o_proj/, "attn.Wo"],
    [/mlp\.gate_proj/, "mlp.Wi", 0, 2],
    [/mlp\.up_proj/, "mlp.Wi", 1, 2],
    [/mlp\.down_proj/, "mlp.Wo"],
    [/^norm/, "final_norm"],
  ],
};
const gemma3: RotaryArchitecture = {
  name: "gemma3_text",
  prefix: "model.",
  ...{ norm: "rms-shifted", norms: "before-and-behind", firstNorm: true, embeddingNorm: false, lastNorm: true },
  ...{ headNorms: true, scaledEmbeddings: true },
  names: [],
};
const qwen3: RotaryArchitecture = {
  name: "qwen3",
  prefix: "model.",
  ...{ norm: "rms", norms: "before", firstNorm: true, embeddingNorm: false, lastNorm: true },
  ...{ headNorms: true, scaledEmbeddings: false },
  names: [[/pre_feedforward_layernorm/, "post_attention_layernorm"]],
};
const nomicBert: RotaryArchitecture = {
  name: "nomic_bert",
  prefix: "nomic_bert.",
  ...{ norm: "layer", norms: "sum", firstNorm: true, embeddingNorm: true, lastNorm: false },
  ...{ headNorms: false, scaledEmbeddings: false },
  names: [
    // As the model's own code saves it; transformers 5 reads and writes that, too.
    [/^embed_tokens/, "embeddings.word_embeddings"],
    [/^embed_types/, "embeddings.token_type_embeddings"],
    [/^embed_norm/, "emb_ln"],
    [/^embed_norm/, "embeddings.LayerNorm"],
    [/^layers\./, "encoder.layers."],
    [/self_attn\.q_proj/, "attn.Wqkv", 0, 3],
    [/self_attn\.k_proj/, "attn.Wqkv", 1, 3],
    [/self_attn\.v_proj/, "attn.Wqkv", 2, 3],
    [/self_attn\.o_proj/, "attn.out_proj"],
    [/mlp\.gate_proj/, "mlp.fc12"],
    [/mlp\.up_proj/, "mlp.fc11"],
    [/mlp\.down_proj/, "mlp.fc2"],
    [/post_attention_layernorm/, "norm1"],
    [/post_feedforward_layernorm/, "norm2"],
    [/post_feedforward_layernorm/, "post_mlp_layernorm"],
  ],
};

/**
 * The architectures with rotary positions that can be read: those of EmbeddingGemma, ModernBERT (gte-modernbert,
 * granite-embedding), Qwen3-Embedding and nomic-embed-text.
 *
 * @see Gemma Team, "Gemma 3 technical report" (2025); Warner et al., "Smarter, better, faster, longer: a modern
 * bidirectional encoder" (2024); Zhang et al., "Qwen3 Embedding" (2025); Nussbaum et al., "Nomic Embed" (2024)
 */
export const rotaryArchitectures: readonly RotaryArchitecture[] = [modernBert, gemma3, qwen3, nomicBert];

/** The places where a file may keep a parameter, the likeliest first: each replacement is made or left out. */
export function rotaryPlaces({ names }: RotaryArchitecture, path: string): TensorPlace[] {
  return names.reduce<TensorPlace[]>(
    (places, [here, there, part, parts]) =>
      places.flatMap((place) => {
        if (!here.test(place.name)) return [place];
        const renamed = place.name.replace(here, there);
        return [parts === undefined ? { ...place, name: renamed } : { name: renamed, part: part!, parts }, place];
      }),
    [{ name: path }],
  );
}
