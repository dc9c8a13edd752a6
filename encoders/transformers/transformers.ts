import { basename, join, relative, resolve } from "node:path";
import { openOrExplain, whatIsAt } from "../../engine/files/files.ts";
import { DataError, MetrogradError, UsageError } from "../../kernels/errors.ts";
import type { NoteTaker } from "../../data/note_taker.ts";
import { applyModules, type LoadedModule, loadModules } from "./apply_modules.ts";
import { notePrompt, promptChanges, promptsFile } from "../model_folder/default_prompt.ts";
import type { EncodingOptions, PretrainedEncoder } from "../encoder.ts";
import { downloadFolder, isModelName } from "./hub.ts";
import { readJson } from "../../data/files/json_object.ts";
import { fingerprintModel, readModelFolder } from "../model_folder/model_folder.ts";
import { denseOf } from "../model_folder/sentence_head.ts";
import { TextTokenizer } from "../tokenizer/text_tokenizer.ts";
import { transformerSettingsFiles } from "../model_folder/transformer_settings.ts";

/** Sentences of about fifty languages: sentence-transformers/paraphrase-multilingual-mpnet-base-v2 as ONNX. */
export const defaultTransformersModel = "Xenova/paraphrase-multilingual-mpnet-base-v2";

/** The forms of a model's weights, the most exact first, and what their files end in. */
const suffixes = { fp32: "", fp16: "_fp16", q8: "_quantized", q4: "_q4" } as const;
type WeightType = keyof typeof suffixes;

const weightsFile = (dtype: WeightType) => `onnx/model${suffixes[dtype]}.onnx`;

/** The part of transformers.js that is used. Texts are made into tokens here, since it departs from Python's tokenizers. */
export interface TransformersJs {
  /** Its settings. */
  readonly env: { allowRemoteModels: boolean; logLevel: number };
  /** Reads models. */
  readonly AutoModel: { from_pretrained(folder: string, options: object): Promise<OnnxModel> };
  /** What models take and give. */
  readonly Tensor: new (type: "int64", data: BigInt64Array, dims: readonly number[]) => OnnxTensor;
}

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
  readonly tokenizer: TextTokenizer;
  readonly modules: readonly LoadedModule[];
  /** Tokens that the prompt makes at the beginning of each text. */
  readonly prompt: number;
  readonly network: OnnxModel;
  readonly Tensor: TransformersJs["Tensor"];
}

/** The files of a model that are read, to be fetched. */
export function transformersFiles(dtype: EncodingOptions["dtype"]): { required: string[]; optional: string[] } {
  const weights = weightsFile(dtype === "auto" ? "fp32" : dtype);
  return {
    required: ["config.json", "tokenizer.json", weights],
    // Models of more than 2 GB keep their weights beside the graph.
    optional: [
      ...["tokenizer_config.json", "modules.json", "1_Pooling/config.json", promptsFile, `${weights}_data`],
      ...transformerSettingsFiles,
    ],
  };
}

/** The files that a folder's `modules.json` calls for and that it lacks, to be fetched too. */
export async function missingModuleFiles(folder: string): Promise<{ required: string[]; optional: string[] }> {
  const path = join(folder, "modules.json"), required: string[] = [], optional: string[] = [];
  const modules = await whatIsAt(path) === "file" ? await readJson(path, "a list of modules") : [];
  for (const entry of Array.isArray(modules) ? modules : []) {
    const { type, path: below } = (entry ?? {}) as { readonly type?: unknown; readonly path?: unknown };
    if (typeof type !== "string" || typeof below !== "string" || !/^[\w.-]+$/.test(below)) continue;
    const needs = async (name: string, list: string[]) => {
      if (await whatIsAt(join(folder, below, name)) === "nothing") list.push(`${below}/${name}`);
    };
    if (/\.(Pooling|Dense)$/.test(type)) await needs("config.json", required);
    if (/\.Dense$/.test(type)) await needs("model.safetensors", required);
    if (/\.Normalize$/.test(type)) await needs("config.json", optional);
  }
  return { required, optional };
}

