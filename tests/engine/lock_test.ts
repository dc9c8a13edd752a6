import assert from "node:assert/strict";
import { join } from "node:path";
import { whatIsAt } from "../../engine/files/files.ts";
import { FolderLock } from "../../engine/files/lock.ts";
import { withFolder } from "../temporary.ts";

Deno.test(
  "lock: one holder at a time, whom the message names; given back, it leaves nothing",
  withFolder(async (folder) => {
    const path = join(folder, "runs/a");
    const lock = await FolderLock.take(path);
    assert.equal(await whatIsAt(path), "nothing", "the lock is none of the folder's files");
    await assert.rejects(
      FolderLock.take(path),
      new RegExp(`^MetrogradError: .*a is being written by another process \\(${Deno.pid}\\); wait until that is done`),
    );
    lock[Symbol.dispose]();
    assert.deepEqual([...Deno.readDirSync(join(folder, "runs"))], []);
    {
      using again = await FolderLock.take(path);
      await Deno.writeTextFile(join(path, "kept"), "");
      await again.check();
    }
    assert.deepEqual([...Deno.readDirSync(path)].map(({ name }) => name), ["kept"]);
  }),
);

Deno.test(
  "lock: that of a killed process locks nothing",
  withFolder(async (folder) => {
    const module = new URL("../../engine/files/lock.ts", import.meta.url).href;
    const program = `const { FolderLock } = await import(${JSON.stringify(module)});
      await FolderLock.take(Deno.args[0]);
      console.log("locked");
      await new Promise((resolve) => setTimeout(resolve, 60_000));`;
    const file = join(folder, "hold.ts");
    await Deno.writeTextFile(file, program);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", "--no-check", "--allow-all", file, folder],
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await assert.rejects(FolderLock.take(folder), new RegExp(`another process \\(${child.pid}\\)`));
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    assert.ok((await Deno.readTextFile(join(folder, ".lock"))).startsWith(`${child.pid}`), "it left its file behind");
    using _lock = await FolderLock.take(folder);
  }),
);

Deno.test(
  "lock: a folder that was removed or replaced meanwhile is noticed",
  withFolder(async (folder) => {
    const path = join(folder, "a");
    using lock = await FolderLock.take(path);
    await Deno.remove(path, { recursive: true });
    await assert.rejects(lock.check(), /a was removed or replaced while it was written to/);
    using _other = await FolderLock.take(path);
    await assert.rejects(lock.check(), /a was removed or replaced while it was written to/);
  }),
);
