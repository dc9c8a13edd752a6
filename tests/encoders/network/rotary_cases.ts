import assert from "node:assert/strict";
import { join } from "node:path";
import { backward } from "../../../engine/autograd.ts";
import type { Engine } from "../../../engine/engine.ts";
import { encodeSafetensors } from "../../../engine/files/write_safetensors.ts";
import type { SafetensorsTensor } from "../../../engine/files/safetensors_format.ts";
import { rotaryPlaces } from "../../../encoders/network/rotary/rotary_architectures.ts";
import { RotaryNetwork } from "../../../encoders/network/rotary/rotary_network.ts";
import { SentenceEncoder } from "../../../encoders/network/sentence_encoder.ts";
import type { PoolingMode } from "../../../encoders/model_folder/pooling.ts";
import { put } from "../../temporary.ts";
import { writeTinyEncoder } from "./tiny_encoder.ts";

/** A gradient: its sum, its largest magnitude, and some of its elements. */
interface Samples {
  readonly sum: number;
  readonly largest: number;
  readonly at: readonly (readonly [index: number, value: number])[];
}

/** What make_rotary.py writes of an encoder. */
export interface RotaryCase {
  readonly config: Readonly<Record<string, unknown>>;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly pooling: PoolingMode;
  readonly texts: readonly (readonly number[])[];
  /** Hidden states of the first and the last token of each text. */
  readonly hidden: readonly (readonly [number[], number[]])[];
  readonly rows: readonly number[][];
  /** By transformers' names. */
  readonly gradients: Readonly<Record<string, Samples>>;
}

/** Numbers on [-1/4, 1/4), those of hashed() in make_rotary.py. */
function hashed(count: number, seed: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, (_, i) => {
    let h = (i + Math.imul(seed, 0x9e3779b9)) >>> 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b) >>> 0;
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) >>> 0;
    h = (h ^ (h >>> 16)) >>> 0;
    return ((h >>> 8) - 8388608) * 2 ** -25;
  });
}

/** Writes the folder of a case; its tokenizer is another's, since its texts are tokens already. */
export async function writeRotaryFolder(folder: string, { config, shapes, pooling }: RotaryCase): Promise<void> {
  await writeTinyEncoder(folder, "bert");
  const shifted = String(config.model_type).startsWith("gemma"), tensors = new Map<string, SafetensorsTensor>();
  Object.keys(shapes).sort().forEach((name, seed) => {
    const shape = shapes[name]!, count = shape.reduce((a, b) => a * b, 1);
    const spread = shape.length === 2 ? 2 ** Math.round(Math.log2(4 * count ** -0.25)) : 1;
    const one = name.toLowerCase().includes("norm") && name.endsWith("weight") && !shifted ? 1 : 0;
    tensors.set(name, { dtype: "F32", shape, data: hashed(count, seed).map((value) => one + spread * value) });
  });
  await put(folder, "model.safetensors", encodeSafetensors(tensors, { format: "pt" }));
  await put(folder, "config.json", JSON.stringify(config));
  await Deno.mkdir(join(folder, "1_Pooling"), { recursive: true });
  const mode = pooling === "mean" ? "mean_tokens" : pooling;
  await put(join(folder, "1_Pooling"), "config.json", JSON.stringify({ [`pooling_mode_${mode}`]: true }));
}

/** How far an encoder's numbers are from transformers', as shares of the largest of their kind. */
export interface RotaryErrors {
  readonly hidden: number;
  readonly rows: number;
  /** Of a gradient's elements, and the parameter they belong to. */
  readonly gradient: number;
  readonly worst: string;
}

/** Runs an encoder on the texts of its case, in one batch, there and back. */
export async function compareRotary(
  engine: Engine,
  folder: string,
  expected: RotaryCase,
  precision: "f32" | "f16" = "f32",
): Promise<RotaryErrors> {
  using encoder = await SentenceEncoder.open(engine, folder, { normalize: false, precision });
  const network = encoder.network.encoder as RotaryNetwork, parameters = network.namedParameters();
  assert.ok(network instanceof RotaryNetwork);
  const upstream = expected.rows.flatMap((row, j) => [...hashed(row.length, 1000 + j)]);
  const batch = network.batch(engine, expected.texts);
  const [states, rows] = await engine.step(() => {
    const rows = encoder.forward(expected.texts);
    backward(rows, engine.tensor(rows.shape, upstream));
    return [engine.noGrad(() => network.forward(batch)), rows] as const;
  });
  const [hidden, pooled] = await engine.read([states, rows]), { width } = network.config, tokens = states.shape[1]!;
  const found = expected.texts.flatMap((text, j) =>
    [0, text.length - 1].flatMap((
      at,
    ) => [...hidden!.subarray((j * tokens + at) * width, (j * tokens + at + 1) * width)])
  );
  const gradients = await gradientsByName(network, new Set(Object.keys(expected.gradients)));
  assert.equal(gradients.size, Object.keys(expected.gradients).length);
  let gradient = 0, worst = "";
  for (const [name, values] of gradients) {
    const { at, largest, sum } = expected.gradients[name]!;
    const errors = at.map(([i, value]) => Math.abs(values[i]! - value));
    errors.push(Math.abs(values.reduce((a, b) => a + b, 0) - sum) / Math.sqrt(values.length));
    const error = Math.max(...errors) / Math.max(largest, 1e-3);
    if (error > gradient) [gradient, worst] = [error, name];
  }
  for (const parameter of parameters.values()) parameter.zeroGrad();
  for (const tensor of [states, rows]) tensor.dispose();
  return {
    hidden: differenceOf(found, expected.hidden.flat(2)),
    rows: differenceOf([...pooled!], expected.rows.flat()),
    gradient,
    worst,
  };
}

function differenceOf(found: readonly number[], expected: readonly number[]): number {
  assert.equal(found.length, expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...found.map((value, i) => Math.abs(value - expected[i]!))) / largest;
}

/** Gradients by the names that transformers has for parameters, their parts put together. */
async function gradientsByName(network: RotaryNetwork, names: ReadonlySet<string>): Promise<Map<string, Float32Array>> {
  const parts = new Map<string, Float32Array[]>();
  for (const [path, parameter] of network.namedParameters()) {
    const place = rotaryPlaces(network.config.architecture, path).find(({ name }) => names.has(name));
    assert.ok(place, path);
    const all = parts.get(place.name) ?? [];
    all[place.part ?? 0] = await parameter.grad.data();
    parts.set(place.name, all);
  }
  return new Map([...parts].map(([name, all]) => [name, Float32Array.from(all.flatMap((one) => [...one]))]));
}
