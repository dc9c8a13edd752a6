/**
 * The shared work in transformers.js: `transformers_js.ts cpu`, `dawn` or `webgpu`. Its build for Node.js has a CPU mode and
 * brings a WebGPU of its own, Dawn; its build for browsers takes the runtime's, which is the adapter that the bench is on.
 */
import { createRequire } from "node:module";
import { basename, dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { type Run, serve } from "./serve.ts";
import type { EncodeWork } from "./work.ts";

type Device = "cpu" | "dawn" | "webgpu";

/** The part of transformers.js that is used. */
interface Package {
  readonly env: {
    allowRemoteModels: boolean;
    allowLocalModels: boolean;
    localModelPath: string;
    readonly backends: { readonly onnx: { readonly wasm: { wasmPaths: { mjs: string; wasm: string } } } };
  };
  readonly AutoModel: { from_pretrained(name: string, options: object): Promise<Model> };
  readonly Tensor: new (type: "int64", data: BigInt64Array, dims: readonly number[]) => Tensor;
  mean_pooling(hidden: Tensor, mask: Tensor): Tensor;
}
type Model = (inputs: Readonly<Record<string, Tensor>>) => Promise<Readonly<Record<string, Tensor>>>;
interface Tensor {
  readonly data: ArrayLike<number>;
  normalize(): Tensor;
}

const device = Deno.args[0] as Device;

await serve(async (work) => {
  if (work.kind !== "encode") throw new Error(`${work.kind} is not written for this peer.`);
  return await encode(work);
});

async function encode({ folder, sequences }: EncodeWork): Promise<Run> {
  const { env, AutoModel, Tensor, mean_pooling } = await load();
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = pathToFileURL(dirname(folder)).href + "/";
  const name = device === "webgpu" ? basename(folder) : folder;
  const options = { local_files_only: true, dtype: "fp32", device: device === "cpu" ? "cpu" : "webgpu" };
  const model = await AutoModel.from_pretrained(name, options).catch((error: Error) => {
    if (!error.message.includes("No supported adapters")) throw error;
    throw new Error("onnxruntime-node's own WebGPU, Dawn, takes no adapter of this machine");
  });
  const shape = [sequences.length, sequences[0]!.length], ids = sequences.flat();
  const inputs = () => ({
    input_ids: new Tensor("int64", BigInt64Array.from(ids, BigInt), shape),
    attention_mask: new Tensor("int64", new BigInt64Array(ids.length).fill(1n), shape),
    token_type_ids: new Tensor("int64", new BigInt64Array(ids.length), shape),
  });
  const rows = async () => {
    const given = inputs(), { last_hidden_state, token_embeddings } = await model(given);
    return mean_pooling((last_hidden_state ?? token_embeddings)!, given.attention_mask).normalize().data;
  };
  return async (rounds) => {
    let all: ArrayLike<number> = [];
    for (let i = 0; i < rounds; i++) all = await rows();
    return Array.from(all).slice(0, all.length / sequences.length);
  };
}

async function load(): Promise<Package> {
  const main = import.meta.resolve("@huggingface/transformers");
  if (device !== "webgpu") return await import(main);
  const web: Package = await import(new URL("transformers.web.js", main).href);
  const { wasm } = web.env.backends.onnx, { mjs, wasm: binary } = wasm.wasmPaths;
  const runtime = dirname(createRequire(main).resolve("onnxruntime-web/webgpu"));
  const local = (url: string) => pathToFileURL(`${runtime}/${basename(url)}`).href;
  // Frozen, since it would put a blob: in its place, from which Deno lets no npm package import.
  wasm.wasmPaths = Object.freeze({ mjs: local(mjs), wasm: local(binary) });
  return web;
}
