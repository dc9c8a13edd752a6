import { basename, join, resolve } from "node:path";
import { openOrExplain, whatIsAt } from "../../engine/files.ts";
import { DataError, MetrogradError, UsageError } from "../../kernels/errors.ts";
import type { EncodingOptions, PretrainedEncoder } from "./encoder.ts";
import { downloadFolder, isModelName } from "./hub.ts";
import { fingerprintModel, readModelFolder } from "./model_folder.ts";
import { poolTokens } from "./pool_tokens.ts";

/** Sentences of about fifty languages: sentence-transformers/paraphrase-multilingual-mpnet-base-v2 as ONNX. */
export const defaultTransformersModel = "Xenova/paraphrase-multilingual-mpnet-base-v2";

/** The forms of a model's weights, the most exact first, and what their files end in. */
const suffixes = { fp32: "", fp16: "_fp16", q8: "_quantized", q4: "_q4" } as const;
type WeightType = keyof typeof suffixes;

const tokenizerFiles = ["tokenizer.json", "tokenizer_config.json"] as const;

const weightsFile = (dtype: WeightType) => `onnx/model${suffixes[dtype]}.onnx`;

/** The part of transformers.js that is used. */
export interface TransformersJs {
  /** Its settings. */
  readonly env: { allowRemoteModels: boolean; logLevel: number };
  /** Reads tokenizers. */
  readonly AutoTokenizer: { from_pretrained(folder: string, options: object): Promise<Tokenizer> };
  /** Reads models. */
  readonly AutoModel: { from_pretrained(folder: string, options: object): Promise<OnnxModel> };
}

type Tokenizer = (texts: readonly string[], options: object) => Readonly<Record<string, OnnxTensor>>;

interface OnnxModel {
  (inputs: Readonly<Record<string, OnnxTensor>>): Promise<Readonly<Record<string, OnnxTensor>>>;
  dispose(): Promise<unknown>;
}

