import { maskedCrc32c } from "./crc32c.ts";
import { joinBytes } from "./protobuf.ts";

/** Bytes of a record before its content: the length as 64 bits and a checksum of that. A checksum of the content follows. */
const headBytes = 12, footBytes = 4;

/**
 * Frames bytes as a TFRecord.
 *
 * @see https://www.tensorflow.org/tutorials/load_data/tfrecord
 */
export function toRecord(content: Uint8Array): Uint8Array {
  const head = new Uint8Array(headBytes), foot = new Uint8Array(footBytes), view = new DataView(head.buffer);
  view.setUint32(0, content.length % 2 ** 32, true);
  view.setUint32(4, Math.floor(content.length / 2 ** 32), true);
  view.setUint32(8, maskedCrc32c(head.subarray(0, 8)), true);
  new DataView(foot.buffer).setUint32(0, maskedCrc32c(content), true);
  return joinBytes([head, content, foot]);
}

/** A record among others. */
export interface FoundRecord {
  /** What it frames. */
  readonly content: Uint8Array;
  /** Where the next one begins. */
  readonly end: number;
}

/** The whole records that bytes begin with: up to the first that is cut short or whose checksums are wrong. */
export function readRecords(bytes: Uint8Array): FoundRecord[] {
  const records: FoundRecord[] = [], view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + headBytes + footBytes <= bytes.length;) {
    const length = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
    const from = at + headBytes, to = from + length;
    if (view.getUint32(at + 8, true) !== maskedCrc32c(bytes.subarray(at, at + 8))) break;
    if (to + footBytes > bytes.length) break;
    const content = bytes.subarray(from, to);
    if (view.getUint32(to, true) !== maskedCrc32c(content)) break;
    at = to + footBytes;
    records.push({ content, end: at });
  }
  return records;
}
