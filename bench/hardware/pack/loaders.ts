import { join } from "node:path";

/** Debian packages of the libraries between a program and a GPU's driver, and what those need. */
const packages = [
  ...["libvulkan1", "libegl1", "libglvnd0", "libgl1", "libglx0", "libgles2", "libopengl0"],
  ...["libx11-6", "libxext6", "libxcb1", "libxau6", "libxdmcp6", "libbsd0", "libmd0"],
];

/**
 * Puts the libraries into a folder where this system's package manager has them, without installing them.
 *
 * @returns what is missing, in a sentence, or null
 */
export async function fetchLoaders(folder: string): Promise<string | null> {
  const downloads = await Deno.makeTempDir();
  try {
    await Deno.mkdir(folder, { recursive: true });
    if (!await succeeds("apt-get", ["--quiet", "download", ...packages], downloads)) {
      return "apt-get cannot download the Vulkan and OpenGL loaders here; the machine has to have its own.";
    }
    for (const { name } of Array.from(Deno.readDirSync(downloads))) {
      const unpacked = join(downloads, `${name}.d`);
      if (!await succeeds("dpkg-deb", ["--extract", name, unpacked], downloads)) return `${name} cannot be unpacked.`;
      await copyLibraries(unpacked, folder);
    }
    return null;
  } finally {
    await Deno.remove(downloads, { recursive: true });
  }
}

async function succeeds(command: string, args: readonly string[], cwd: string): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args: [...args], cwd, stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false; // There is no such command.
  }
}

/** Copies shared libraries under the names that programs ask for, and the licences beside them. */
async function copyLibraries(from: string, to: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const path = join(from, name);
    if (isDirectory) await copyLibraries(path, to);
    else if (/\.so\.\d+$/.test(name)) await Deno.copyFile(await Deno.realPath(path), join(to, name));
    else if (name === "copyright") await Deno.copyFile(path, join(to, `${from.split("/").at(-1)}.copyright`));
  }
}
