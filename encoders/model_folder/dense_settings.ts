import { describeValue } from "../../engine/files/describe_value.ts";
import { platform } from "../../engine/platform/here.ts";
import { DataError } from "../../kernels/errors.ts";
import { type JsonObject, readJsonObject } from "../../data/files/json_object.ts";

const { join } = platform;

/** A dense layer of a sentence encoder: linear, then an activation. */
export interface DenseSettings {
  /** Folder of its weights. */
  readonly folder: string;
  /** Input dimensions. */
  readonly inFeatures: number;
  /** Output dimensions. */
  readonly outFeatures: number;
  /** Whether it has a bias. */
  readonly bias: boolean;
  /** Applied after the linear layer. */
  readonly activation: DenseActivation;
  /** Whether the input is added to the output, through a matrix of its own where their dimensions differ. */
  readonly residual: boolean;
}

/** Activations by the last part of their name in PyTorch. */
export const denseActivations = ["Identity", "Tanh", "Sigmoid", "ReLU", "GELU", "SiLU", "Softplus"] as const;

/** One of `denseActivations`. */
export type DenseActivation = typeof denseActivations[number];

/**
 * Reads `config.json` of a dense layer.
 *
 * @throws DataError when it is missing or damaged, or its activation is unknown
 */
export async function readDense(folder: string): Promise<DenseSettings & { readonly config: JsonObject }> {
  const path = join(folder, "config.json"), config = await readJsonObject(path, "the settings of a dense layer");
  const { activation_function: activation = "torch.nn.modules.activation.Tanh" } = config;
  const name = typeof activation === "string"
    ? /^torch\.nn\.(?:modules\.\w+\.)?(\w+)$/.exec(activation)?.[1]
    : undefined;
  const known = denseActivations.find((one) => one === name);
  if (!known) {
    const found = describeValue(activation), names = denseActivations.join(", ");
    throw new DataError(`${path} has the activation_function ${found}; known are PyTorch's ${names}.`);
  }
  return {
    folder,
    inFeatures: sizeOf(config, "in_features", path),
    outFeatures: sizeOf(config, "out_features", path),
    bias: flagOf(config, "bias", path, true),
    activation: known,
    residual: flagOf(config, "use_residual", path, false),
    config,
  };
}

function sizeOf(config: JsonObject, key: string, path: string): number {
  const value = config[key];
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
  throw new DataError(`${path}: "${key}" is ${describeValue(value)}; a positive integer is expected.`);
}

function flagOf(config: JsonObject, key: string, path: string, usual: boolean): boolean {
  const value = config[key] ?? usual;
  if (typeof value === "boolean") return value;
  throw new DataError(`${path}: "${key}" is ${describeValue(value)}; true or false is expected.`);
}
