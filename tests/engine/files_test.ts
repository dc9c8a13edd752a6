import assert from "node:assert/strict";
import { join } from "node:path";
import {
  appendToFile,
  fillFolder,
  listFolderOrExplain,
  readFileOrExplain,
  whatIsAt,
  writeAtomically,
} from "../../engine/files/files.ts";
import { DataError, MetrogradError } from "../../kernels/errors.ts";
import { put, withFolder } from "../temporary.ts";

const listing = async (folder: string) => (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);

/** Runs a body while every file that is opened takes some bytes and then has a full disk beneath it. */
async function withFullDisk(body: () => Promise<void>): Promise<void> {
  const open = Deno.open;
  const replace = (value: unknown) =>
    Object.defineProperty(Deno, "open", { value, configurable: true, writable: true });
  replace(async (...args: Parameters<typeof open>) => {
    const file = await open(...args);
    const write = file.write.bind(file);
    let room = 5;
    file.write = (bytes) => {
      if (room === 0) {
        const error = new Error("No space left on device (os error 28)");
        return Promise.reject(Object.assign(error, { code: "ENOSPC" }));
      }
      const part = bytes.subarray(0, room);
      room -= part.length;
      return write(part);
    };
    return file;
  });
  try {
    await body();
  } finally {
    replace(open);
  }
}

Deno.test(
  "files: text, bytes and pieces are written whole, folders are made, and nothing else is left",
  withFolder(async (folder) => {
    const path = join(folder, "a", "b.txt");
    await writeAtomically(path, "first");
    await writeAtomically(path, [new Uint8Array([104, 105]), new Uint8Array(0), new Uint8Array([33])]);
    assert.equal(await Deno.readTextFile(path), "hi!");
    assert.deepEqual(await listing(join(folder, "a")), ["b.txt"]);
  }),
);

Deno.test(
  "files: a full disk is one sentence naming the file, the old content stays and no part is left",
  withFolder(async (folder) => {
    const path = await put(folder, "weights.bin", "old");
    await withFullDisk(() =>
      assert.rejects(writeAtomically(path, "more than five bytes"), (error) => {
        assert.ok(error instanceof MetrogradError);
        assert.equal(
          error.message,
          `No space left on the device while writing ${path}; nothing half-written was left there.`,
        );
        return true;
      })
    );
    assert.equal(await Deno.readTextFile(path), "old");
    assert.deepEqual(await listing(folder), ["weights.bin"]);
  }),
);

Deno.test(
  "files: a path that cannot be written is refused by name",
  withFolder(async (folder) => {
    const file = await put(folder, "file", "x");
    await assert.rejects(writeAtomically(join(file, "below"), "y"), {
      name: "MetrogradError",
      message: `${join(file, "below")} could not be written: File exists.`,
    });
    await Deno.mkdir(join(folder, "taken", "inner"), { recursive: true });
    await assert.rejects(writeAtomically(join(folder, "taken"), "y"), /taken could not be written: Is a directory\.$/);
    assert.deepEqual((await listing(folder)).sort(), ["file", "taken"]);
  }),
);

Deno.test(
  "files: a missing file and a folder in its place are refused by name",
  withFolder(async (folder) => {
    const path = join(folder, "train.json");
    await assert.rejects(readFileOrExplain(path, "a JSON array of records"), {
      name: "DataError",
      message: `${path} does not exist; a JSON array of records is expected there.`,
    });
    await assert.rejects(readFileOrExplain(folder, "a JSON array of records"), {
      message: `${folder} is a folder; a JSON array of records is expected.`,
    });
    await assert.rejects(readFileOrExplain(join(await put(folder, "f", ""), "g"), "text"), DataError);
  }),
);

Deno.test(
  "files: lines are added at the end, and a full disk there is one sentence",
  withFolder(async (folder) => {
    const path = join(folder, "metrics.jsonl");
    await appendToFile(path, "1\n");
    await appendToFile(path, "2\n");
    assert.equal(await Deno.readTextFile(path), "1\n2\n");
    await withFullDisk(() =>
      assert.rejects(appendToFile(path, "more than five bytes"), {
        name: "MetrogradError",
        message: `No space left on the device while writing ${path}; what was written there last may be cut short.`,
      })
    );
  }),
);

Deno.test(
  "files: a folder is listed; a missing one and a file in its place are refused by name",
  withFolder(async (folder) => {
    const path = await put(folder, "a.npy", "x");
    assert.deepEqual(await listFolderOrExplain(folder, "a folder of embeddings"), ["a.npy"]);
    await assert.rejects(listFolderOrExplain(path, "a folder of embeddings"), {
      name: "DataError",
      message: `${path} is a file; a folder of embeddings is expected.`,
    });
    const missing = join(folder, "none");
    await assert.rejects(listFolderOrExplain(missing, "a folder of embeddings"), {
      message: `${missing} does not exist; a folder of embeddings is expected there.`,
    });
  }),
);

Deno.test(
  "files: tells files and folders from nothing, which an empty folder and a path below a file are as well",
  withFolder(async (folder) => {
    assert.equal(await whatIsAt(folder), "nothing");
    const file = await put(folder, "file", "x");
    assert.deepEqual(
      await Promise.all([folder, file, join(folder, "none"), join(file, "below")].map(whatIsAt)),
      ["folder", "file", "nothing", "nothing"],
    );
  }),
);

Deno.test(
  "files: of a folder that could not be filled nothing is left, unless there was something before",
  withFolder(async (folder) => {
    const fail = (path: string) =>
      fillFolder(path, async () => {
        await put(path, "one", "1");
        throw new MetrogradError("The second cannot be made.");
      });
    const made = join(folder, "made"), kept = join(folder, "kept");
    await Deno.mkdir(made);
    await assert.rejects(fail(made), /The second cannot be made/);
    assert.deepEqual(await listing(folder), []);
    await Deno.mkdir(kept);
    await put(kept, "old", "0");
    await assert.rejects(fail(kept), /The second cannot be made/);
    assert.deepEqual((await listing(kept)).sort(), ["old", "one"]);
    assert.equal(await fillFolder(made, () => Promise.resolve(3)), 3);
  }),
);