interface OnnxTensor {
  readonly dims: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

/** A model that is ready to encode. */
interface Opened {
  readonly tokenizer: Tokenizer;
  /** The token that ends every text; null where there is none. */
  readonly end: bigint | null;
  readonly network: OnnxModel;
}

/** The files of a model that transformers.js reads, to be fetched. */
export function transformersFiles(dtype: EncodingOptions["dtype"]): { required: string[]; optional: string[] } {
  const weights = weightsFile(dtype === "auto" ? "fp32" : dtype);
  return {
    required: ["config.json", ...tokenizerFiles, weights],
    // Models of more than 2 GB keep their weights beside the graph.
    optional: ["sentence_bert_config.json", "1_Pooling/config.json", `${weights}_data`],
  };
}

/**
 * A model for transformers.js: a folder, or the name of one that was fetched. The package and the weights are loaded when
 * the first text is encoded.
 *
 * @param load gives the package
 * @throws DataError when files are missing, UsageError when there is no such folder or model
 */
export async function openTransformers(
  model: string,
  options: EncodingOptions,
  load: () => Promise<TransformersJs> = loadTransformers,
): Promise<PretrainedEncoder> {
  const folder = await findFolder(model);
  const { dimension, maxTokens, pooling: usual } = await readModelFolder(folder, options.maxTokens);
  const pooling = options.pooling === "auto" ? usual : options.pooling, { normalize } = options;
  const dtype = await findWeights(folder, options.dtype);
  for (const name of tokenizerFiles) (await openOrExplain(join(folder, name), "a file of a tokenizer")).close();
  const files = ["config.json", ...tokenizerFiles, weightsFile(dtype), `${weightsFile(dtype)}_data`];
  const fingerprint = await fingerprintModel("transformers", folder, files, { pooling, normalize }, maxTokens);
  let opened: Promise<Opened> | undefined;
  const open = async (): Promise<Opened> => {
    const { env, AutoTokenizer, AutoModel } = await load();
    env.allowRemoteModels = false;
    env.logLevel = errorsOnly;
    const device = options.device === "auto" ? "cpu" : options.device;
    try {
      const tokenizer = await AutoTokenizer.from_pretrained(folder, { local_files_only: true });
      return {
        tokenizer,
        end: lastToken(tokenizer),
        network: await AutoModel.from_pretrained(folder, { local_files_only: true, dtype, device }),
      };
    } catch (error) {
      const words = (error instanceof Error ? error.message : String(error)).split("\n")[0]!.replace(/\.$/, "");
      throw new DataError(`${folder} could not be opened by transformers.js: ${words}.`, { cause: error });
    }
  };
  return {
    name: `transformers:${model}`,
    dimension,
    fingerprint,
    maxTokens,
    batchSize: options.batchSize,
    async encode(texts) {
      const { tokenizer, end, network } = await (opened ??= open());
      const inputs = tokenizer(texts, { padding: true, truncation: true, max_length: maxTokens });
      restoreEnds(inputs, maxTokens, end);
      const outputs = await network(inputs);
      const hidden = outputs.last_hidden_state ?? outputs.token_embeddings;
      if (!hidden || hidden.dims.at(-1) !== dimension) {
        throw new DataError(
          `${folder} gives ${Object.entries(outputs).map(([name, { dims }]) => `${name} [${dims.join(", ")}]`)}; ` +
            `last_hidden_state of width ${dimension} is expected of a feature-extraction model.`,
        );
      }
      return poolTokens(hidden.data as ArrayLike<number>, inputs.attention_mask!.data, texts.length, {
        pooling,
        normalize,
      });
    },
    async [Symbol.asyncDispose]() {
      await (await opened?.catch(() => undefined))?.network.dispose();
    },
  };
}

/** The token that ends every text; null for a tokenizer that has none. */
function lastToken(tokenizer: Tokenizer): bigint | null {
  const last = (text: string) => BigInt(Array.from(tokenizer([text], {}).input_ids!.data).at(-1) ?? -1);
  const end = last("");
  return end === last("a") ? end : null;
}

/** Puts the token back that ends each text: transformers.js cuts it off with the rest of a text that is too long. */
function restoreEnds(
  { input_ids, attention_mask }: Readonly<Record<string, OnnxTensor>>,
  maxTokens: number,
  end: bigint | null,
): void {
  const [texts, tokens] = input_ids!.dims as [number, number];
  if (tokens < maxTokens || end === null) return;
  const ids = input_ids!.data as BigInt64Array;
  for (let last = tokens - 1; last < texts * tokens; last += tokens) {
    if (Number(attention_mask!.data[last]) === 1) ids[last] = end;
  }
}

const errorsOnly = 40;
const packageName = "@huggingface/transformers";

/** Its version stands in the `deno.json` that only `deno task onnx` reads, so that nobody else installs it. */
async function loadTransformers(): Promise<TransformersJs> {
  try {
    return await import(packageName);
  } catch (error) {
    if (/not prefixed with|not a dependency|Import ".*" not/i.test(String(error))) {
      throw new MetrogradError(
        'There are texts to encode, and transformers.js is not at hand: "deno task onnx COMMAND ..." is the same ' +
          "command with it, and installs it the first time (500 MB).",
        { cause: error },
      );
    }
    throw new MetrogradError(`transformers.js could not be loaded: ${String(error).split("\n")[0]}`, { cause: error });
  }
}

async function findFolder(model: string): Promise<string> {
  if (await whatIsAt(model) === "folder") return resolve(model);
  if (!isModelName(model)) throw new UsageError(`"${model}" is neither a folder nor the name of a model, owner/name.`);
  const folder = downloadFolder(model);
  if (await whatIsAt(folder) === "folder") return folder;
  throw new UsageError(`The encoder ${model} is not on this machine; fetch it first: deno task download ${model}`);
}

async function findWeights(folder: string, asked: EncodingOptions["dtype"]): Promise<WeightType> {
  const wanted = asked === "auto" ? Object.keys(suffixes) as WeightType[] : [asked];
  for (const dtype of wanted) {
    if (await Deno.stat(join(folder, weightsFile(dtype))).then(({ isFile }) => isFile, () => false)) return dtype;
  }
  const known = wanted.map((dtype) => basename(weightsFile(dtype))).join(" or ");
  throw new DataError(`${join(folder, "onnx")} holds no ${known}; the weights of an encoder are expected there.`);
}
