import { builtin } from "./builtin.ts";
import { environment, permitted } from "./deno_permissions.ts";
import { mesaPackage } from "./packages.ts";
import type { Platform } from "./platform.ts";

/** Deno: its own WebGPU, with SwiftShader where there is no driver; nothing is done that is not permitted. */
export function deno(): Platform {
  const path = builtin("node:path");
  const os = Deno.build.os;
  let preparation: Promise<void> | undefined;
  return {
    name: "Deno",
    os: os === "linux" || os === "darwin" || os === "windows" ? os : "unknown",
    pid: Deno.pid,
    files: Deno,
    join: path.join,
    dirname: path.dirname,
    basename: path.basename,
    resolve: path.resolve,
    pathOf: builtin("node:url").fileURLToPath,
    fileFailure: (error) => {
      if (error instanceof Deno.errors.NotFound) return "missing";
      if (error instanceof Deno.errors.NotADirectory) return "not a folder";
      return error instanceof Deno.errors.IsADirectory ? "a folder" : null;
    },
    permitted,
    environment,
    memory: () => Deno.systemMemoryInfo(),
    nextEvents: builtin("node:timers/promises").setImmediate,
    sha256: () => {
      const hash = builtin("node:crypto").createHash("sha256");
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("hex") };
    },
    gpu: async (onNote) => {
      await (preparation ??= import("./prepare_deno.ts").then(({ prepare }) => prepare(onNote)));
      return navigator.gpu;
    },
    noAdapter: () => {
      const backend = environment("DENO_WEBGPU_BACKEND");
      if (backend !== undefined) {
        return `No GPU adapter was found with DENO_WEBGPU_BACKEND=${backend}; try again without that variable.`;
      }
      return os === "linux"
        ? `No GPU adapter was found; install your GPU's Vulkan driver, or Mesa's, which needs no GPU (${mesaPackage}).`
        : "No GPU adapter was found; install or update your GPU's driver.";
    },
  };
}
