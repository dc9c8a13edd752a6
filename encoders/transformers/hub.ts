import { createHash } from "node:crypto";
import { join } from "node:path";
import { cacheFolder } from "../../engine/device/cache.ts";
import { permitted } from "../../engine/device/permissions.ts";
import { writeAtomically } from "../../engine/files/files.ts";
import { MetrogradError, UsageError } from "../../kernels/errors.ts";
import type { NoteTaker } from "../../data/note_taker.ts";

/** Where models are fetched from. */
export const hubAddress = "https://huggingface.co";

/** A model's name there: owner and name. */
const modelName = /^(?!\.)[\w.-]+\/(?!\.)[\w.-]+$/;

/** True for "owner/name". */
export function isModelName(name: string): boolean {
  return modelName.test(name);
}

/** The folder of a model that is fetched, or is to be. */
export function downloadFolder(model: string): string {
  return join(cacheFolder(), "models", ...model.split("/"));
}

/** How a model is fetched. */
export interface DownloadOptions {
  /** Where from. */
  readonly address?: string;
  /** Folder to write; `downloadFolder(model)` by default. */
  readonly folder?: string;
  /** Told in a sentence of what is fetched, before it is. */
  readonly onNote?: NoteTaker;
  /** Told how many bytes are there of how many; NaN where that is not known. */
  readonly onProgress?: (bytes: number, of: number) => void;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

interface RemoteFile {
  readonly name: string;
  readonly url: string;
  /** Bytes; NaN where the hub does not say. */
  readonly size: number;
  /** SHA-256, in hex; null where the hub does not say. */
  readonly sha256: string | null;
}

/**
 * Fetches files of a model from the hub into a folder, those that are not there yet. Each file appears whole or not at
 * all.
 *
 * @param required names of files without which there is no model
 * @param optional names of files that some models have
 * @returns the folder
 * @throws UsageError when the name is none, MetrogradError when the network is not allowed, cannot be reached or lacks a file
 */
export async function downloadModel(
  model: string,
  required: readonly string[],
  optional: readonly string[],
  { address = hubAddress, folder = downloadFolder(model), onNote, onProgress, signal }: DownloadOptions = {},
): Promise<string> {
  if (!isModelName(model)) throw new UsageError(`"${model}" is no model; owner/name is expected.`);
  const { host } = new URL(address);
  if (!permitted({ name: "net", host })) {
    throw new MetrogradError(`${model} is not fetched: ${host} may not be reached without --allow-net.`);
  }
  const missing: RemoteFile[] = [];
  for (const name of [...required, ...optional]) {
    if (await Deno.stat(join(folder, name)).then(() => true, () => false)) continue;
    const file = await look(`${address}/${model}/resolve/main/${name}`, name, signal);
    if (file) missing.push(file);
    else if (required.includes(name)) throw new MetrogradError(`${address}/${model} has no ${name}.`);
  }
  if (missing.length === 0) {
    onNote?.(`${model} is in ${folder} already.`);
    return folder;
  }
  const of = missing.reduce((sum, { size }) => sum + size, 0);
  onNote?.(`Fetching ${model} from ${host}: ${megabytes(of)}, into ${folder}.`);
  let bytes = 0;
  for (const file of missing) {
    const pieces = fetchPieces(file, (length) => onProgress?.(bytes += length, of), signal);
    await writeAtomically(join(folder, file.name), pieces);
  }
  return folder;
}

/** Bytes in words. */
export function megabytes(bytes: number): string {
  return Number.isFinite(bytes) ? `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB` : "of unknown size";
}

/** What the hub says of a file; null where there is none. */
async function look(url: string, name: string, signal?: AbortSignal): Promise<RemoteFile | null> {
  // Large files are somewhere else; what is known of them stands beside the way there.
  const response = await ask(url, { method: "HEAD", redirect: "manual" }, signal);
  await response.body?.cancel();
  if ([401, 403, 404].includes(response.status)) return null;
  if (response.status >= 400) throw new MetrogradError(`${url} answered ${response.status} ${response.statusText}.`);
  const size = response.headers.get("x-linked-size") ?? (response.ok ? response.headers.get("content-length") : null);
  const tag = /^"?([0-9a-f]{64})"?$/.exec(response.headers.get("x-linked-etag") ?? "");
  return { name, url, size: size === null ? NaN : Number(size), sha256: tag?.[1] ?? null };
}

/** The content of a file, checked against what the hub said of it before the last piece is given out. */
async function* fetchPieces(
  { url, size, sha256 }: RemoteFile,
  onBytes: (length: number) => void,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const response = await ask(url, {}, signal);
  if (!response.ok || !response.body) {
    throw new MetrogradError(`${url} answered ${response.status} ${response.statusText}.`);
  }
  const hash = createHash("sha256");
  let length = 0;
  try {
    for await (const piece of response.body) {
      hash.update(piece);
      length += piece.length;
      onBytes(piece.length);
      yield piece;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw new MetrogradError(`${url} broke off after ${length} bytes; call again.`, { cause: error });
  }
  if (Number.isFinite(size) && length !== size) {
    throw new MetrogradError(`${url} gave ${length} bytes; ${size} are expected.`);
  }
  if (sha256 !== null && hash.digest("hex") !== sha256) {
    throw new MetrogradError(`${url} gave something else than the hub says it holds: its SHA-256 differs.`);
  }
}

async function ask(url: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: signal ?? null });
  } catch (error) {
    signal?.throwIfAborted();
    const words = error instanceof Error ? error.message : String(error);
    throw new MetrogradError(`${url} could not be reached: ${words}.`, { cause: error });
  }
}
