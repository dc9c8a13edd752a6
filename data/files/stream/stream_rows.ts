import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { kindBytes, knownForm, packedForm } from "../../../engine/files/file_kind.ts";
import { openOrExplain, refuseForeignKind } from "../../../engine/files/files.ts";
import type { OpenFile } from "../../../engine/platform/platform.ts";
import { DataError } from "../../../kernels/errors.ts";
import { looksLikeCsv, noRecords } from "../csv_rows.ts";
import { nameData, recordsExpected, standardInput } from "../data_paths.ts";
import { readParquetRows, streamParquetRows } from "../parquet_rows.ts";
import { CsvPieces } from "./csv_pieces.ts";
import { JsonElements } from "./json_elements.ts";

type Bytes = AsyncIterable<Uint8Array<ArrayBuffer>>;

/** Bytes that are read at once. */
const pieceBytes = 1 << 20;

/**
 * The rows of a file or of standard input some at a time, so that there may be more than memory holds: a JSON array, JSON
 * lines, CSV or Parquet, or one of these packed by gzip. Text is UTF-8, or UTF-16 with a byte order mark. Of Parquet that
 * is packed, or comes by standard input, all bytes are loaded.
 *
 * @param onBytes told how many bytes of the file were read
 * @returns rows, with `pause` among them where an empty line stands between JSON lines
 * @throws DataError naming the file, and the row where it is damaged
 */
export async function* streamRows(
  path: string,
  onBytes: (count: number) => void = () => {},
): AsyncGenerator<unknown[]> {
  const name = nameData(path);
  if (path === standardInput) {
    yield* rowsOf(Deno.stdin.readable, name, false);
    return;
  }
  using file = await openOrExplain(path, recordsExpected, { packed: true });
  const head = new Uint8Array(kindBytes), length = await file.read(head) ?? 0;
  if (packedForm(head.subarray(0, length)) === "Parquet") {
    yield* streamParquetRows(file, name, onBytes);
    return;
  }
  await file.seek(0, 0);
  yield* rowsOf(piecesOf(file, onBytes), name, false);
}

async function* piecesOf(file: OpenFile, onBytes: (count: number) => void): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (;;) {
    const piece = new Uint8Array(pieceBytes), count = await file.read(piece);
    if (count === null) return;
    onBytes(count);
    yield piece.subarray(0, count);
  }
}

async function* rowsOf(bytes: Bytes, name: string, unpacked: boolean): AsyncGenerator<unknown[]> {
  const { head, all } = await beginning(bytes), form = packedForm(head);
  if (head.length === 0) throw new DataError(`${name} is empty.`);
  if (form === "Parquet") {
    yield await readParquetRows(await new Response(ReadableStream.from(all)).bytes(), name);
  } else if (form === "gzip" && !unpacked) yield* rowsOf(unpack(all, name), name, true);
  else {
    refuseForeignKind(head, name, recordsExpected);
    const known = knownForm(head);
    if (known && known !== "JSON text") throw new DataError(`${name} is ${known}; ${recordsExpected} is expected.`);
    yield* textRows(decode(all, name), name);
  }
}

async function* textRows(texts: AsyncIterable<string>, name: string): AsyncGenerator<unknown[]> {
  let rows: CsvPieces | JsonElements | undefined, begun = "";
  for await (const piece of texts) {
    begun += piece;
    // A first line that is not whole yet may be that of a table; one of JSON begins like nothing else.
    if (!rows && !/^\s*[[{]/.test(begun) && !/[\r\n]+[^\r\n]/.test(begun)) continue;
    rows ??= readerOf(begun, name);
    const found = rows.push(begun);
    begun = "";
    if (found.length > 0) yield found;
  }
  rows ??= readerOf(begun, name);
  if (begun !== "") yield rows.push(begun);
  const last = rows.end();
  if (last.length > 0) yield last;
}

function readerOf(text: string, name: string): CsvPieces | JsonElements {
  if (/^\s*[[{]/.test(text)) return new JsonElements(name);
  if (looksLikeCsv(text)) return new CsvPieces(name);
  throw noRecords(text, name);
}

/** The first bytes, and all of them from the first again. */
async function beginning(bytes: Bytes): Promise<{ readonly head: Uint8Array; readonly all: Bytes }> {
  const iterator = bytes[Symbol.asyncIterator](), first: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  while (length < kindBytes) {
    const { done, value } = await iterator.next();
    if (done) break;
    first.push(value);
    length += value.length;
    // Whoever writes JSON lines to a pipe may wait for what becomes of the first.
    if (value.at(-1) === newline) break;
  }
  const head = new Uint8Array(length);
  first.reduce((at, piece) => (head.set(piece, at), at + piece.length), 0);
  const all = async function* () {
    yield* first;
    yield* { [Symbol.asyncIterator]: () => iterator };
  };
  return { head: head.subarray(0, kindBytes), all: all() };
}

const newline = 10;

async function* unpack(bytes: Bytes, name: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const gunzip = createGunzip();
  // A failure of either is thrown where what was unpacked is read.
  pipeline(Readable.from(bytes), gunzip, () => {});
  try {
    for await (const piece of gunzip) yield piece;
  } catch (error) {
    if (!(error instanceof Error) || error instanceof DataError) throw error;
    const isCut = "code" in error && error.code === "Z_BUF_ERROR";
    const problem = isCut ? "it ends before its content does" : error.message;
    throw new DataError(`${name} is a damaged gzip file: ${problem}.`, { cause: error });
  }
}

async function* decode(bytes: Bytes, name: string): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined, at = 0;
  for await (const piece of bytes) {
    const [a, b] = piece, isMarked = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff);
    decoder ??= new TextDecoder(!isMarked ? "utf-8" : a === 0xff ? "utf-16le" : "utf-16be", { fatal: true });
    try {
      yield decoder.decode(piece, { stream: true });
    } catch (error) {
      throw new DataError(
        `${name} is damaged between byte ${at} and byte ${at + piece.length}: it is not valid UTF-8.`,
        { cause: error },
      );
    }
    at += piece.length;
  }
  try {
    yield decoder?.decode() ?? "";
  } catch (error) {
    throw new DataError(`${name} is damaged at byte ${at}: the file ends inside a character.`, { cause: error });
  }
}
