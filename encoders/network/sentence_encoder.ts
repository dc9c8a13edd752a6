import type { Engine } from "../../engine/engine.ts";
import { Linear } from "../../engine/nn/linear.ts";
import type { Module } from "../../engine/nn/module.ts";
import { platform } from "../../engine/platform/here.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import { UsageError } from "../../kernels/errors.ts";
import { Philox } from "../../kernels/philox.ts";
import { tensorName } from "./architectures.ts";
import { expectTokens, planBatches } from "./batch_plan.ts";
import { type EncoderConfig, isRotary, readEncoderConfig } from "./config.ts";
import type { EncoderSizes } from "./encoder_sizes.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { type SavedWeights, saveFolder } from "./save_folder.ts";
import type { PoolingMode } from "../model_folder/pooling.ts";
import { checkWidths, denseOf, headWidth, readSentenceHead, type SentenceHead } from "../model_folder/sentence_head.ts";
import { type SentenceBatch, SentenceNetwork } from "./sentence_network.ts";
import { TextTokenizer } from "../tokenizer/text_tokenizer.ts";
import { rotaryPlaces } from "./rotary/rotary_architectures.ts";
import type { RotaryConfig } from "./rotary/rotary_config.ts";
import { type TensorPlace, WeightFiles } from "./weights.ts";

/** How a `SentenceEncoder` encodes; what is left out is as the folder's files say. */
export interface SentenceEncoderOptions {
  /** How the vectors of tokens become one; "mean" where no file says. */
  readonly pooling?: PoolingMode | undefined;
  /** True for rows of length 1, false for rows as they come before a last normalisation; true where no file says. */
  readonly normalize?: boolean | undefined;
  /** Put before each text, with nothing between; the folder's default prompt, where it has one. */
  readonly prompt?: string | undefined;
  /** Name of a prompt of the folder's files, in place of the default one. */
  readonly promptName?: string | undefined;
  /** First dimensions of a row that are kept, for models of nested embeddings; all, or what the files say. */
  readonly dimensions?: number | undefined;
  /** Most tokens of a text, those that begin and end each text among them; the rest of a text is not read. */
  readonly maxTokens?: number | undefined;
  /** What the operands of products are rounded to; "f32" by default. "f16" asks for a device that has it. */
  readonly precision?: "f32" | "f16" | undefined;
  /** Bytes that the tensors of one batch may take; 256 MiB by default. */
  readonly memory?: number | undefined;
}

/** What the encoder of a folder would be. */
export interface SentenceEncoderDescription {
  /** Dimensions of a text's row. */
  readonly width: number;
  /** Most tokens of a text. */
  readonly maxTokens: number;
  /** SHA-256 of the folder's files and of all else that decides what a text's row is. */
  readonly fingerprint: string;
  /** Put before each text. */
  readonly prompt: string;
}

/** What a `SentenceEncoder` is made of. */
interface Parts {
  readonly folder: string;
  readonly network: SentenceNetwork;
  readonly tokenizer: TextTokenizer;
  readonly head: SentenceHead;
  readonly maxTokens: number;
  /** Tokens that the prompt makes at the beginning of each text. */
  readonly promptTokens: number;
  readonly memory: number;
  readonly fingerprint: string;
  readonly weights: readonly SavedWeights[];
}

/**
 * A sentence encoder that runs on the engine, from a Hugging Face folder: `config.json`,
 * `tokenizer.json`, `model.safetensors` and, where there are, sentence-transformers' `modules.json` and what it names.
 *
 * @example
 * ```ts
 * import { Engine, SentenceEncoder } from "metrograd";
 *
 * await using engine = await Engine.open();
 * using encoder = await SentenceEncoder.open(engine, "models/all-MiniLM-L6-v2");
 * const rows = await encoder.encode(["How do I reset my password?", "कल का मौसम कैसा होगा?"]);
 * console.log(rows.length / encoder.width);
 * ```
 */
export class SentenceEncoder implements Disposable {
  readonly #engine: Engine;
  readonly #parts: Parts;

  private constructor(engine: Engine, parts: Parts) {
    this.#engine = engine;
    this.#parts = parts;
  }

