import { DeviceError, DeviceLostError } from "../../kernels/errors.ts";
import { platform } from "../platform/here.ts";

/**
 * Collects what goes wrong on a device behind the program's back: refused calls, full memory, loss of the device.
 * WebGPU reports these as events, so that `check` has to be called where results are waited for.
 */
export class ErrorTrap {
  readonly #device: GPUDevice;
  readonly #errors: GPUError[] = [];
  #loss: string | undefined;
  #destroyed = false;

  /** Listens to a device from now on. */
  constructor(device: GPUDevice) {
    this.#device = device;
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#errors.push((event as GPUUncapturedErrorEvent).error);
    });
    device.lost.then(({ reason, message }) => {
      if (reason === "destroyed") this.#destroyed = true;
      else this.#loss = message || "no reason given";
    });
  }

  /** True once the device was destroyed, by whomever, or lost. */
  get lost(): boolean {
    return this.#destroyed || this.#loss !== undefined;
  }

  /** Forgets what was collected, after telling it. @throws DeviceError naming the kernel, if anything was collected */
  check(): void {
    if (this.#destroyed) throw new DeviceLostError("The GPU device was destroyed; open an engine anew to go on.");
    if (this.#loss !== undefined) {
      throw new DeviceLostError(`The GPU was lost (${firstLine(this.#loss)}); it may have been reset or removed.`);
    }
    const [first] = this.#errors.splice(0);
    // Some drivers refuse calls to a lost device before they tell of the loss.
    if (first && /\bdevice\b.*\blost\b/i.test(first.message)) {
      this.#loss = first.message;
      this.check();
    }
    if (first) throw new DeviceError(explain(first), { cause: first.message });
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
      if (new Uint32Array(buffer.getMappedRange())[0] !== probeValue) this.#loss ??= "it no longer answers";
    } catch (error) {
      this.#loss ??= String(error);
    } finally {
      buffer.destroy();
    }
    this.check();
  }
}

const probeValue = 0x6d657472;

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
