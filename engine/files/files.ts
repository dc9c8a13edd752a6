import { DataError, MetrogradError } from "../../kernels/errors.ts";
import { foreignKind, kindBytes, packedForm } from "./file_kind.ts";
import { platform } from "../platform/here.ts";
import type { OpenFile } from "../platform/platform.ts";

const { files, join, dirname } = platform;

/** Name of the file that locks a folder; see `FolderLock`. It does not count as one of the folder's files. */
export const lockName = ".lock";

/** Name of a file that is written aside: those that are found were left by a killed process. */
const partial = /\.\d+\.partial$/;

/** What is done besides writing the content. */
export interface WriteOptions {
  /** Renames what stands at the path to this one, once the new content is on the disk. */
  readonly keepAs?: string | undefined;
  /** Bytes that replace some of the content once all of it is written, and where. */
  readonly amend?: (() => { readonly at: number; readonly bytes: Uint8Array }) | undefined;
}

/**
 * Writes a file aside, flushes it to the disk and renames it, so that a reader finds the old content or the new one,
 * never a part. The file aside is removed when anything fails.
 *
 * @param content text (written as UTF-8), bytes, or pieces of bytes, which may be made as they are needed, written one
 *   after the other without joining them
 * @throws MetrogradError naming the file when the disk is full or the path cannot be written
 */
export async function writeAtomically(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { keepAs, amend }: WriteOptions = {},
): Promise<void> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const aside = `${path}.${platform.pid}.partial`;
  try {
    await files.mkdir(dirname(path), { recursive: true });
    const file = await files.open(aside, { write: true, create: true, truncate: true });
    try {
      for await (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) await writeAll(file, piece);
      if (amend) {
        const { at, bytes } = amend();
        await file.seek(at, 0);
        await writeAll(file, bytes);
      }
      await file.sync();
    } finally {
      file.close();
    }
    if (keepAs !== undefined) await renameIfThere(path, keepAs);
    await files.rename(aside, path);
  } catch (error) {
    await files.remove(aside).catch(() => {});
    throw explainWriteError(error, path, "nothing half-written was left there");
  }
}

/**
 * Adds text or bytes at the end of a file, which is made when it is missing, and flushes them to the disk. A process that
 * is killed meanwhile may leave a part of them.
 *
 * @throws MetrogradError naming the file when the disk is full or the path cannot be written
 */
export async function appendToFile(path: string, content: string | Uint8Array): Promise<void> {
  try {
    const file = await files.open(path, { append: true, create: true });
    try {
      await writeAll(file, typeof content === "string" ? new TextEncoder().encode(content) : content);
      await file.sync();
    } finally {
      file.close();
    }
  } catch (error) {
    throw explainWriteError(error, path, "what was written there last may be cut short");
  }
}

/**
 * Reads a whole file.
 *
 * @param what names what the file should be, with its article, for the message: "a JSON file of records"
 * @param options.anyKind take a file of any kind, to copy it
 * @throws DataError when the file is missing, is a folder, may not be read, or is of a kind that no reader takes: an
 *   archive, a Git LFS pointer, an HTML page
 */
export async function readFileOrExplain(
  path: string,
  what: string,
  { anyKind = false } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  let bytes;
  try {
    bytes = await files.readFile(path);
  } catch (error) {
    if (platform.fileFailure(error) === "a folder") {
      throw new DataError(`${path} is a folder; ${what} is expected.`, { cause: error });
    }
    throw explainReadError(error, path, what);
  }
  if (!anyKind) refuseForeignKind(bytes, path, what);
  return bytes;
}

/**
 * Opens a file to read from it. Throws as `readFileOrExplain` does.
 *
 * @param options.packed take gzip and Parquet files too
 * @param options.anyKind take a file of any kind
 */
export async function openOrExplain(
  path: string,
  what: string,
  { packed = false, anyKind = false } = {},
): Promise<OpenFile> {
  let file;
  try {
    const { isDirectory, isFile } = await files.stat(path);
    if (isDirectory) throw new DataError(`${path} is a folder; ${what} is expected.`);
    file = await files.open(path);
    // What is read from a pipe cannot be read again.
    if (isFile && !anyKind) {
      const head = await readHead(file);
      if (!packed || packedForm(head) === null) refuseForeignKind(head, path, what);
    }
    return file;
  } catch (error) {
    file?.close();
    throw explainReadError(error, path, what);
  }
}

/**
 * Reads what stands at a URL.
 *
 * @throws DataError when it cannot be fetched, or is of a kind that no reader takes
 */