  /**
   * Reads a folder and puts its weights on the GPU.
   *
   * @param source the folder; in a browser its URL
   * @throws DataError when a file is missing, damaged or of an unknown kind, a tensor is missing or the tokenizer does not
   *   fit; ShapeError when a tensor has another shape than config.json says; UsageError for a limit of tokens that the
   *   encoder has no positions for, or for a precision that the device lacks
   */
  static async open(
    engine: Engine,
    source: string | URL,
    options: SentenceEncoderOptions = {},
  ): Promise<SentenceEncoder> {
    const { memory = 256 << 20, precision = "f32" } = options, folder = folderOf(source);
    if (precision === "f16" && !engine.capabilities.shaderF16) {
      throw new UsageError(`Products in f16 were asked for, which ${engine.adapterDescription} does not have.`);
    }
    const { head, config, tokenizer, maxTokens } = await readSettings(folder, options);
    const network = new SentenceNetwork({ engine, random: new Philox(0) }, config, head);
    try {
      const { weights, paths } = await loadWeights(network, config, head);
      const fingerprint = await fingerprintOf(head, maxTokens, precision, paths, tokenizer.changes);
      network.eval();
      for (const module of network.namedModules().values()) if (module instanceof Linear) module.operands = precision;
      const promptTokens = tokenizer.promptLength(head.prompt, maxTokens);
      const parts = { folder, network, tokenizer, head, maxTokens, promptTokens, memory, fingerprint, weights };
      return new SentenceEncoder(engine, parts);
    } catch (error) {
      network.dispose();
      throw error;
    }
  }

  /**
   * What the encoder of a folder would be, without loading its weights.
   *
   * @throws DataError when a file is missing, damaged or of an unknown kind, UsageError for a limit of tokens that the
   *   encoder has no positions for
   */
  static async describe(folder: string, options: SentenceEncoderOptions = {}): Promise<SentenceEncoderDescription> {
    const { head, config, tokenizer, maxTokens } = await readSettings(folder, options);
    const paths: string[] = [];
    for (const one of [head, ...denseOf(head)]) {
      using files = await WeightFiles.open(one.folder);
      paths.push(...files.paths);
    }
    return {
      width: headWidth(head, config.width),
      maxTokens,
      fingerprint: await fingerprintOf(head, maxTokens, options.precision ?? "f32", paths, tokenizer.changes),
      prompt: head.prompt,
    };
  }

  /** Dimensions of a text's row. */
  get width(): number {
    return this.#parts.network.width;
  }

  /** SHA-256 of the folder's files and of all else that decides what a text's row is. */
  get fingerprint(): string {
    return this.#parts.fingerprint;
  }

  /** Most tokens of a text. */
  get maxTokens(): number {
    return this.#parts.maxTokens;
  }

  /** What follows the encoder. */
  get head(): SentenceHead {
    return this.#parts.head;
  }

  /** The network, for those who train it: its `forward` is on the tape, and `train()` turns dropout on. */
  get network(): SentenceNetwork {
    return this.#parts.network;
  }

  /**
   * The tokens of a text behind the prompt, with those that begin and end each text, cut to the limit. Half a surrogate
   * pair counts as U+FFFD.
   */
  tokenize(text: string): number[] {
    const { tokenizer, head, maxTokens } = this.#parts;
    return tokenizer.encode(head.prompt + text, maxTokens);
  }

