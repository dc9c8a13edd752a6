/**
 * Imported for its effect: engines that a test file opens one after the other get the same device, which keeps the shaders
 * that were compiled on it. Most of the time of a tiny run goes into compiling. Engines at the same time have a device each,
 * and one that was lost is not used again.
 */
import { ErrorTrap } from "../engine/device/errors.ts";
import type { OpenDevice } from "../engine/device/open.ts";
import { Engine } from "../engine/engine.ts";

const { open } = Engine;
const kept: OpenDevice[] = [], withoutKeeping: GPUDevice["destroy"] = GPUDevice.prototype.destroy;

Engine.open = async (options = {}) => {
  if (options.tuned || options.profile || options.textureReads !== undefined) return await open.call(Engine, options);
  const again = kept.pop(), fresh = again ? null : await open.call(Engine, options);
  if (fresh) keepPipelines(fresh.opened.device);
  const engine = fresh ?? new Engine({ ...again!, errors: new ErrorTrap(again!.device) }, options.onCompile);
  const close = engine[Symbol.asyncDispose].bind(engine), { device, errors } = engine.opened;
  engine[Symbol.asyncDispose] = async () => {
    device.destroy = () => {};
    await close().finally(() => device.destroy = withoutKeeping);
    if (!errors.lost) kept.push(engine.opened);
  };
  return engine;
};

addEventListener("unload", () => kept.forEach(({ device }) => device.destroy()));

/** Makes a device give the pipeline that it has where one of the same code, constants and layout is asked for. */
function keepPipelines(device: GPUDevice): void {
  const make = <Name extends "createBindGroupLayout" | "createPipelineLayout" | "createShaderModule">(name: Name) =>
    device[name].bind(device) as GPUDevice[Name];
  const layout = make("createBindGroupLayout"), pipelineLayout = make("createPipelineLayout");
  const shader = make("createShaderModule"), pipeline = device.createComputePipeline.bind(device);
  /** What layouts and shaders were made of. */
  const sources = new WeakMap<object, string>();
  const pipelines = new Map<string, GPUComputePipeline>(), shaders = new Map<string, GPUShaderModule>();
  const noted = <Made extends object>(made: Made, source: unknown): Made => {
    sources.set(made, JSON.stringify(source));
    return made;
  };
  device.createBindGroupLayout = (descriptor) => noted(layout(descriptor), descriptor.entries);
  device.createPipelineLayout = (descriptor) =>
    noted(pipelineLayout(descriptor), descriptor.bindGroupLayouts.map((one) => sources.get(one!)));
  // A shader that no pipeline was made of is compiled again: what is wrong with it is told each time.
  device.createShaderModule = (descriptor) =>
    shaders.get(JSON.stringify(descriptor)) ?? noted(shader(descriptor), descriptor);
  device.createComputePipeline = (descriptor) => {
    const { label, layout, compute: { module, entryPoint, constants } } = descriptor, source = sources.get(module)!;
    const key = JSON.stringify([label, sources.get(layout as GPUPipelineLayout), source, entryPoint, constants]);
    let known = pipelines.get(key);
    if (!known) {
      pipelines.set(key, known = pipeline(descriptor));
      shaders.set(source, module);
    }
    return known;
  };
}
