import type { BufferSlice } from "../launcher.ts";
import type { TextureCopies } from "./copies.ts";
import type { TextureCopy } from "./pool.ts";
import type { TextureBinding } from "./source.ts";
import { worthTextures } from "./worth.ts";

/**
 * The copies that a kernel reads in place of buffers; null where it had better read those.
 *
 * @param textures the bindings that it could read from textures
 * @param reads numbers that it reads; those of each slice once by default
 * @param make copies a slice that has no copy
 */
export function chooseTextures(
  copies: TextureCopies,
  textures: readonly TextureBinding[],
  bindings: Readonly<Record<string, BufferSlice>>,
  reads: number | undefined,
  make: (slice: BufferSlice, format: TextureBinding["format"]) => TextureCopy,
): TextureCopy[] | null {
  const slices = textures.map(({ name }) => bindings[name]!);
  if (!slices.every((slice) => copies.takes(slice))) return null;
  copies.begin();
  const found = textures.map(({ format }, i) => copies.find(slices[i]!, format));
  const missing = slices.filter((_, i) => !found[i]);
  const bytes = (some: BufferSlice[]) => some.reduce((sum, { size }) => sum + size, 0);
  if (!worthTextures(reads ?? bytes(slices) / 4, missing.length, bytes(missing))) return null;
  // A slice may be bound twice.
  return textures.map(({ format }, i) => found[i] ?? copies.find(slices[i]!, format) ?? make(slices[i]!, format));
}
