import { builtin } from "./builtin.ts";
import { stateOf } from "./node_state.ts";
import type { FileState, OpenFile, OpenOptions } from "./platform.ts";

/** An open file of Node. Its functions keep no place in the file, so that it is kept here. */
export class NodeFile implements OpenFile {
  #at = 0;
  readonly #append: boolean;

  private constructor(readonly path: string, readonly number: number, append: boolean) {
    this.#append = append;
  }

  /** Opens a file, by default to read. */
  // deno-lint-ignore require-await -- what goes wrong is a rejection
  static async open(path: string, options: OpenOptions = { read: true }): Promise<NodeFile> {
    const { read = false, write = false, append = false, create = false, truncate = false } = options;
    const { constants, openSync } = builtin("node:fs");
    const access = write || append ? read ? constants.O_RDWR : constants.O_WRONLY : constants.O_RDONLY;
    const flags = access | (append ? constants.O_APPEND : 0) | (create ? constants.O_CREAT : 0) |
      (truncate ? constants.O_TRUNC : 0);
    return new NodeFile(path, openSync(path, flags, 0o666), append);
  }

  // deno-lint-ignore require-await -- what goes wrong is a rejection
  async read(into: Uint8Array): Promise<number | null> {
    return this.readSync(into);
  }

  readSync(into: Uint8Array): number | null {
    const count = builtin("node:fs").readSync(this.number, into, 0, into.length, this.#at);
    this.#at += count;
    return count === 0 && into.length > 0 ? null : count;
  }

  // deno-lint-ignore require-await -- what goes wrong is a rejection
  async write(bytes: Uint8Array): Promise<number> {
    const count = builtin("node:fs").writeSync(this.number, bytes, 0, bytes.length, this.#append ? null : this.#at);
    this.#at += count;
    return count;
  }

  seek(offset: number, from: 0): Promise<number> {
    return Promise.resolve(this.seekSync(offset, from));
  }

  seekSync(offset: number, _from: 0): number {
    return this.#at = offset;
  }

  // deno-lint-ignore require-await -- what goes wrong is a rejection
  async truncate(length: number): Promise<void> {
    builtin("node:fs").ftruncateSync(this.number, length);
  }

  // deno-lint-ignore require-await -- what goes wrong is a rejection
  async sync(): Promise<void> {
    builtin("node:fs").fsyncSync(this.number);
  }

  // deno-lint-ignore require-await -- what goes wrong is a rejection
  async stat(): Promise<FileState> {
    return stateOf(builtin("node:fs").fstatSync(this.number));
  }

  /** Node locks no files: one is taken as locked that holds the number of another process that still runs. */
  // deno-lint-ignore require-await -- what goes wrong is a rejection
  async tryLock(): Promise<boolean> {
    const owner = Number(/^\d+\n$/.exec(builtin("node:fs").readFileSync(this.path, "utf8"))?.[0]);
    if (!owner || owner === process.pid) return true;
    try {
      process.kill(owner, 0);
      return false;
    } catch (error) {
      // One that another user runs lets nobody signal it: only what is said to be gone is gone.
      return (error as { code?: string }).code === "ESRCH";
    }
  }

  close(): void {
    builtin("node:fs").closeSync(this.number);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
