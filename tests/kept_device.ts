/**
 * Imported for its effect: the engines of a test file share a device, with the shaders that were compiled on it. Most of the
 * time of a tiny run goes into compiling.
 */
import { type OpenDevice, openDevice } from "../engine/device/open.ts";
import { Engine } from "../engine/engine.ts";

const { open } = Engine;
let device: OpenDevice | null = null;

Engine.open = async (options = {}) => {
  if (!device || device.errors.lost) device = await openDevice();
  const { profile, textureReads = device.textureReads } = options;
  // A profile shows what is compiled.
  if (profile || textureReads !== device.textureReads) return await open.call(Engine, options);
  return await open.call(Engine, { device, ...options });
};

addEventListener("unload", () => device?.[Symbol.dispose]());
