import type { FileState } from "./platform.ts";

/** What Node knows of a file. */
export function stateOf(stats: import("node:fs").Stats): FileState {
  const { size, ino, mtime } = stats;
  return { size, ino, mtime, isFile: stats.isFile(), isDirectory: stats.isDirectory() };
}
