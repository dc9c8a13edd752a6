import { DeviceError } from "../../kernels/errors.ts";
import { builtin } from "./builtin.ts";
import { cacheFolderOf } from "./cache_folder.ts";
import { environment, permitted } from "./deno_permissions.ts";
import { mesaPackage } from "./packages.ts";

/** The npm package whose archive holds SwiftShader, a Vulkan driver on the CPU that needs no installation. */
const source = { name: "npm:@sparticuz/chromium", version: "153.0.0", megabytes: 70 };
const archiveHash = "b680e40a33235ecc6ad4c6897a168b70ce5164f0d62d2a64d675320d51614631";
const loader = "libvulkan.so.1";
const driver = "vk_swiftshader_icd.json";

const join = (...parts: string[]) => builtin("node:path").join(...parts);

/** Whether SwiftShader can run here: the package has it for Linux on x86-64, and it takes a few permissions. */
export function canUseSwiftShader(): boolean {
  const backend = environment("DENO_WEBGPU_BACKEND");
  return Deno.build.os === "linux" && Deno.build.arch === "x86_64" &&
    (backend === undefined || backend.includes("vulkan")) &&
    permitted(
      { name: "read" },
      { name: "env", variable: "HOME" },
      { name: "env", variable: "VK_DRIVER_FILES" },
      { name: "env", variable: "VK_ICD_FILENAMES" },
      { name: "write", path: folder() },
      { name: "ffi", path: join(folder(), loader) },
    );
}

/**
 * Makes SwiftShader the Vulkan driver of this process, fetching it on first use. It has to come before the runtime's
 * first request for an adapter.
 *
 * @throws DeviceError when it cannot be fetched or unpacked
 */
export async function loadSwiftShader(onNote: (sentence: string) => void): Promise<void> {
  const libraries = folder();
  if (!isSwiftShaderUnpacked()) {
    onNote(
      `No GPU driver was found. Fetching SwiftShader, a slow one that needs no installation ` +
        `(${source.megabytes} MB from npm, once).`,
    );
    try {
      unpack(await fetchArchive(), libraries);
    } catch (error) {
      throw new DeviceError(
        `No GPU adapter was found, and SwiftShader, which would do without one, could not be fetched: ` +
          `${reason(error)}. Connect to the network, or install a Vulkan driver (${mesaPackage}).`,
        { cause: error },
      );
    }
  }
  for (const variable of ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"]) Deno.env.set(variable, join(libraries, driver));
  // The runtime asks for the loader by its name and gets the one that is there already.
  Deno.dlopen(join(libraries, loader), {});
}

/** Whether SwiftShader was fetched before. */
export function isSwiftShaderUnpacked(): boolean {
  return exists(join(folder(), driver));
}

/** Where SwiftShader lies once it is unpacked. */
function folder(): string {
  return join(cacheFolderOf({ environment, join }), `swiftshader-${source.version}`);
}

/** Has the runtime install the package, and reads the archive in it. */
async function fetchArchive(): Promise<Uint8Array> {
  const name = `${source.name}@${source.version}`;
  const lock = new LockFile();
  // The package lets nobody import this file: that fails after the installation and before any of its code runs.
  const refusal = await import(`${name}/package.json`).catch((error: unknown) => error);
  lock.restore();
  const entry = resolve(name);
  // A package that is not there is either refused or stays a name.
  if (!entry?.startsWith("file:")) throw refusal;
  const archive = Deno.readFileSync(new URL("../bin/swiftshader.tar.br", entry));
  if (builtin("node:crypto").createHash("sha256").update(archive).digest("hex") !== archiveHash) {
    throw new Error("the archive is not the one that is expected");
  }
  return archive;
}

function resolve(name: string): string | undefined {
  try {
    return import.meta.resolve(name);
  } catch {
    return undefined;
  }
}

/** The project's deno.lock, which an installation adds to: then everybody on this clone would fetch the package. */
class LockFile {
  readonly #url = new URL("../../deno.lock", import.meta.url);
  readonly #before = this.#url.protocol === "file:" && exists(this.#url) ? Deno.readTextFileSync(this.#url) : undefined;

  restore(): void {
    if (this.#before === undefined || !permitted({ name: "write", path: this.#url })) return;
    if (Deno.readTextFileSync(this.#url) === this.#before) return;
    Deno.writeTextFileSync(this.#url, this.#before);
  }
}

/** Unpacks the archive beside its place and moves it there, so that the folder is whole or not there. */
function unpack(archive: Uint8Array, target: string): void {
  const aside = `${target}.${Deno.pid}.partial`;
  Deno.mkdirSync(aside, { recursive: true });
  try {
    for (const { name, content } of tarFiles(builtin("node:zlib").brotliDecompressSync(archive))) {
      Deno.writeFileSync(join(aside, name), content, { mode: 0o755 });
    }
    // Another process may have been faster.
    if (!exists(target)) Deno.renameSync(aside, target);
  } finally {
    if (exists(aside)) Deno.removeSync(aside, { recursive: true });
  }
}

const tarBlock = 512;

/** The plain files of a tar archive: a header block each, with name and octal size, then the content. */
function* tarFiles(tar: Uint8Array): Generator<{ name: string; content: Uint8Array }> {
  const field = (start: number, length: number) =>
    new TextDecoder().decode(tar.subarray(start, start + length)).replace(/\0.*$/s, "");
  for (let header = 0; header < tar.length;) {
    const name = field(header, 100);
    if (name === "") return;
    const size = parseInt(field(header + 124, 12), 8);
    const start = header + tarBlock;
    if (!name.includes("/")) yield { name, content: tar.subarray(start, start + size) };
    header = start + Math.ceil(size / tarBlock) * tarBlock;
  }
}

function exists(path: string | URL): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split("\n", 1)[0]!.replace(/\.$/, "");
}
