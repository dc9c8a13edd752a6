import assert from "node:assert/strict";
import { join } from "node:path";
import { openDevice } from "../../engine/device/open.ts";
import { type MeasuredReads, prefersTextures, readSpeeds } from "../../engine/device/texture_reads.ts";
import { withFolder } from "../temporary.ts";

Deno.test("texture reads: taken where they are at least twice as fast", () => {
  assert.ok(prefersTextures({ buffer: 2, texture: 1 }) && prefersTextures({ buffer: 9, texture: 1 }));
  assert.ok(!prefersTextures({ buffer: 1.9, texture: 1 }) && !prefersTextures({ buffer: 1, texture: 5 }));
  assert.ok(!prefersTextures({ buffer: 1, texture: 0 }));
});

Deno.test("texture reads: what is asked for comes before what is measured", async () => {
  for (const textureReads of [true, false]) {
    const opened = await openDevice({ textureReads });
    assert.equal(opened.textureReads, textureReads);
    opened.device.destroy();
  }
});

Deno.test(
  "texture reads: measured once for an adapter, driver and CPU",
  withFolder(async (folder) => {
    const before = Deno.env.get("XDG_CACHE_HOME");
    Deno.env.set("XDG_CACHE_HOME", folder);
    const { device } = await openDevice({ textureReads: false });
    try {
      const measured = await readSpeeds(device, "Some GPU, vulkan");
      if (!measured) return; // No timestamps here.
      assert.ok(measured.machine.startsWith("Some GPU, vulkan") && measured.buffer > 0 && measured.texture > 0);
      const path = join(folder, "metrograd", "reads-some-gpu-vulkan.json");
      const write = (kept: MeasuredReads) => Deno.writeTextFile(path, JSON.stringify(kept));
      await write({ ...measured, buffer: 1234 });
      assert.equal((await readSpeeds(device, "Some GPU, vulkan"))!.buffer, 1234);
      await write({ ...measured, machine: "another", buffer: 1234 });
      assert.notEqual((await readSpeeds(device, "Some GPU, vulkan"))!.buffer, 1234);
      await Deno.writeTextFile(path, "damaged");
      assert.equal((await readSpeeds(device, "Some GPU, vulkan"))!.machine, measured.machine);
    } finally {
      device.destroy();
      if (before === undefined) Deno.env.delete("XDG_CACHE_HOME");
      else Deno.env.set("XDG_CACHE_HOME", before);
    }
  }),
);
