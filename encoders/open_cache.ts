import { DataError } from "../kernels/errors.ts";
import type { NoteTaker } from "../data/note_taker.ts";
import { defaultCachePath, VectorCache } from "./vector_cache.ts";

/**
 * Opens the file of vectors that was asked for. Where none was named and the user's own cannot be made, vectors are not
 * kept, and a note says so.
 *
 * @param path null to keep none; undefined for the user's own
 * @throws DataError when it is damaged, MetrogradError when the file that was named cannot be opened
 */
export function openCache(path: string | null | undefined, onNote: NoteTaker): VectorCache | null {
  if (path === null) return null;
  if (path !== undefined) return new VectorCache(path);
  try {
    return new VectorCache(defaultCachePath());
  } catch (error) {
    if (error instanceof DataError) throw error;
    onNote(`${(error as Error).message} Embeddings are not kept.`);
    return null;
  }
}
