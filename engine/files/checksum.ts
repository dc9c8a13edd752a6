import { platform } from "../platform/here.ts";

/** Key of a file's metadata for the SHA-256 of all of its bytes, the digest's own characters taken as zeros. */
export const checksumKey = "sha256";

/** What stands in the file while it is written, and what a reader puts there before it adds the bytes up. */
export const unknownChecksum = "0".repeat(64);

const encoder = new TextEncoder();
const lead = encoder.encode(`"${checksumKey}":"`);

/** SHA-256 of a file that holds its own checksum in its header. */
export class FileChecksum {
  readonly #hash = platform.sha256();
  /** Where the digest's characters stand in the file; -1 where the header has none. */
  readonly at: number;

  /** Takes in the header, whatever digest it has. */
  constructor(header: Uint8Array) {
    this.at = placeOf(header);
    const known = header.slice();
    if (this.at >= 0) known.set(encoder.encode(unknownChecksum), this.at);
    this.#hash.update(known);
  }

  /** Takes in the bytes that follow. */
  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** The digest in hex. */
  digest(): string {
    return this.#hash.digest();
  }
}

/** Quotes inside of JSON's strings are escaped, so that the key is found nowhere else. */
function placeOf(header: Uint8Array): number {
  for (let at = header.indexOf(lead[0]!); at >= 0; at = header.indexOf(lead[0]!, at + 1)) {
    if (lead.every((byte, i) => header[at + i] === byte)) {
      const start = at + lead.length;
      return start + unknownChecksum.length <= header.length ? start : -1;
    }
  }
  return -1;
}
