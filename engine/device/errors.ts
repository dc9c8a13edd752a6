import { DeviceError, DeviceLostError } from "../../kernels/errors.ts";
import { platform } from "../platform/here.ts";

/** What all traps of a device know of it. */
interface DeviceState {
  loss?: string;
  destroyed?: true;
  /** What each trap has yet to tell: the first error alone, since others follow from it. */
  readonly untold: Set<{ error?: GPUError }>;
}

/**
 * Collects what goes wrong on a device behind the program's back: refused calls, full memory, loss of the device.
 * WebGPU reports these as events, so that `check` has to be called where results are waited for.
 */
export class ErrorTrap implements Disposable {
  readonly #device: GPUDevice;
  readonly #state: DeviceState;
  readonly #untold: { error?: GPUError } = {};

  /**
   * Listens to a device from now on.
   *
   * @param other a trap of the same device: both are told everything, since WebGPU does not say whose work was refused
   */
  constructor(device: GPUDevice, other?: ErrorTrap) {
    this.#device = device;
    this.#state = other ? other.#state : stateOf(device);
    this.#state.untold.add(this.#untold);
  }

  /** Stops listening, but for the loss of the device. */
  [Symbol.dispose](): void {
    this.#state.untold.delete(this.#untold);
  }

  /** True once the device was destroyed, by whomever, or lost. */
  get lost(): boolean {
    return this.#state.destroyed || this.#state.loss !== undefined;
  }

  /** Forgets what was collected, after telling it. @throws DeviceError naming the kernel, if anything was collected */
  check(): void {
    const { error } = this.#untold, { destroyed, loss } = this.#state;
    delete this.#untold.error;
    if (destroyed) throw new DeviceLostError("The GPU device was destroyed; open an engine anew to go on.");
    if (loss !== undefined) {
      throw new DeviceLostError(`The GPU was lost (${firstLine(loss)}); it may have been reset or removed.`);
    }
    // Some drivers refuse calls to a lost device before they tell of the loss.
    if (error && /\bdevice\b.*\blost\b/i.test(error.message)) {
      this.#state.loss = error.message;
      this.check();
    }
    if (error) throw new DeviceError(explain(error), { cause: error.message });
  }

  /** Lets events of the device arrive, which takes some microseconds, and checks. Throws as `check` does. */
  async listen(): Promise<void> {
    await platform.nextEvents();
    this.check();
  }

  /** Throws what stands behind WebGPU's own error. @throws DeviceError for a DOMException; any other error as it is */
  async explain(error: unknown): Promise<never> {
    if (!(error instanceof DOMException)) throw error;
    // The events that tell of a loss come after the refusal.
    await new Promise((resolve) => setTimeout(resolve));
    this.check();
    throw new DeviceError(`The GPU gave nothing back (${firstLine(error.message)}).`, { cause: error });
  }

  /**
   * Like `check`, after a read-back of four bytes: a loss goes unnoticed until the GPU is asked for something.
   *
   * @throws DeviceError when the device is lost or has refused something
   */
  async probe(): Promise<void> {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const buffer = this.#device.createBuffer({ label: "probe", size: 4, usage });
    this.#device.queue.writeBuffer(buffer, 0, new Uint32Array([probeValue]));
    this.#device.queue.submit([]);
    try {
      await buffer.mapAsync(GPUMapMode.READ);
      if (new Uint32Array(buffer.getMappedRange())[0] !== probeValue) this.#state.loss ??= "it no longer answers";
    } catch (error) {
      this.#state.loss ??= String(error);
    } finally {
      buffer.destroy();
    }
    this.check();
  }
}

const probeValue = 0x6d657472;

/** Listens to a device for all of its traps. */
function stateOf(device: GPUDevice): DeviceState {
  const state: DeviceState = { untold: new Set() };
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    for (const one of state.untold) one.error ??= (event as GPUUncapturedErrorEvent).error;
  });
  device.lost.then(({ reason, message }) => {
    if (reason === "destroyed") state.destroyed = true;
    else state.loss = message || "no reason given";
  });
  return state;
}

/** A kernel's label in a message: the name of an object, or of the source that an excerpt is from. */
const labels = /(?:Shader|ShaderModule with|ComputePipeline with|BindGroup with) '([^']+)'|┌─ (?!wgsl:)(.+):\d+:\d+/;

function explain(error: GPUError): string {
  const [, object, source] = labels.exec(error.message) ?? [];
  const kernel = object ?? source;
  const where = kernel ? ` in kernel ${kernel}` : "";
  if (error instanceof GPUOutOfMemoryError) return `The GPU has no memory left${where}.`;
  return `The GPU reported an error${where}: ${
    firstLine(error.message.replace(/^\s*Shader '.*?' parsing error: /, ""))
  }.`;
}

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0]!.replace(/\.$/, "");
}
