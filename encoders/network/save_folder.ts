import { fillFolder, listFolderOrExplain, readFileOrExplain, writeAtomically } from "../../engine/files/files.ts";
import type { Module } from "../../engine/nn/module.ts";
import { platform } from "../../engine/platform/here.ts";
import { type StreamedTensor, writeSafetensors } from "../../engine/files/write_safetensors.ts";
import type { FileTensor } from "../../engine/files/safetensors_reader.ts";
import { UsageError } from "../../kernels/errors.ts";
import { type TensorPlace, WeightFiles } from "./weights.ts";

const { basename, join, resolve } = platform;

/** Weights of a module, and the folder and names under which they were found. */
export interface SavedWeights {
  /** Whose weights are written. */
  readonly module: Module;
  /** Where the old ones lie. */
  readonly folder: string;
  /** Their places there, by path in the module. */
  readonly places: ReadonlyMap<string, TensorPlace>;
}

/** Endings of the files beside the weights: settings, vocabularies. */
const copied = /\.(json|txt|model)$/;
const leftOut = /\.safetensors\.index\.json$/;
/** Floats that are read and written at once. */
const pieceLength = 1 << 20;

/**
 * Writes a folder like another, with new weights: settings and tokenizer are copied, tensors that no module has (such as
 * BERT's pooler) are taken over. Everything is f32, in one file a module. When it fails, nothing is left where nothing was.
 *
 * @throws UsageError when both folders are the same; DataError or MetrogradError when a file cannot be read or written
 */
export async function saveFolder(source: string, target: string, weights: readonly SavedWeights[]): Promise<void> {
  if (resolve(source) === resolve(target)) {
    throw new UsageError(`${target} is where the encoder was read from; name another.`);
  }
  await fillFolder(target, async () => {
    for (const name of await filesBelow(source)) {
      const content = await readFileOrExplain(join(source, name), "a file of an encoder", { anyKind: true });
      await writeAtomically(
        join(target, name),
        basename(name) === "config.json" ? inSinglePrecision(content) : content,
      );
    }
    for (const { module, folder, places } of weights) {
      using old = await WeightFiles.open(folder);
      const tensors = new Map<string, StreamedTensor>();
      for (const [name, tensor] of old.tensors) {
        if (/^B?F\d/.test(tensor.dtype)) tensors.set(name, copyOf(tensor));
      }
      for (const [name, parts] of partsByName(module, places)) tensors.set(name, joined(parts));
      const path = join(target, resolve(folder).slice(resolve(source).length), "model.safetensors");
      await writeSafetensors(path, tensors, { format: "pt" });
    }
  });
}

/** The parameters that each tensor of a file holds, in order. */
function partsByName(module: Module, places: ReadonlyMap<string, TensorPlace>): Map<string, StreamedTensor[]> {
  const found = new Map<string, StreamedTensor[]>();
  for (const [path, streamed] of module.streamState()) {
    const { name, part = 0 } = places.get(path)!, parts = found.get(name) ?? [];
    parts[part] = streamed;
    found.set(name, parts);
  }
  return found;
}

/** Tensors below each other. */
function joined(parts: readonly StreamedTensor[]): StreamedTensor {
  if (parts.length === 1) return parts[0]!;
  const [{ dtype, shape: [, ...rest] }] = parts as [StreamedTensor];
  return {
    dtype,
    shape: [parts.reduce((rows, { shape }) => rows + shape[0]!, 0), ...rest],
    async *pieces() {
      for (const part of parts) yield* part.pieces();
    },
  };
}

/** Settings that say that the weights are f32, where they say of what they are. */
function inSinglePrecision(config: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(config);
  return new TextEncoder().encode(text.replace(/("(?:torch_)?dtype"\s*:\s*)"\w+"/, '$1"float32"'));
}

/** Paths of the files to copy, those of folders within among them. */
async function filesBelow(folder: string, within = ""): Promise<string[]> {
  const found: string[] = [];
  for (const name of (await listFolderOrExplain(join(folder, within), "the folder of an encoder")).toSorted()) {
    const path = join(within, name), { isDirectory } = await platform.files.stat(join(folder, path));
    if (isDirectory) found.push(...await filesBelow(folder, path));
    else if (copied.test(name) && !leftOut.test(name)) found.push(path);
  }
  return found;
}

/** The values of a tensor of another file as f32. */
function copyOf({ shape, read }: FileTensor): StreamedTensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return {
    dtype: "F32",
    shape,
    async *pieces() {
      for (let from = 0; from < count; from += pieceLength) {
        const values = await read(from, Math.min(pieceLength, count - from));
        yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      }
    },
  };
}
