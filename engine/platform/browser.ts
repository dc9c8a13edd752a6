import type { Platform } from "./platform.ts";
import { Sha256Sum } from "./sha256.ts";
import { MissingFile, NoFolder, webFiles } from "./web_files.ts";

/** A browser, or whatever else has WebGPU and no files of its own. */
export function browser(): Platform {
  return {
    name: "browser",
    os: "unknown",
    pid: 0,
    files: webFiles,
    join: (...parts) => parts.filter((part) => part).join("/").replaceAll(/(?<!:)\/+/g, "/"),
    dirname: (path) => path.replace(/\/?[^/]*$/, "") || ".",
    basename: (path) => path.replace(/^.*\//, ""),
    resolve: (path) => path,
    pathOf: ({ href }) => href,
    fileFailure: (error) =>
      error instanceof MissingFile ? "missing" : error instanceof NoFolder ? "not a folder" : null,
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
