import { DataError } from "../../kernels/errors.ts";
import { type ByteSource, openSource, sourceOf } from "./byte_source.ts";
import { kindBytes } from "./file_kind.ts";
import { refuseForeignKind } from "./files.ts";
import { type FileTensor, SafetensorsReader } from "./safetensors_reader.ts";

/** An open file of tensors. */
export interface WeightsFile extends Disposable {
  /** Path of the file, or what messages call the bytes. */
  readonly path: string;
  /** Tensors by name, in the order of the file. */
  readonly tensors: ReadonlyMap<string, FileTensor>;
}

/** How files begin that `torch.save` wrote before PyTorch 1.6: a pickle of protocol 2 with a number of ten bytes. */
const oldBeginning = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46];

/**
 * Opens a file of tensors: safetensors, or what `torch.save` writes of a state dict or of a checkpoint with one (.pth, .pt),
 * which is read without executing anything. What the file holds decides, not its name.
 *
 * @param what names the file for the message when it is missing: "the weights of a run"
 * @throws DataError naming the file when it is missing, damaged or of another format
 */
export async function openWeights(source: string | URL | Uint8Array, what = "a file of tensors"): Promise<WeightsFile> {
  const bytes = source instanceof Uint8Array
    ? sourceOf(source, "the bytes")
    : await openSource(source, what, { anyKind: true });
  return await weightsOf(bytes, what);
}

async function weightsOf(source: ByteSource, what: string): Promise<WeightsFile> {
  const { path } = source, beginning = source.readAt(0, Math.min(kindBytes, source.size));
  const begins = (bytes: readonly number[]) => bytes.every((byte, i) => beginning[i] === byte);
  if (begins([0x50, 0x4b, 3, 4])) {
    try {
      const { readPyTorchTensors } = await import("./pytorch/reader.ts");
      return { path, tensors: readPyTorchTensors(source), [Symbol.dispose]: () => source.close() };
    } catch (error) {
      source.close();
      throw error;
    }
  }
  if (begins(oldBeginning)) {
    source.close();
    throw new DataError(
      `${path} was written by torch.save of a version before 1.6; load it with PyTorch and save it again.`,
    );
  }
  try {
    refuseForeignKind(beginning, path, what);
  } catch (error) {
    source.close();
    throw error;
  }
  return SafetensorsReader.from(source);
}
