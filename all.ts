/**
 * All that the engine, the data and the recipes export, in one flat list: the names of `metrograd` before it had entry
 * points, for scripts that were written for it, and the types that others lead to. New programs import from `metrograd`,
 * `metrograd/engine` and `metrograd/kernels`.
 *
 * @module
 */
export * from "./engine/mod.ts";
export * from "./data/mod.ts";
export * from "./encoders/mod.ts";
export * from "./recipes/mod.ts";
export * from "./scoring/mod.ts";
export * from "./runs/mod.ts";
/** The launch functions of the kernels, for use on buffers of any `GPUDevice`. */
export * as kernels from "./kernels/mod.ts";
/** Tables of settings, for recipes of your own. */
export * as settings from "./recipes/settings/mod.ts";