  /**
   * Puts sequences of tokens on the GPU, for the network; tensors belong to the scope it is called in.
   *
   * @throws UsageError when one alone has more tokens than the device can encode
   */
  batch(sequences: readonly ArrayLike<number>[]): SentenceBatch {
    const { network, promptTokens } = this.#parts, { maxStorageBufferBindingSize } = this.#engine.opened.device.limits;
    const longest = sequences.reduce((most, { length }) => Math.max(most, length), 0);
    expectTokens(longest, network.encoder.numbersPerToken(longest).widest, maxStorageBufferBindingSize);
    return network.batch(this.#engine, sequences, promptTokens);
  }

  /** One row for each sequence of tokens, [sequences, width], in one batch; on the tape, unless that is off. */
  forward(sequences: readonly ArrayLike<number>[]): Tensor {
    const engine = this.#engine, run = () => this.network.forward(this.batch(sequences));
    return engine.recording ? run() : engine.scope(run);
  }

  /**
   * One row for each text, [texts, width], row-major; that of an empty text is what the network makes of its first and last
   * token. Texts are taken in batches of like length, with dropout off.
   *
   * @param onProgress told after each batch how many texts of how many are done
   */
  async encode(
    texts: readonly string[],
    onProgress: (done: number, total: number) => void = () => {},
  ): Promise<Float32Array<ArrayBuffer>> {
    const { width, network } = this, { memory } = this.#parts;
    const rows = new Float32Array(texts.length * width), { training } = network;
    const sequences = texts.map((text) => this.tokenize(text));
    const plan = planBatches(sequences.map(({ length }) => length), this.#mostTokens());
    let done = 0;
    network.eval();
    try {
      for (const batch of plan) {
        const pooled = this.#engine.noGrad(() => this.forward(batch.map((i) => sequences[i]!)));
        const values = await pooled.data().finally(() => pooled.dispose());
        batch.forEach((i, row) => rows.set(values.subarray(row * width, (row + 1) * width), i * width));
        // Batches of many shapes leave buffers of many sizes behind.
        const { reservedBytes, liveBytes } = this.#engine.memory();
        if (reservedBytes - liveBytes > 2 * memory) await this.#engine.trim();
        onProgress(done += batch.length, texts.length);
      }
    } finally {
      network.train(training);
    }
    return rows;
  }

  /**
   * Writes a folder like the one that was read, with the weights as they are now, in f32: one that transformers,
   * sentence-transformers and `open` read.
   *
   * @throws UsageError when it is the same folder; DataError or MetrogradError when a file cannot be read or written
   */
  async save(folder: string): Promise<void> {
    await saveFolder(this.#parts.folder, folder, this.#parts.weights);
  }

  /** Frees the weights. */
  dispose(): void {
    this.#parts.network.dispose();
  }

  /** Frees the weights. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Tokens of a batch that fits the memory and the device's bindings. */
  #mostTokens(): number {
    const { layer, widest } = this.#parts.network.encoder.numbersPerToken(this.maxTokens);
    const { maxBindingSize } = this.#engine.capabilities;
    return Math.floor(Math.min(this.#parts.memory / (4 * layer), maxBindingSize / (4 * widest)));
  }
}

/** Sets the weights of a network from a folder's files. */
async function loadWeights(
  { encoder, dense }: SentenceNetwork,
  config: EncoderConfig | RotaryConfig,
  head: SentenceHead,
) {
  const weights: SavedWeights[] = [], paths: string[] = [];
  const load = async (
    module: Module,
    folder: string,
    placesOf: (path: string) => readonly TensorPlace[],
    prefix = "",
  ) => {
    using files = await WeightFiles.open(folder);
    weights.push({ module, folder, places: await files.load(module, placesOf, prefix) });
    paths.push(...files.paths);
  };
  const placesOf = (path: string) =>
    isRotary(config) ? rotaryPlaces(config.architecture, path) : [{ name: tensorName(config.architecture, path) }];
  await load(encoder, head.folder, placesOf, config.architecture.prefix);
  const settings = denseOf(head);
  for (const [i, layer] of dense.entries()) await load(layer, settings[i]!.folder, (name) => [{ name }]);
  return { weights, paths };
}

/** The path of a folder, for messages and to join names to. @throws UsageError for a URL that the platform reads no files from */
function folderOf(source: string | URL): string {
  try {
    return typeof source === "string" ? source : platform.pathOf(source);
  } catch {
    throw new UsageError(
      `${source}: only a browser opens an encoder at a URL; download its files, and name their folder.`,
    );
  }
}

/** What a folder's files say beside the weights, with what is asked for over it. */
async function readSettings(folder: string, options: SentenceEncoderOptions) {
  const head = await readSentenceHead(folder, options), config = await readEncoderConfig(head.folder);
  checkWidths(head, config.width);
  const tokenizer = await TextTokenizer.open(head.folder, config, head);
  const maxTokens = limitOf(head, config, tokenizer.least, options.maxTokens);
  return { head, config, tokenizer, maxTokens };
}

/** The limit of tokens that was asked for, or that of the files, within the positions that the encoder has. */
function limitOf(
  { folder, maxTokens }: SentenceHead,
  { positions, firstPosition }: EncoderSizes,
  least: number,
  asked: number | undefined,
): number {
  const most = positions - firstPosition;
  if (asked === undefined) return Math.max(least, Math.min(most, maxTokens ?? most));
  if (Number.isInteger(asked) && asked >= least && asked <= most) return asked;
  throw new UsageError(
    `A limit of ${asked} tokens was asked for; ${folder} takes an integer from ${least} to ${most}.`,
  );
}
