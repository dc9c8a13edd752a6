import { join } from "node:path";
import { Linear } from "../../engine/nn/linear.ts";
import type { ModuleOptions } from "../../engine/nn/module.ts";
import { whatIsAt } from "../../engine/files.ts";
import { DataError } from "../../kernels/errors.ts";
import { type JsonObject, readJson, readJsonObject, readJsonObjectIfThere } from "./json_file.ts";

/** How the vectors of tokens become one: their mean, the first one or the greatest of each number. */
export type Pooling = "mean" | "cls" | "max";

/** A linear layer behind the pooling. */
export interface DenseHead {
  /** Where its weights are. */
  readonly folder: string;
  /** Numbers that come in. */
  readonly inFeatures: number;
  /** Numbers that come out. */
  readonly outFeatures: number;
  /** Whether it has a bias. */
  readonly bias: boolean;
  /** Whether a hyperbolic tangent follows. */
  readonly tanh: boolean;
}

/** What follows the encoder: sentence-transformers' modules. */
export interface SentenceHead {
  /** Where the encoder itself lies. */
  readonly folder: string;
  /** How the vectors of tokens become one. */
  readonly pooling: Pooling;
  /** Linear layers behind the pooling. */
  readonly dense: readonly DenseHead[];
  /** Whether rows are brought to length 1. */
  readonly normalize: boolean;
  /** Most tokens of a text; null where no file says. */
  readonly maxTokens: number | null;
  /** Whether texts are put in lower case first. */
  readonly lowerCase: boolean;
}

/**
 * Reads `modules.json` and what it names. A folder without it is an encoder alone: the mean of its tokens, of length 1.
 *
 * @throws DataError when a module is unknown or its settings are not what they have to be
 */
export async function readSentenceHead(folder: string): Promise<SentenceHead> {
  const path = join(folder, "modules.json"), listed = await whatIsAt(path) === "file";
  const modules = listed ? await readJson(path, "a list of sentence-transformers' modules") : [];
  if (!Array.isArray(modules)) {
    throw new DataError(`${path} holds no list; sentence-transformers' modules are expected.`);
  }
  let encoderFolder = folder, pooling: Pooling = "mean", normalize = !listed;
  const dense: DenseHead[] = [];
  for (const { type, path: name } of modules as { type?: unknown; path?: unknown }[]) {
    const below = join(folder, typeof name === "string" ? name : "");
    switch (typeof type === "string" ? type.split(".").at(-1) : undefined) {
      case "Transformer":
        encoderFolder = below;
        break;
      case "Pooling":
        pooling = await readPooling(join(below, "config.json"));
        break;
      case "Dense":
        dense.push(await readDense(below));
        break;
      case "Normalize":
        normalize = true;
        break;
      default:
        throw new DataError(
          `${path} names the module ${JSON.stringify(type)}; known are Transformer, Pooling, Dense and Normalize.`,
        );
    }
  }
  const limits = await readJsonObjectIfThere(join(encoderFolder, "sentence_bert_config.json"), "a limit of tokens");
  const { max_seq_length: most, do_lower_case: lowerCase } = limits;
  const maxTokens = typeof most === "number" ? most : null;
  return { folder: encoderFolder, pooling, dense, normalize, maxTokens, lowerCase: lowerCase === true };
}

/** Makes the layer of a head, whose values are loaded next. */
export function denseLayer(options: ModuleOptions, { inFeatures, outFeatures, bias }: DenseHead): Linear {
  return new Linear(options, inFeatures, outFeatures, { bias, draw: false });
}

async function readPooling(path: string): Promise<Pooling> {
  const config = await readJsonObjectIfThere(path, "the settings of a pooling");
  const on = Object.keys(config).filter((key) => key.startsWith("pooling_mode_") && config[key] === true);
  if (Object.keys(config).length === 0) return "mean";
  const names = {
    pooling_mode_mean_tokens: "mean",
    pooling_mode_cls_token: "cls",
    pooling_mode_max_tokens: "max",
  } as const;
  const [key, ...others] = on;
  if (key !== undefined && Object.hasOwn(names, key) && others.length === 0) return names[key as keyof typeof names];
  throw new DataError(
    `${path} asks for ${on.join(" and ") || "no pooling"}; one of ${Object.keys(names).join(", ")} is expected.`,
  );
}

async function readDense(folder: string): Promise<DenseHead> {
  const path = join(folder, "config.json"), config = await readJsonObject(path, "the settings of a dense layer");
  const { bias, activation_function: activation } = config;
  const name = typeof activation === "string" ? activation.split(".").at(-1) : undefined;
  if (name !== "Tanh" && name !== "Identity") {
    const found = JSON.stringify(activation);
    throw new DataError(`${path} has the activation_function ${found}; known are Tanh and Identity.`);
  }
  const [inFeatures, outFeatures] = [sizeOf(config, "in_features", path), sizeOf(config, "out_features", path)];
  return { folder, inFeatures, outFeatures, bias: bias !== false, tanh: name === "Tanh" };
}

function sizeOf(config: JsonObject, key: string, path: string): number {
  const value = config[key];
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
  throw new DataError(`${path}: "${key}" is ${JSON.stringify(value)}; a positive integer is expected.`);
}
