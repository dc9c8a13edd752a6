import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { DataError } from "../../kernels/errors.ts";
import { longestText } from "./text_decoding.ts";

/**
 * Unpacks gzip. Unlike `DecompressionStream`, zlib takes several members behind one another, which parallel compressors
 * write, and stops at a limit.
 *
 * @throws DataError when the bytes are damaged or unpack to more than text can be read of
 */
export async function unpackGzip(packed: Uint8Array, name: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await promisify(gunzip)(packed, { maxOutputLength: longestText }));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = "code" in error ? error.code : "";
    if (code === "ERR_BUFFER_TOO_LARGE") {
      throw new DataError(`${name} unpacks to more than ${longestText} bytes; split it into several files.`, {
        cause: error,
      });
    }
    const problem = code === "Z_BUF_ERROR" ? "it ends before its content does" : error.message;
    throw new DataError(`${name} is a damaged gzip file: ${problem}.`, { cause: error });
  }
}