/**
 * A model for transformers.js: a folder, or the name of one that was fetched. The package and the weights are loaded when
 * the first text is encoded.
 *
 * @param load gives the package
 * @param onNote told of a prompt that the folder has for each text
 * @throws DataError when files are missing, UsageError when there is no such folder or model
 */
export async function openTransformers(
  model: string,
  options: EncodingOptions,
  load: () => Promise<TransformersJs> = loadTransformers,
  onNote: NoteTaker = () => {},
): Promise<PretrainedEncoder> {
  const folder = await findFolder(model), name = `transformers:${model}`;
  const described = await readModelFolder(folder, options.maxTokens, {
    pooling: options.pooling === "auto" ? undefined : options.pooling,
    normalize: options.normalize,
    ...promptChanges(options),
    dimensions: options.dimensions ?? undefined,
  });
  const { dimension, tokenDimension, maxTokens, head, vocabulary, padToken } = described;
  if (options.prefix === null && options.prompt == null) notePrompt(name, head.prompt, onNote);
  const dtype = await findWeights(folder, options.dtype);
  (await openOrExplain(join(folder, "tokenizer.json"), "a file of a tokenizer")).close();
  const dense = denseOf(head).map((one) => join(relative(folder, one.folder), "model.safetensors"));
  const files = ["config.json", "tokenizer.json", weightsFile(dtype), `${weightsFile(dtype)}_data`, ...dense];
  const fingerprint = await fingerprintModel("transformers", folder, files, head, maxTokens);
  let opened: Promise<Opened> | undefined;
  const open = async (): Promise<Opened> => {
    const modules = await loadModules(head.modules);
    const tokenizer = await TextTokenizer.open(folder, { vocabulary }, head);
    const { env, AutoModel, Tensor } = await load();
    env.allowRemoteModels = false;
    env.logLevel = errorsOnly;
    const device = options.device === "auto" ? "cpu" : options.device;
    try {
      const network = await AutoModel.from_pretrained(folder, { local_files_only: true, dtype, device });
      return { tokenizer, modules, prompt: tokenizer.promptLength(head.prompt, maxTokens), network, Tensor };
    } catch (error) {
      const words = (error instanceof Error ? error.message : String(error)).split("\n")[0]!.replace(/\.$/, "");
      throw new DataError(`${folder} could not be opened by transformers.js: ${words}.`, { cause: error });
    }
  };
  return {
    name,
    dimension,
    fingerprint,
    maxTokens,
    batchSize: options.batchSize,
    async encode(texts) {
      const { tokenizer, modules, prompt, network, Tensor } = await (opened ??= open());
      const sequences = texts.map((text) => tokenizer.encode(head.prompt + text, maxTokens));
      const tokens = sequences.reduce((most, { length }) => Math.max(most, length), 0), dims = [texts.length, tokens];
      const ids = new BigInt64Array(texts.length * tokens).fill(BigInt(padToken));
      const mask = new BigInt64Array(texts.length * tokens);
      sequences.forEach((sequence, i) => {
        ids.set(sequence.map(BigInt), i * tokens);
        mask.fill(1n, i * tokens, i * tokens + sequence.length);
      });
      const outputs = await network({
        input_ids: new Tensor("int64", ids, dims),
        attention_mask: new Tensor("int64", mask, dims),
      });
      const hidden = outputs.last_hidden_state ?? outputs.token_embeddings;
      if (!hidden || hidden.dims.at(-1) !== tokenDimension) {
        throw new DataError(
          `${folder} gives ${Object.entries(outputs).map(([name, { dims }]) => `${name} [${dims.join(", ")}]`)}; ` +
            `last_hidden_state of width ${tokenDimension} is expected of a feature-extraction model.`,
        );
      }
      const states = Float64Array.from(hidden.data as ArrayLike<number>),
        rows = new Float32Array(texts.length * dimension);
      sequences.forEach(({ length }, i) => {
        const vectors = Array.from({ length }, (_, token) => {
          const at = (i * tokens + token) * tokenDimension;
          return states.subarray(at, at + tokenDimension);
        });
        rows.set(applyModules(modules, vectors, prompt), i * dimension);
      });
      return rows;
    },
    async [Symbol.asyncDispose]() {
      await (await opened?.catch(() => undefined))?.network.dispose();
    },
  };
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
