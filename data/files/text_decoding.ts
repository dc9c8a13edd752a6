import { DataError } from "../../kernels/errors.ts";
import type { NoteTaker } from "../note_taker.ts";

/** Text of a file, and the way from its characters back to the file's bytes. */
export interface DecodedText {
  readonly text: string;
  /** Offset in the file of the character at `index` of the text (a UTF-16 code unit, as strings count). */
  byteOffset(index: number): number;
  /** Set when the text ends early, at a byte that is not valid in a file that is otherwise UTF-8. */
  readonly damage?: { readonly byte: number; readonly problem: string };
}

/** V8 holds strings of up to 2^29 - 24 characters. */
export const longestText = 2 ** 29 - 24;

/**
 * Decodes the bytes of a text file. UTF-8 is expected; UTF-16 (with a byte order mark, or without one where the file
 * starts with an ASCII character) and Windows-1252, which contains Latin-1, are decoded with a note. A file that is
 * mostly UTF-8 but has bytes that are not is decoded up to the first of them, which is given as `damage`.
 *
 * @param name the file's name, for notes and errors
 * @throws DataError when the file is empty, longer than a string can be, or UTF-32
 */
export function decodeText(
  bytes: Uint8Array,
  name: string,
  onNote: NoteTaker = () => {},
): DecodedText {
  if (bytes.length === 0) throw new DataError(`${name} is empty.`);
  if (bytes.length > longestText) {
    throw new DataError(`${name} has ${bytes.length} bytes; text files of up to ${longestText} bytes can be read.`);
  }
  const [b0, b1, b2, b3] = bytes;
  if ((b0 === 0 && b1 === 0) || (b0 === 0xff && b1 === 0xfe && b2 === 0 && b3 === 0)) {
    throw new DataError(`${name} looks like UTF-32 text; save it as UTF-8.`);
  }
  const mark = (b0 === 0xff && b1 === 0xfe) || (b0 === 0xfe && b1 === 0xff) ? 2 : 0;
  if (mark > 0 || (b0 === 0) !== (b1 === 0)) {
    const littleEndian = mark > 0 ? b0 === 0xff : b1 === 0;
    onNote(`${name} is UTF-16 text; it was decoded as such.`);
    const text = new TextDecoder(littleEndian ? "utf-16le" : "utf-16be", { ignoreBOM: true }).decode(
      bytes.subarray(mark, bytes.length - (bytes.length % 2)),
    );
    return { text, byteOffset: (index) => mark + 2 * index };
  }
  return decodeBytes(bytes, name, onNote);
}

function decodeBytes(bytes: Uint8Array, name: string, onNote: NoteTaker): DecodedText {
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const body = bytes.subarray(mark);
  const fromUtf8 = (text: string) => ({
    text,
    byteOffset: (index: number) => mark + new TextEncoder().encode(text.slice(0, index)).length,
  });
  try {
    return fromUtf8(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body));
  } catch {
    // Not UTF-8 throughout; what follows finds out whether it is damaged UTF-8 or another encoding.
  }
  const { validEnd, validSequences, invalidBytes } = surveyUtf8(body);
  const cut = endsInsideCharacter(body, validEnd);
  if (!cut && mark === 0 && invalidBytes > validSequences && isWindows1252Text(body)) {
    onNote(`${name} is not UTF-8; it was decoded as Windows-1252 (Latin-1).`);
    return { text: new TextDecoder("windows-1252").decode(body), byteOffset: (index) => index };
  }
  const found = `0x${body[validEnd]!.toString(16).padStart(2, "0")}`;
  return {
    ...fromUtf8(new TextDecoder("utf-8", { ignoreBOM: true }).decode(body.subarray(0, validEnd))),
    damage: {
      byte: mark + validEnd,
      problem: cut ? "the file ends inside a character" : `the byte ${found} is not valid UTF-8`,
    },
  };
}

/** Counts multi-byte characters that are valid and bytes that are not, and finds the first of the latter. */
function surveyUtf8(bytes: Uint8Array): { validEnd: number; validSequences: number; invalidBytes: number } {
  let validEnd = -1, validSequences = 0, invalidBytes = 0;
  for (let i = 0; i < bytes.length;) {
    const length = sequenceLength(bytes, i);
    if (length > 1) validSequences++;
    if (length === 0) {
      invalidBytes++;
      if (validEnd < 0) validEnd = i;
    }
    i += Math.max(length, 1);
  }
  return { validEnd, validSequences, invalidBytes };
}

/** True when all that follows `start` is the beginning of one multi-byte character. */
function endsInsideCharacter(bytes: Uint8Array, start: number): boolean {
  const lead = bytes[start]!;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const rest = bytes.subarray(start + 1);
  return lead >= 0xc2 && lead <= 0xf4 && rest.length < length - 1 && rest.every((byte) => byte >= 0x80 && byte < 0xc0);
}

/** Length of the UTF-8 sequence that starts at `i`, or 0 where none does (Unicode standard, table 3-7). */
function sequenceLength(bytes: Uint8Array, i: number): number {
  const lead = bytes[i]!;
  if (lead < 0x80) return 1;
  const length = lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  for (let k = 1; k < length; k++) {
    const low = k > 1 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = k > 1 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    const byte = bytes[i + k] ?? 0;
    if (byte < low || byte > high) return 0;
  }
  return length;
}

/** False when bytes occur that no text in Windows-1252 has: control characters and the five codes without a meaning. */
function isWindows1252Text(bytes: Uint8Array): boolean {
  const undefinedCodes = [0x81, 0x8d, 0x8f, 0x90, 0x9d];
  return bytes.every((byte) =>
    byte >= 0x20 ? !undefinedCodes.includes(byte) : byte === 9 || byte === 10 || byte === 13
  );
}