export async function readUrlOrExplain(url: URL, what: string): Promise<Uint8Array<ArrayBuffer>> {
  let bytes;
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw new DataError(`${url} could not be fetched: ${reason(error as Error)}.`, { cause: error });
  }
  refuseForeignKind(bytes, url.href, what);
  return bytes;
}

/**
 * The names of what a folder holds.
 *
 * @param what names what the folder should be, with its article: "a folder of embeddings"
 * @throws DataError when the folder is missing, is a file or may not be read
 */
export async function listFolderOrExplain(path: string, what: string): Promise<string[]> {
  try {
    const names: string[] = [];
    for await (const { name } of files.readDir(path)) names.push(name);
    return names;
  } catch (error) {
    if (platform.fileFailure(error) === "not a folder") {
      throw new DataError(`${path} is a file; ${what} is expected.`, { cause: error });
    }
    throw explainReadError(error, path, what);
  }
}

/**
 * What stands at a path. A folder counts as nothing that is empty, or holds what a killed process was about to write alone.
 *
 * @throws DataError when it may not be looked at
 */
export async function whatIsAt(path: string): Promise<"nothing" | "file" | "folder"> {
  try {
    for await (const { name } of files.readDir(path)) if (name !== lockName && !partial.test(name)) return "folder";
    return "nothing";
  } catch (error) {
    const failure = platform.fileFailure(error);
    if (failure === "missing") return "nothing";
    // Said of a file, and of any path below a file.
    if (failure === "not a folder") return await files.lstat(path).then(() => "file", () => "nothing");
    throw explainReadError(error, path, "a folder");
  }
}

/**
 * Does work that fills a folder. When it fails, nothing is left there, unless there was something before.
 *
 * @returns what the work returns
 */
export async function fillFolder<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const free = await whatIsAt(path) === "nothing";
  try {
    return await work();
  } catch (error) {
    if (free) await files.remove(path, { recursive: true }).catch(() => {});
    throw error;
  }
}

/** Removes from a folder what a killed process was about to write. The folder is locked, so that nobody is at it. */
export async function removePartialFiles(path: string): Promise<void> {
  for (const name of await listFolderOrExplain(path, "a folder")) {
    if (partial.test(name)) await files.remove(join(path, name), { recursive: true });
  }
}

/** Removes all that a folder holds but its lock. */
export async function emptyFolder(path: string): Promise<void> {
  for (const name of await listFolderOrExplain(path, "a folder")) {
    if (name !== lockName) await files.remove(join(path, name), { recursive: true });
  }
}

async function renameIfThere(from: string, to: string): Promise<void> {
  await files.rename(from, to).catch((error) => {
    if (platform.fileFailure(error) !== "missing") throw error;
  });
}

async function writeAll(file: OpenFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
}

/** The first bytes of a file; what is read next begins at the first again. */
async function readHead(file: OpenFile): Promise<Uint8Array> {
  const head = new Uint8Array(kindBytes);
  let length = 0;
  for (let read; length < kindBytes && (read = await file.read(head.subarray(length))) !== null;) length += read;
  await file.seek(0, 0);
  return head.subarray(0, length);
}

/** @throws DataError when the first bytes of a file are those of a kind that no reader takes */
export function refuseForeignKind(head: Uint8Array, path: string, what: string): void {
  const found = foreignKind(head);
  if (found) throw new DataError(`${path} is ${found.name}; ${what} is expected: ${found.remedy}.`);
}

function explainReadError(error: unknown, path: string, what: string): unknown {
  if (!(error instanceof Error) || error instanceof MetrogradError) return error;
  const failure = platform.fileFailure(error);
  return new DataError(
    failure === "missing" || failure === "not a folder"
      ? `${path} does not exist; ${what} is expected there.`
      : `${path} could not be read: ${reason(error)}.`,
    { cause: error },
  );
}

/**
 * Puts what the system says of a failed write into a sentence.
 *
 * @param left what is there now
 */
export function explainWriteError(error: unknown, path: string, left: string): unknown {
  // What made the pieces has failed, not the writing.
  if (error instanceof MetrogradError) return error;
  if (!(error instanceof Error)) return error;
  const cause = { cause: error };
  if ("code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT")) {
    return new MetrogradError(`No space left on the device while writing ${path}; ${left}.`, cause);
  }
  return new MetrogradError(`${path} could not be written: ${reason(error)}.`, cause);
}

/** The system's words without error numbers and repeated paths. */
function reason(error: Error): string {
  return error.message.replace(/ \(os error \d+\).*$/s, "").replace(/^E[A-Z]+: (.*?), .*$/s, "$1").replace(/\.$/, "");
}
