import { builtin } from "./builtin.ts";
import { stateOf } from "./node_state.ts";
import type { Platform } from "./platform.ts";

/** The npm package that gives Node WebGPU: Dawn, Chrome's own. In a variable, so that no bundler looks for it. */
const dawn = "webgpu";

/** Node, with the WebGPU of the npm package `webgpu`, which the program's user installs. */
export function node(): Platform {
  const fs = builtin("node:fs"), os = builtin("node:os"), path = builtin("node:path"), disk = fs.promises;
  const systems = { linux: "linux", darwin: "darwin", win32: "windows" } as const;
  let gpu: Promise<GPU | null> | undefined;
  return {
    name: "Node",
    os: systems[process.platform as keyof typeof systems] ?? "unknown",
    pid: process.pid,
    files: {
      open: async (path, options) => await (await import("./node_file.ts")).NodeFile.open(path, options),
      readFile: async (path) => new Uint8Array(await disk.readFile(path)),
      readTextFile: (path) => disk.readFile(path, "utf8"),
      readDir: async function* (path) {
        yield* await disk.readdir(path, { withFileTypes: true });
      },
      stat: async (path) => stateOf(await disk.stat(path)),
      statSync: (path) => stateOf(fs.statSync(path)),
      lstat: async (path) => stateOf(await disk.lstat(path)),
      mkdir: async (path, options) => void await disk.mkdir(path, options),
      rename: (from, to) => disk.rename(from, to),
      remove: async (path, options) => {
        if (options?.recursive) return await disk.rm(path, { recursive: true });
        await ((await disk.lstat(path)).isDirectory() ? disk.rmdir(path) : disk.unlink(path));
      },
      removeSync: (path) => fs.lstatSync(path).isDirectory() ? fs.rmdirSync(path) : fs.unlinkSync(path),
    },
    join: path.join,
    dirname: path.dirname,
    basename: path.basename,
    resolve: path.resolve,
    pathOf: builtin("node:url").fileURLToPath,
    fileFailure: (error) => {
      const { code } = error as { code?: string };
      if (code === "ENOENT") return "missing";
      return code === "ENOTDIR" ? "not a folder" : code === "EISDIR" ? "a folder" : null;
    },
    // Libraries are loaded in Deno alone.
    permitted: (...permissions) => permissions.every(({ name }) => name !== "ffi"),
    environment: (variable) => process.env[variable],
    memory: () => ({ available: os.freemem(), total: os.totalmem() }),
    nextEvents: builtin("node:timers/promises").setImmediate,
    sha256: () => {
      const hash = builtin("node:crypto").createHash("sha256");
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("hex") };
    },
    gpu: () => gpu ??= openDawn(),
    noAdapter: () =>
      `Node has WebGPU from the npm package "${dawn}" and found no adapter: install that package and your GPU's driver, ` +
      "or name another Vulkan driver in VK_DRIVER_FILES.",
  };
}

/** WebGPU that is there already, or else that of the package. */
async function openDawn(): Promise<GPU | null> {
  const there = (globalThis as { navigator?: Partial<Navigator> }).navigator?.gpu;
  if (there) return there;
  try {
    const { create, globals } = await import(dawn);
    Object.assign(globalThis, globals);
    return create([]);
  } catch {
    return null;
  }
}
