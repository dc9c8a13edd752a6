import assert from "node:assert/strict";
import { join } from "node:path";
import { hasMesa } from "../../engine/platform/mesa.ts";
import { put, withFolder } from "../temporary.ts";

Deno.test(
  "device: Mesa's driver is found by its manifest, where its library and Vulkan's loader are installed",
  withFolder(async (folder) => {
    const manifest = (library_path: unknown) =>
      put(folder, "lvp_icd.x86_64.json", JSON.stringify({ ICD: { library_path } }));
    const found = () => hasMesa([join(folder, "none"), folder]);
    await manifest(join(folder, "libvulkan_lvp.so"));
    assert.equal(found(), false, "no library");
    await put(folder, "libvulkan_lvp.so", "");
    assert.equal(found(), false, "no loader");
    await put(folder, "libvulkan.so.1", "");
    const given = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].filter((name) => Deno.env.has(name));
    assert.equal(found(), given.length === 0);

    await manifest("libvulkan_lvp.so");
    assert.equal(found(), false, "a library somewhere");
    await manifest(undefined);
    assert.equal(found(), false, "a manifest without a library");
    await put(folder, "lvp_icd.x86_64.json", "{");
    assert.equal(found(), false, "a damaged manifest");
  }),
);
