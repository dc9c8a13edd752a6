import { whatIsAt } from "../../engine/files/files.ts";
import type { Module } from "../../engine/nn/module.ts";
import { type FileTensor, SafetensorsReader } from "../../engine/files/safetensors_reader.ts";
import { sameShape, shapeText } from "../../engine/tensors/shapes.ts";
import type { Shape } from "../../engine/tensors/storage.ts";
import { platform } from "../../engine/platform/here.ts";
import { DataError, ShapeError } from "../../kernels/errors.ts";
import { readJsonObject } from "../../data/files/json_object.ts";

const { join } = platform;

/** Where a file may keep a parameter: a tensor, or one of the equal parts that its rows are divided into. */
export interface TensorPlace {
  readonly name: string;
  /** Which part, from 0. */
  readonly part?: number;
  /** How many parts there are; 1 by default. */
  readonly parts?: number;
}

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
   * @param placesOf where the files may keep a parameter, the likeliest place first
   * @param prefix what may stand before all names in the files
   * @returns where the files keep each parameter
   * @throws DataError when a tensor is missing, ShapeError when one has another shape
   */
  async load(
    module: Module,
    placesOf: (path: string) => readonly TensorPlace[],
    prefix = "",
  ): Promise<Map<string, TensorPlace>> {
    const places = new Map<string, TensorPlace>();
    for (const [path, parameter] of module.namedParameters()) {
      const known = placesOf(path), { shape } = parameter;
      const spelt = known.flatMap((one) =>
        spellings(one.name).flatMap((name) => [name, prefix + name]).map((name) => ({ ...one, name }))
      );
      const place = spelt.find(({ name }) => this.tensors.has(name));
      if (!place) {
        throw new DataError(`${this.source} lacks "${known[0]!.name}" ${shapeText(wholeShape(shape, known[0]!))}.`);
      }
      const found = this.tensors.get(place.name)!, expected = wholeShape(shape, place);
      if (!sameShape(found.shape, expected)) {
        throw new ShapeError(
          `${this.source}: "${place.name}" is ${shapeText(found.shape)}, but config.json calls for ${
            shapeText(expected)
          }.`,
        );
      }
      places.set(path, place);
    }
    for (const [path, parameter] of module.namedParameters()) {
      const { name, part = 0 } = places.get(path)!, { read } = this.tensors.get(name)!, start = part * parameter.size;
      await parameter.engine.writeInPieces(parameter, (from, count) => read(start + from, count));
    }
    return places;
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    for (const reader of this.readers) reader[Symbol.dispose]();
  }
}

/** The shape of a tensor that holds a parameter among other parts. */
function wholeShape([rows = 1, ...rest]: Shape, { parts = 1 }: TensorPlace): Shape {
  return [rows * parts, ...rest];
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
