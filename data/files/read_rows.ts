import { knownForm, packedForm } from "../../engine/files/file_kind.ts";
import { readFileOrExplain, refuseForeignKind } from "../../engine/files/files.ts";
import { DataError } from "../../kernels/errors.ts";
import { looksLikeCsv, noRecords, parseCsvRows } from "./csv_rows.ts";
import { type DataPaths, listDataFiles, nameData, recordsExpected, standardInput } from "./data_paths.ts";
import { unpackGzip } from "./gunzip.ts";
import { parseJsonArray } from "./json_records.ts";
import type { NoteTaker } from "../note_taker.ts";
import { readParquetRows } from "./parquet_rows.ts";
import { decodeText } from "./text_decoding.ts";

/** The rows of a file, not looked at yet. */
export interface RowFile {
  /** What messages call the file. */
  readonly name: string;
  readonly values: readonly unknown[];
  /** True for those before the damage of a damaged file. */
  readonly damaged: boolean;
}

/** How rows are read. */
export interface RowOptions {
  /** Take the whole rows before the damage of a JSON file. */
  readonly recover: boolean;
  readonly onNote: NoteTaker;
}

/**
 * Reads the rows of files, of a folder's files or of standard input: a JSON array, JSON lines, CSV, Parquet, or one of
 * these packed by gzip. What a file holds decides, not its name.
 *
 * @throws DataError naming the file, and the byte or the line where it is damaged
 */
export async function readRows(data: DataPaths, options: RowOptions): Promise<RowFile[]> {
  const files: RowFile[] = [];
  for (const path of await listDataFiles(data, options.onNote)) {
    const name = nameData(path), bytes = await readBytes(path);
    let damaged = false;
    const values = await rowsOf(bytes, name, { ...options, onDamage: () => damaged = true });
    files.push({ name, values, damaged });
  }
  return files;
}

/** Standard input can be read once; training reads its data again after a device was lost. */
let input: Promise<Uint8Array> | undefined;

async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  if (path !== standardInput) return await readFileOrExplain(path, recordsExpected, { anyKind: true });
  return (await (input ??= new Response(Deno.stdin.readable).bytes())).slice();
}

async function rowsOf(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
  options: RowOptions & { readonly onDamage: () => void },
  packed = false,
): Promise<readonly unknown[]> {
  const { onNote } = options, form = packedForm(bytes);
  if (form === "Parquet") return await readParquetRows(bytes, name);
  if (form === "gzip" && !packed) return await rowsOf(await unpackGzip(bytes, name), name, options, true);
  refuseForeignKind(bytes, name, recordsExpected);
  const known = knownForm(bytes);
  if (known && known !== "JSON text") throw new DataError(`${name} is ${known}; ${recordsExpected} is expected.`);
  const decoded = decodeText(bytes, name, onNote);
  // Gives the bytes of a large file back now, before its values are made.
  bytes.buffer.transfer(0);
  if (!looksLikeCsv(decoded.text)) {
    if (!decoded.damage && !/^\s*[[{]/.test(decoded.text)) throw noRecords(decoded.text, name);
    return parseJsonArray(decoded, name, options);
  }
  if (!decoded.damage) return parseCsvRows(decoded.text, name);
  throw new DataError(`${name} is damaged at byte ${decoded.damage.byte}: ${decoded.damage.problem}.`);
}
