/** Names that settings have in `config.json`; see `EncoderConfig`. */
export interface SettingNames {
  /** Dimensions of a token. */
  readonly width: string;
  /** Layers of attention. */
  readonly layers: string;
  /** Heads of each attention. */
  readonly heads: string;
  /** Width of the feed-forward parts. */
  readonly inner: string;
  /** Of the feed-forward parts. */
  readonly activation: string;
  /** Of all but the softmax. */
  readonly dropout: string;
  /** Of the softmax. */
  readonly attentionDropout: string;
}

/** How an architecture differs from BERT. */
export interface Architecture {
  /** The `model_type` of `config.json`. */
  readonly name: string;
  /** Names of its settings. */
  readonly keys: SettingNames;
  /** What may stand before the names of its tensors, in a file that holds more than the encoder. */
  readonly prefix: string;
  /** True where positions are counted from the padding token's number + 1. */
  readonly positionsAfterPadding: boolean;
  /** False without a table of token types. */
  readonly tokenTypes: boolean;
  /** True where a table of the distances between tokens is added to the scores of attention. */
  readonly relativePositions: boolean;
  /** Added to the variance in the norms, where it is no setting. */
  readonly eps: number | null;
  /** Parts of BERT's tensor names, and what they are here, in the order in which they are replaced. */
  readonly names: readonly (readonly [bert: string, here: string])[];
}

const bertKeys: SettingNames = {
  width: "hidden_size",
  layers: "num_hidden_layers",
  heads: "num_attention_heads",
  inner: "intermediate_size",
  activation: "hidden_act",
  dropout: "hidden_dropout_prob",
  attentionDropout: "attention_probs_dropout_prob",
};
const bert = {
  name: "bert",
  keys: bertKeys,
  prefix: "bert.",
  positionsAfterPadding: false,
  tokenTypes: true,
  relativePositions: false,
  eps: null,
  names: [],
} as const satisfies Architecture;
const roberta = { ...bert, name: "roberta", prefix: "roberta.", positionsAfterPadding: true } as const;

/**
 * The architectures that can be read: those of MiniLM, e5, LaBSE (bert), multilingual mpnet-base and e5 (xlm-roberta) and
 * distilled ones, and mpnet-base.
 *
 * @see Devlin et al., "BERT" (2019); Liu et al., "RoBERTa" (2019); Conneau et al., "Unsupervised cross-lingual
 * representation learning at scale" (2020); Sanh et al., "DistilBERT" (2019); Song et al., "MPNet" (2020)
 */
export const architectures: readonly Architecture[] = [
  bert,
  roberta,
  { ...roberta, name: "xlm-roberta" },
  { ...roberta, name: "camembert" },
  {
    ...roberta,
    name: "mpnet",
    prefix: "mpnet.",
    tokenTypes: false,
    relativePositions: true,
    names: [
      ["attention.self.query", "attention.attn.q"],
      ["attention.self.key", "attention.attn.k"],
      ["attention.self.value", "attention.attn.v"],
      ["attention.output.dense", "attention.attn.o"],
      ["attention.output.LayerNorm", "attention.LayerNorm"],
    ],
  },
  {
    ...bert,
    name: "distilbert",
    keys: {
      width: "dim",
      layers: "n_layers",
      heads: "n_heads",
      inner: "hidden_dim",
      activation: "activation",
      dropout: "dropout",
      attentionDropout: "attention_dropout",
    },
    prefix: "distilbert.",
    tokenTypes: false,
    eps: 1e-12,
    names: [
      ["encoder.layer", "transformer.layer"],
      ["attention.self.query", "attention.q_lin"],
      ["attention.self.key", "attention.k_lin"],
      ["attention.self.value", "attention.v_lin"],
      ["attention.output.dense", "attention.out_lin"],
      ["attention.output.LayerNorm", "sa_layer_norm"],
      ["intermediate.dense", "ffn.lin1"],
      ["output.dense", "ffn.lin2"],
      ["output.LayerNorm", "output_layer_norm"],
    ],
  },
];

/** What an architecture calls a tensor that BERT calls `path`. */
export function tensorName({ names }: Architecture, path: string): string {
  return names.reduce((name, [bert, here]) => name.replace(bert, here), path);
}
