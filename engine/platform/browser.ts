import { UsageError } from "../../kernels/errors.ts";
import { Sha256Sum } from "./sha256.ts";
import type { Files, Platform } from "./platform.ts";

/** A browser, or whatever else has WebGPU and no files. */
export function browser(): Platform {
  return {
    name: "browser",
    os: "unknown",
    pid: 0,
    files: noFiles,
    join: (...parts) => parts.filter((part) => part).join("/").replaceAll(/\/+/g, "/"),
    dirname: (path) => path.replace(/\/?[^/]*$/, "") || ".",
    pathOf: ({ href }) => href,
    fileFailure: () => null,
    permitted: () => false,
    environment: () => undefined,
    memory: () => null,
    nextEvents,
    sha256: () => new Sha256Sum(),
    gpu: () => Promise.resolve(globalThis.navigator?.gpu ?? null),
    noAdapter: () =>
      globalThis.navigator?.gpu
        ? "This browser has WebGPU, but no adapter for it: switch hardware acceleration on in its settings, or try another browser."
        : "This browser has no WebGPU, or the page came neither by https nor from localhost: open it in a current Chrome, Edge, " +
          "Safari or Firefox.",
  };
}

/** A message to oneself comes behind the events that are due; a timer would wait for milliseconds. */
function nextEvents(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

function refuse(path: string): UsageError {
  return new UsageError(
    `${path}: a browser has no files; load from a URL or from bytes, and save with "module.toSafetensors()".`,
  );
}

// deno-lint-ignore require-await -- what goes wrong is a rejection
const refuseAsync = async (path: string): Promise<never> => {
  throw refuse(path);
};
const refuseSync = (path: string): never => {
  throw refuse(path);
};

const noFiles: Files = {
  open: refuseAsync,
  readFile: refuseAsync,
  readTextFile: refuseAsync,
  // deno-lint-ignore require-yield -- it only refuses
  readDir: async function* (path) {
    await refuseAsync(path);
  },
  stat: refuseAsync,
  statSync: refuseSync,
  lstat: refuseAsync,
  mkdir: refuseAsync,
  rename: refuseAsync,
  remove: refuseAsync,
  removeSync: refuseSync,
};
