import type { OpenFile } from "../../engine/platform/platform.ts";
import { DataError, MetrogradError } from "../../kernels/errors.ts";
import { readAt } from "./read_at.ts";

/**
 * The rows of a Parquet file as objects, as JSON would give them: whole numbers as numbers, dates as text, lists and
 * structures as they are.
 *
 * @throws DataError when the file is damaged or compressed in an unknown way
 */
export async function readParquetRows(bytes: Uint8Array, name: string): Promise<Record<string, unknown>[]> {
  // Most data is no Parquet.
  const { parquetReadObjects } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const file = bytes.slice().buffer;
  try {
    return (await parquetReadObjects({ file, compressors })).map((row) => plain(row) as Record<string, unknown>);
  } catch (error) {
    throw explainDamage(error, name);
  }
}

/** Bytes of rows, unpacked, that are read at once where a file is read piece by piece. */
const pieceBytes = 1 << 25;

/**
 * The same rows some at a time, so that a file may be larger than memory. A row group whose pages have an index
 * (`OffsetIndex`) is read page by page; of others each column is loaded packed.
 *
 * @param file is left open
 * @param onBytes told how many bytes of the file the rows of a piece stand for
 */
export async function* streamParquetRows(
  file: OpenFile,
  name: string,
  onBytes: (count: number) => void,
): AsyncGenerator<Record<string, unknown>[]> {
  const { parquetMetadataAsync, parquetReadObjects } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const { size } = await file.stat();
  // One position for all readers of a file: a read has to be over before the next one moves it.
  let last: Promise<unknown> = Promise.resolve();
  const slice = (from: number, to = size) => {
    const read = last.then(() => readAt(file, from, to - from, name));
    last = read.catch(() => {});
    return read.then(({ buffer }) => buffer);
  };
  const source = { byteLength: size, slice };
  try {
    const metadata = await parquetMetadataAsync(source);
    let first = 0;
    for (const { num_rows, total_byte_size } of metadata.row_groups) {
      const rows = Number(num_rows), step = Math.max(Math.ceil(rows * pieceBytes / (Number(total_byte_size) || 1)), 1);
      for (let from = 0; from < rows; from += step) {
        const range = { rowStart: first + from, rowEnd: first + Math.min(from + step, rows) };
        const read = await parquetReadObjects({ file: source, metadata, compressors, ...range });
        onBytes(size * read.length / Number(metadata.num_rows));
        yield read.map((row) => plain(row) as Record<string, unknown>);
      }
      first += rows;
    }
  } catch (error) {
    throw explainDamage(error, name);
  }
}

function explainDamage(error: unknown, name: string): unknown {
  if (!(error instanceof Error) || error instanceof MetrogradError) return error;
  return new DataError(`${name} is a damaged Parquet file: ${reason(error)}.`, { cause: error });
}

/** The reader's own words where it knows what is wrong; else it stumbled over the damage. */
function reason({ message }: Error): string {
  const known = /^parquet (?:file |unsupported )?([a-z][\w :,()!=.-]{1,200})$/i.exec(message);
  return known && !/undefined|NaN/.test(message)
    ? message.replace(/^parquet /, "").replace(/\.$/, "")
    : "its rows could not be read";
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array, plain);
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}
