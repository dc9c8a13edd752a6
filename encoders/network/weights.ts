import { join } from "node:path";
import { whatIsAt } from "../../engine/files/files.ts";
import type { Module } from "../../engine/nn/module.ts";
import { type FileTensor, SafetensorsReader } from "../../engine/files/safetensors_reader.ts";
import { sameShape, shapeText } from "../../engine/tensors/shapes.ts";
import { DataError, ShapeError } from "../../kernels/errors.ts";
import { readJsonObject } from "../../data/files/json_object.ts";

/** The tensors of a folder, in one file or in several. */
export class WeightFiles implements Disposable {
  private constructor(
    /** What messages call them. */
    readonly source: string,
    /** Tensors by name. */
    readonly tensors: ReadonlyMap<string, FileTensor>,
    /** Where they are. */
    readonly paths: readonly string[],
    readonly readers: readonly SafetensorsReader[],
  ) {}

  /**
   * Opens `model.safetensors`, or the files that `model.safetensors.index.json` names.
   *
   * @throws DataError when there is none of them, or one is damaged
   */
  static async open(folder: string): Promise<WeightFiles> {
    const single = join(folder, "model.safetensors"), index = `${single}.index.json`;
    const split = await whatIsAt(single) === "nothing" && await whatIsAt(index) === "file";
    if (!split) await explainOtherForms(folder, single);
    const paths = split ? await filesOf(folder, index) : [single];
    const readers: SafetensorsReader[] = [];
    try {
      for (const path of paths) readers.push(await SafetensorsReader.open(path, "the weights of an encoder"));
    } catch (error) {
      for (const reader of readers) reader[Symbol.dispose]();
      throw error;
    }
    const tensors = new Map(readers.flatMap(({ tensors }) => [...tensors]));
    return new WeightFiles(split ? index : single, tensors, paths, readers);
  }

  /**
   * Sets the values of all parameters.
   *
   * @param nameOf what the files call a parameter
   * @param prefix what may stand before all names in the files
   * @returns what the files call each parameter
   * @throws DataError when a tensor is missing, ShapeError when one has another shape
   */
  async load(module: Module, nameOf: (path: string) => string, prefix = ""): Promise<Map<string, string>> {
    const names = new Map<string, string>();
    for (const [path, parameter] of module.namedParameters()) {
      const usual = nameOf(path), { shape } = parameter;
      const name = spellings(usual).flatMap((one) => [one, prefix + one]).find((one) => this.tensors.has(one));
      if (!name) throw new DataError(`${this.source} lacks "${usual}" ${shapeText(shape)}.`);
      const found = this.tensors.get(name)!;
      if (!sameShape(found.shape, shape)) {
        const expected = `config.json calls for ${shapeText(shape)}`;
        throw new ShapeError(`${this.source}: "${name}" is ${shapeText(found.shape)}, but ${expected}.`);
      }
      names.set(path, name);
    }
    for (const [path, parameter] of module.namedParameters()) {
      const { read } = this.tensors.get(names.get(path)!)!;
      await parameter.engine.writeInPieces(parameter, read);
    }
    return names;
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    for (const reader of this.readers) reader[Symbol.dispose]();
  }
}

/** The names that files have had for a tensor. */
function spellings(name: string): string[] {
  return [name, name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")];
}

async function filesOf(folder: string, index: string): Promise<string[]> {
  const { weight_map: map } = await readJsonObject(index, "the index of an encoder's weights");
  const names = typeof map === "object" && map !== null ? [...new Set(Object.values(map))] : [];
  if (names.length === 0 || names.some((name) => typeof name !== "string" || /[\\/\p{Cc}]/u.test(name))) {
    throw new DataError(`${index} is damaged: its weight_map is expected to give the file of each tensor.`);
  }
  return names.map((name) => join(folder, name));
}

async function explainOtherForms(folder: string, expected: string): Promise<void> {
  if (await whatIsAt(expected) !== "nothing") return;
  for (const other of ["pytorch_model.bin", "tf_model.h5", "onnx"]) {
    if (await whatIsAt(join(folder, other)) === "nothing") continue;
    throw new DataError(`${folder} holds ${other} but no model.safetensors, which is the form that can be read.`);
  }
}
