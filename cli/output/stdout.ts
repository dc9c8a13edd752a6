import { MetrogradError } from "../../kernels/errors.ts";

/** Writes all bytes to standard output. @throws MetrogradError when its reader has gone or the disk beneath it is full */
export async function writeToStdout(bytes: Uint8Array): Promise<void> {
  try {
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await Deno.stdout.write(rest));
  } catch (error) {
    const why = error instanceof Deno.errors.BrokenPipe ? "its reader has gone" : (error as Error).message;
    throw new MetrogradError(`The scores could not be written to stdout: ${why}.`, { cause: error });
  }
}
