/** Formats of the textures that stand for storage buffers: one texel holds four elements. */
export type TexelFormat = "rgba32float" | "rgba32uint" | "rgba32sint";

/**
 * Texels in a row of the textures, a power of two: with rows of this length a texture as high as every device allows
 * holds what one binding may.
 */
export const rowTexels = 512;
