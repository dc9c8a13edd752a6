import { DataError } from "../../kernels/errors.ts";

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
    if (!(error instanceof Error)) throw error;
    throw new DataError(`${name} is a damaged Parquet file: ${reason(error)}.`, { cause: error });
  }
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
