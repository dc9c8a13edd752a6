import type { StreamedTensor } from "../files/write_safetensors.ts";
import type { Tensor } from "../tensors/tensor.ts";

/** Values of a model by path of the parameter or buffer, such as `lin.0.weight`: shapes and row-major elements. */
export type StateDict = Map<string, { readonly shape: readonly number[]; readonly data: Float32Array<ArrayBuffer> }>;

/** A tensor's values, read from the GPU when they are asked for. */
export function streamed(tensor: Tensor): StreamedTensor {
  return { dtype: "F32", shape: tensor.shape, pieces: () => tensor.engine.readInPieces(tensor) };
}

/** A number as a tensor of a file. */
export function streamedNumber(value: number): StreamedTensor {
  const bytes = new Uint8Array(Float32Array.of(value).buffer);
  return {
    dtype: "F32",
    shape: [],
    pieces: async function* () {
      yield bytes;
    },
  };
}
