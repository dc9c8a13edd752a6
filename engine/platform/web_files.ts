import { UsageError } from "../../kernels/errors.ts";
import type { Files, FileState, OpenFile } from "./platform.ts";

/** What a server has nothing at. */
export class MissingFile extends Error {}

/** A server lists no folders: what it has is a file. */
export class NoFolder extends Error {}

function refuse(path: string): UsageError {
  return new UsageError(
    `${path}: a browser has no files; load from a URL or from bytes, and save with "module.toSafetensors()".`,
  );
}

/** Asks for what is at a URL. */
async function ask(path: string, method = "GET"): Promise<Response> {
  if (!/^(https?|blob|data):/.test(path)) throw refuse(path);
  const response = await fetch(path, { method });
  if (response.status === 404 || response.status === 410) throw new MissingFile(path);
  if (!response.ok) throw new Error(`the server answers ${response.status}`);
  return response;
}

/** What was read and is still in memory: weights are opened once to be loaded and once to be summed up. */
const kept = new Map<string, WeakRef<Uint8Array<ArrayBuffer>>>();

async function read(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const known = kept.get(path)?.deref();
  if (known) return known;
  const bytes = new Uint8Array(await (await ask(path)).arrayBuffer());
  kept.set(path, new WeakRef(bytes));
  return bytes;
}

const stateOf = (size: number): FileState => ({ size, ino: null, mtime: null, isFile: true, isDirectory: false });

/** An open file of bytes in memory, to read alone. */
function fileOf(bytes: Uint8Array, path: string): OpenFile {
  let at = 0;
  const readSync = (into: Uint8Array) => {
    const piece = bytes.subarray(at, at + into.length);
    into.set(piece);
    at += piece.length;
    return piece.length || null;
  };
  const seekSync = (offset: number) => at = offset;
  const refused = refuser(path);
  return {
    readSync,
    seekSync,
    read: (into) => Promise.resolve(readSync(into)),
    seek: (offset) => Promise.resolve(seekSync(offset)),
    stat: () => Promise.resolve(stateOf(bytes.length)),
    close() {},
    [Symbol.dispose]() {},
    ...{ write: refused, truncate: refused, sync: refused, tryLock: refused },
  };
}

/** Refuses by a promise. */
const refuser = (path: string) => (): Promise<never> => Promise.reject(refuse(path));

const refuseAsync = (path: string) => Promise.reject<never>(refuse(path));
const refuseSync = (path: string): never => {
  throw refuse(path);
};

/** What servers have, by URLs in place of paths. */
export const webFiles: Files = {
  open: async (path) => fileOf(await read(path), path),
  readFile: read,
  readTextFile: async (path) => new TextDecoder().decode(await read(path)),
  // deno-lint-ignore require-yield -- nothing is listed
  readDir: async function* (path) {
    await ask(path, "HEAD");
    throw new NoFolder(path);
  },
  stat: async (path) => stateOf(Number((await ask(path, "HEAD")).headers.get("content-length"))),
  statSync: refuseSync,
  // Asked of what `readDir` has found already.
  lstat: () => Promise.resolve(stateOf(0)),
  mkdir: refuseAsync,
  rename: refuseAsync,
  remove: refuseAsync,
  removeSync: refuseSync,
};
