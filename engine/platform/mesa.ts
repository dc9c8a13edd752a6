import { builtin } from "./builtin.ts";
import { environment } from "./deno_permissions.ts";

/** Where packages of Linux distributions list their Vulkan drivers. */
const driverFolders = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

/**
 * Whether Mesa's Vulkan driver for CPUs is installed, with Vulkan's loader beside it. It needs no GPU, so that there is an
 * adapter for sure. False where environment variables name other drivers, and where it cannot be told from files.
 */
export function hasMesa(folders: readonly string[] = driverFolders): boolean {
  if (environment("VK_DRIVER_FILES") !== undefined || environment("VK_ICD_FILENAMES") !== undefined) return false;
  const { dirname, isAbsolute, join } = builtin("node:path");
  return folders.some((folder) => {
    try {
      return [...Deno.readDirSync(folder)].some(({ name }) => {
        if (!/^lvp_icd(\.x86_64)?\.json$/.test(name)) return false;
        const library = JSON.parse(Deno.readTextFileSync(join(folder, name))).ICD.library_path;
        if (!isAbsolute(library)) return false;
        for (const path of [library, join(dirname(library), "libvulkan.so.1")]) Deno.statSync(path);
        return true;
      });
    } catch {
      return false;
    }
  });
}
