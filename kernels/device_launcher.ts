import { BufferPool } from "./buffer_pool.ts";
import { CommandStream } from "./command_stream.ts";
import type { Capabilities } from "./launcher.ts";
import { texturedSource } from "./texture_reads/source.ts";

/** A command stream on a caller's device, with its own scratch memory. */
export interface DeviceLauncher extends CommandStream {
  /** Where its scratch memory comes from; destroy it after the launcher. */
  readonly pool: BufferPool;
}

/**
 * Makes a launcher for a bare `GPUDevice`: hand it to any kernel's launch function, then call `submit`.
 *
 * @example
 * const launcher = kernels.createLauncher(device, { subgroupSize: 0, software: false, shaderF16: false, maxBindingSize: 1 << 27 });
 * kernels.matmul(launcher, { a, b, c, m, n, k });
 * launcher.submit();
 */
export function createLauncher(device: GPUDevice, capabilities: Capabilities): DeviceLauncher {
  const pool: BufferPool = new BufferPool(device, () => stream.submission, (buffer) => stream.forget(buffer));
  const stream: CommandStream = new CommandStream(device, capabilities, pool, { texturedSource });
  const submit = stream.submit.bind(stream);
  stream.submit = () => {
    submit();
    // From here on the caller may write to buffers unseen.
    stream.copies.expire();
  };
  return Object.assign(stream, { pool });
}
