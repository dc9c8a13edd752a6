import { ShapeError } from "../../kernels/errors.ts";

/** What is asked for ahead of its turn at most. */
const most = { parts: 64, bytes: 16 << 20 } as const;

/** A part of a file whose bytes are made while it is written. */
export interface FilePart {
  readonly name: string;
  /** Bytes that its pieces are to have together. */
  readonly size: number;
  pieces(): AsyncIterable<Uint8Array>;
}

/**
 * The pieces of all parts in their order. The first pieces of small parts are asked for ahead of their turn, since each
 * answer of the GPU takes ten milliseconds or more, and many at once take no longer.
 *
 * @throws ShapeError when a part's pieces have more or fewer bytes than it says
 */
export async function* askAhead(parts: readonly FilePart[]): AsyncGenerator<Uint8Array> {
  const asked: AskedPart[] = [];
  let next = 0, bytes = 0;
  const ask = () => {
    for (; next < parts.length && asked.length < most.parts; next++) {
      const part = parts[next]!;
      if (asked.length > 0 && bytes + part.size > most.bytes) break;
      asked.push(new AskedPart(part));
      bytes += part.size;
    }
  };
  try {
    for (ask(); asked.length > 0; ask()) {
      yield* asked[0]!.pieces();
      bytes -= asked.shift()!.part.size;
    }
  } finally {
    for (const one of asked) await one.end();
  }
}

class AskedPart {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #first: Promise<IteratorResult<Uint8Array>>;

  constructor(readonly part: FilePart) {
    this.#pieces = part.pieces()[Symbol.asyncIterator]();
    this.#first = this.#pieces.next();
    // What fails ahead of its turn is thrown when that comes.
    this.#first.catch(() => {});
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    const { name, size } = this.part;
    let length = 0;
    for (let result = await this.#first; !result.done; result = await this.#pieces.next()) {
      length += result.value.length;
      yield result.value;
    }
    if (length !== size) throw new ShapeError(`${name}: ${size} bytes are expected, but ${length} came.`);
  }

  /** Asks for no more of it. */
  async end(): Promise<void> {
    await this.#first.then(() => this.#pieces.return?.(), () => {});
  }
}
