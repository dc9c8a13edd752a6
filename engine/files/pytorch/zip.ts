import { DataError } from "../../../kernels/errors.ts";
import type { ByteSource } from "../byte_source.ts";

/** Where the bytes of a file in an archive are. */
export interface ZipEntry {
  readonly at: number;
  readonly size: number;
}

const endSignature = 0x06054b50, end64Signature = 0x06064b50, locatorSignature = 0x07064b50;
const entrySignature = 0x02014b50, localSignature = 0x04034b50;
const endSize = 22, locatorSize = 20, end64Size = 56, entrySize = 46, localSize = 30;

/** The longest comment of an archive. */
const longestComment = 0xffff;

/** The longest directory that is read; PyTorch's have some hundred bytes a tensor. */
const longestDirectory = 1 << 28;

/**
 * The files of a ZIP archive whose content is stored as it is, as PyTorch writes them, also beyond 4 GiB.
 *
 * @throws DataError when the archive is cut short, or something in it is compressed or encrypted
 * @see APPNOTE.TXT, the ".ZIP File Format Specification" of PKWARE, version 6.3
 */
export function readZipEntries(source: ByteSource): Map<string, ZipEntry> {
  const { path, size } = source;
  const damaged = (what: string) => new DataError(`${path} is no whole ZIP archive: ${what}.`);
  const read = (at: number, length: number) => {
    if (!(at >= 0 && at + length <= size)) throw damaged(`${length} bytes are expected at byte ${at} of ${size}`);
    return viewOf(source.readAt(at, length));
  };
  const { directory, length, count } = findDirectory(read, size, damaged);
  if (length > longestDirectory) throw damaged(`its directory claims ${length} bytes`);
  const view = read(directory, length), entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + entrySize > length || view.getUint32(at, true) !== entrySignature) {
      throw damaged(`entry ${i + 1} is missing`);
    }
    const flags = view.getUint16(at + 8, true), method = view.getUint16(at + 10, true);
    const nameSize = view.getUint16(at + 28, true), extraSize = view.getUint16(at + 30, true);
    const next = at + entrySize + nameSize + extraSize + view.getUint16(at + 32, true);
    if (next > length) throw damaged(`entry ${i + 1} is cut short`);
    const name = new TextDecoder().decode(new Uint8Array(view.buffer, at + entrySize, nameSize));
    if (method !== 0 || (flags & 1) !== 0) {
      throw new DataError(
        `${path}: ${JSON.stringify(name)} is compressed or encrypted; files of PyTorch store it as it is.`,
      );
    }
    const sizes = sizesOf(view, at, at + entrySize + nameSize, extraSize);
    const local = read(sizes.local, localSize);
    if (local.getUint32(0, true) !== localSignature) throw damaged(`the head of ${JSON.stringify(name)} is missing`);
    const begin = sizes.local + localSize + local.getUint16(26, true) + local.getUint16(28, true);
    if (begin + sizes.size > size) throw damaged(`${JSON.stringify(name)} is cut short`);
    entries.set(name, { at: begin, size: sizes.size });
    at = next;
  }
  return entries;
}

type Read = (at: number, length: number) => DataView;

const viewOf = (bytes: Uint8Array<ArrayBuffer>) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Where the central directory is, how long it is and how many entries it has. */
function findDirectory(read: Read, size: number, damaged: (what: string) => DataError) {
  const tail = Math.min(size, endSize + longestComment), view = read(size - tail, tail);
  let at = tail - endSize;
  while (at >= 0 && view.getUint32(at, true) !== endSignature) at--;
  if (at < 0) throw damaged("its end is missing");
  const end = size - tail + at;
  const plain = {
    count: view.getUint16(at + 10, true),
    length: view.getUint32(at + 12, true),
    directory: view.getUint32(at + 16, true),
  };
  if (plain.directory !== 0xffffffff && plain.length !== 0xffffffff && plain.count !== 0xffff) return plain;
  const locator = end >= locatorSize ? read(end - locatorSize, locatorSize) : null;
  if (locator?.getUint32(0, true) !== locatorSignature) return plain;
  const end64 = read(Number(locator.getBigUint64(8, true)), end64Size);
  if (end64.getUint32(0, true) !== end64Signature) throw damaged("its 64-bit end is missing");
  return {
    count: Number(end64.getBigUint64(32, true)),
    length: Number(end64.getBigUint64(40, true)),
    directory: Number(end64.getBigUint64(48, true)),
  };
}

/** Size and place of an entry; those that 32 bits do not hold stand in an extra field. */
function sizesOf(view: DataView, at: number, extra: number, extraSize: number) {
  const size = view.getUint32(at + 24, true), local = view.getUint32(at + 42, true);
  const stored = view.getUint32(at + 20, true);
  for (let field = extra; field + 4 <= extra + extraSize;) {
    const kind = view.getUint16(field, true), length = view.getUint16(field + 2, true);
    if (kind === 1 && field + 4 + length <= extra + extraSize) {
      // In this order, and only those that are 0xffffffff in the entry.
      let place = field + 4;
      const wide = (value: number) => {
        if (value !== 0xffffffff || place + 8 > field + 4 + length) return value;
        place += 8;
        return Number(view.getBigUint64(place - 8, true));
      };
      const whole = wide(size);
      wide(stored);
      return { size: whole, local: wide(local) };
    }
    field += 4 + length;
  }
  return { size, local };
}
