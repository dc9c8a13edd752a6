import { resolve } from "node:path";
import { listFolderOrExplain } from "../../engine/files/files.ts";
import { DataError } from "../../kernels/errors.ts";
import type { NoteTaker } from "../note_taker.ts";

/** Where records are: a file, a folder of files or `-` for standard input, or several of them. */
export type DataPaths = string | readonly string[];

/** What stands for standard input in place of a path. */
export const standardInput = "-";

/** What paths should lead to, for messages. */
export const recordsExpected = "a file of records";

/** What messages call records that are read from several paths. */
export function nameData(data: DataPaths): string {
  const [first = "", ...others] = [data].flat();
  const name = first === standardInput ? "standard input" : first;
  return others.length === 0 ? name : `${name} and ${others.length} more`;
}

/** The same paths, absolute; standard input stays what it is. */
export function absolutePaths(data: DataPaths): DataPaths {
  const absolute = (path: string) => path === standardInput ? path : resolve(path);
  return typeof data === "string" ? absolute(data) : data.map(absolute);
}

/** True for paths as a config keeps them. */
export function isDataPaths(value: unknown): value is DataPaths {
  if (typeof value === "string") return true;
  return Array.isArray(value) && value.length > 0 && value.every((path) => typeof path === "string");
}

/** Names of a folder's files that are taken for records; what they hold decides how they are read. */
const recordNames = /^[^._].*\.(?:json|jsonl|ndjson|csv|tsv|parquet)(?:\.gz)?$/i;

/**
 * The files that paths lead to, those of a folder by name.
 *
 * @throws DataError when a folder has no file of records
 */
export async function listDataFiles(data: DataPaths, onNote: NoteTaker = () => {}): Promise<string[]> {
  const files: string[] = [];
  for (const path of [data].flat()) {
    const isFolder = path !== standardInput && await Deno.stat(path).then((at) => at.isDirectory, () => false);
    files.push(...isFolder ? await filesOf(path, onNote) : [path]);
  }
  return files;
}

async function filesOf(folder: string, onNote: NoteTaker): Promise<string[]> {
  const names = (await listFolderOrExplain(folder, "a folder of records")).sort();
  const taken = names.filter((name) => recordNames.test(name)), left = names.length - taken.length;
  if (taken.length === 0) {
    throw new DataError(
      `${folder} has no file of records; names ending in .json, .jsonl, .csv, .tsv or .parquet, or these with .gz, ` +
        "are expected.",
    );
  }
  if (left > 0) onNote(`${folder}: ${taken.length} files of records are read, ${left} others are passed over.`);
  return taken.map((name) => `${folder.replace(/(?<=.)\/+$/, "")}/${name}`);
}
