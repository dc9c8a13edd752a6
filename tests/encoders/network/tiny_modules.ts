import { join } from "node:path";
import { encodeSafetensors } from "../../../engine/files/write_safetensors.ts";
import type { SafetensorsTensor } from "../../../engine/files/safetensors_format.ts";
import { uniforms } from "../../engine/harness.ts";
import { put } from "../../temporary.ts";

/** A module of sentence-transformers with the settings of its `config.json`. */
export interface TinyModule {
  readonly kind: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Writes `modules.json` for an encoder with some modules behind it, and what it names; dense layers have random weights. */
export async function writeModules(folder: string, modules: readonly TinyModule[]): Promise<void> {
  const paths = modules.map(({ kind }, i) => `${i + 1}_${kind}`);
  const list = [{ kind: "Transformer" }, ...modules].map(({ kind }, idx) => {
    return { idx, name: String(idx), path: ["", ...paths][idx], type: `sentence_transformers.models.${kind}` };
  });
  await put(folder, "modules.json", JSON.stringify(list));
  for (const [i, { kind, config = {} }] of modules.entries()) {
    const below = join(folder, paths[i]!);
    await Deno.mkdir(below, { recursive: true });
    await put(below, "config.json", JSON.stringify(config));
    if (kind === "Dense") await put(below, "model.safetensors", encodeSafetensors(denseWeights(config, i)));
  }
}

function denseWeights(config: Readonly<Record<string, unknown>>, i: number): Map<string, SafetensorsTensor> {
  const [from, out] = [Number(config.in_features), Number(config.out_features)];
  const tensors = new Map<string, SafetensorsTensor>();
  const add = (name: string, seed: number, ...shape: number[]) =>
    tensors.set(name, { dtype: "F32", shape, data: uniforms(shape.reduce((a, b) => a * b), seed + i) });
  add("linear.weight", 10, out, from);
  if (config.bias) add("linear.bias", 20, out);
  if (config.use_residual && from !== out) add("residual.weight", 30, out, from);
  return tensors;
}
