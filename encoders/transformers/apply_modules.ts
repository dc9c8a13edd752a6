import { join } from "node:path";
import { SafetensorsReader } from "../../engine/files/safetensors_reader.ts";
import { sameShape, shapeText } from "../../engine/tensors/shapes.ts";
import { unaryReferences } from "../../kernels/elementwise/unary.ref.ts";
import { DataError } from "../../kernels/errors.ts";
import type { DenseActivation, DenseSettings } from "../model_folder/dense_settings.ts";
import { type Pooling, type PoolingMode, poolingWeights } from "../model_folder/pooling.ts";
import type { SentenceModule } from "../model_folder/sentence_head.ts";

/** A dense layer with its weights. */
interface LoadedDense extends DenseSettings {
  readonly kind: "dense";
  /** [out, in] */
  readonly weight: Float32Array;
  /** [out]; null without one. */
  readonly offset: Float32Array | null;
  /** [out, in], for the residual; null where the input is added as it is, or not at all. */
  readonly projection: Float32Array | null;
}

/** A module with its weights, to be applied on the CPU. */
export type LoadedModule = Exclude<SentenceModule, { readonly kind: "dense" }> | LoadedDense;

/**
 * Reads the weights of dense layers.
 *
 * @throws DataError when a file is missing or damaged, or lacks a tensor of the shape that the settings call for
 */
export async function loadModules(modules: readonly SentenceModule[]): Promise<LoadedModule[]> {
  return await Promise.all(modules.map((module) => module.kind === "dense" ? loadDense(module) : module));
}

async function loadDense(module: DenseSettings & { readonly kind: "dense" }): Promise<LoadedDense> {
  const { folder, inFeatures, outFeatures, bias, residual } = module, path = join(folder, "model.safetensors");
  using file = await SafetensorsReader.open(path, "the weights of a dense layer");
  const read = async (name: string, ...shape: number[]) => {
    const tensor = file.tensors.get(name);
    if (!tensor) throw new DataError(`${path} lacks "${name}" ${shapeText(shape)}.`);
    if (!sameShape(tensor.shape, shape)) {
      throw new DataError(`${path}: "${name}" is ${shapeText(tensor.shape)}; ${shapeText(shape)} is expected.`);
    }
    return await tensor.read(0, shape.reduce((product, size) => product * size, 1));
  };
  return {
    ...module,
    weight: await read("linear.weight", outFeatures, inFeatures),
    offset: bias ? await read("linear.bias", outFeatures) : null,
    projection: residual && inFeatures !== outFeatures ? await read("residual.weight", outFeatures, inFeatures) : null,
  };
}

/**
 * Computes the vector of a text from those of its tokens.
 *
 * @param tokens hidden states, without padding
 * @param prompt how many tokens at the beginning belong to the prompt
 */
export function applyModules(
  modules: readonly LoadedModule[],
  tokens: readonly Float64Array[],
  prompt: number,
): Float64Array {
  let vectors = tokens;
  for (const module of modules) {
    if (module.kind === "pooling") vectors = [pool(vectors, module, prompt)];
    else if (module.kind === "truncate") vectors = vectors.map((x) => x.slice(0, module.dimensions));
    else vectors = vectors.map((x) => module.kind === "normalize" ? normalize(x) : dense(x, module));
  }
  return vectors[0]!;
}

function pool(tokens: readonly Float64Array[], { modes, includePrompt }: Pooling, prompt: number): Float64Array {
  return Float64Array.from(modes.flatMap((mode) => [...poolBy(mode, tokens, includePrompt ? 0 : prompt)]));
}

function poolBy(mode: PoolingMode, tokens: readonly Float64Array[], skipped: number): Float64Array {
  const pooled = new Float64Array(tokens[0]!.length);
  if (mode === "max") {
    return pooled.map((_, i) => tokens.slice(skipped).reduce((most, token) => Math.max(most, token[i]!), -Infinity));
  }
  const weights = poolingWeights(mode, tokens.length, skipped);
  tokens.forEach((token, t) => {
    if (weights[t] !== 0) token.forEach((value, i) => pooled[i]! += weights[t]! * value);
  });
  return pooled;
}

function normalize(x: Float64Array): Float64Array {
  const length = Math.hypot(...x);
  return length > 0 ? x.map((value) => value / length) : x;
}

const activations: Readonly<Record<DenseActivation, (x: number) => number>> = {
  Identity: (x) => x,
  Tanh: Math.tanh,
  Sigmoid: (x) => unaryReferences.sigmoid.value(x, 0, 0),
  ReLU: (x) => unaryReferences.relu.value(x, 0, 0),
  GELU: (x) => unaryReferences.gelu.value(x, 0, 0),
  SiLU: (x) => unaryReferences.silu.value(x, 0, 0),
  Softplus: (x) => unaryReferences.softplus.value(x, 0, 0),
};

function dense(
  x: Float64Array,
  { weight, offset, projection, residual, activation, outFeatures }: LoadedDense,
): Float64Array {
  return Float64Array.from({ length: outFeatures }, (_, row) => {
    const y = activations[activation](product(weight, row, x) + (offset?.[row] ?? 0));
    return residual ? y + (projection ? product(projection, row, x) : x[row]!) : y;
  });
}

/** A row of a matrix times a vector. */
function product(matrix: Float32Array, row: number, x: Float64Array): number {
  return x.reduce((sum, value, i) => sum + matrix[row * x.length + i]! * value, 0);
}
