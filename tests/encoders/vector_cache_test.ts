import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { VectorCache } from "../../encoders/vector_cache.ts";
import { put, withFolder } from "../temporary.ts";

const fingerprint = "ab".repeat(32), program = fileURLToPath(new URL("programs/fill_cache.ts", import.meta.url));
const hash = (text: string) => createHash("sha256").update(text).digest();

function fill(path: string, ...range: number[]): Deno.ChildProcess {
  const args = ["run", "--quiet", "--no-prompt", "--allow-read", "--allow-write", "--allow-env", program, path];
  return new Deno.Command(Deno.execPath(), { args: [...args, ...range.map(String)], stdout: "piped", stderr: "piped" })
    .spawn();
}

Deno.test(
  "vector cache: vectors come back to the bit, from a file that was closed, under their own fingerprint and width alone",
  withFolder((folder) => {
    const path = join(folder, "cache.sqlite"), vector = Float32Array.of(1.5, -0, 1e-40);
    {
      using cache = new VectorCache(path);
      // A part of a buffer, as a batch gives it.
      cache.put(fingerprint, [[hash("a"), Float32Array.of(9, ...vector, 9).subarray(1, 4)]]);
    }
    using cache = new VectorCache(path);
    assert.deepEqual(cache.find(fingerprint, 3, [hash("a"), hash("b")]), [vector, undefined]);
    assert.deepEqual(cache.find("cd".repeat(32), 3, [hash("a")]), [undefined]);
    assert.deepEqual(cache.find(fingerprint, 4, [hash("a")]), [undefined]);
    return Promise.resolve();
  }),
);

Deno.test(
  "vector cache: a vector whose bytes have changed is as if it were not there",
  withFolder((folder) => {
    const path = join(folder, "cache.sqlite");
    using cache = new VectorCache(path);
    cache.put(fingerprint, [[hash("a"), Float32Array.of(1, 2)], [hash("b"), Float32Array.of(3, 4)]]);
    const database = new DatabaseSync(path);
    database.prepare("UPDATE vectors SET vector = ? WHERE text = ?").run(new Uint8Array(8), hash("a"));
    database.close();
    assert.deepEqual(cache.find(fingerprint, 2, [hash("a"), hash("b")]), [undefined, Float32Array.of(3, 4)]);
    return Promise.resolve();
  }),
);

Deno.test(
  "vector cache: what is no cache, or a damaged one, is told in a sentence and left as it is",
  withFolder(async (folder) => {
    const other = join(folder, "other.sqlite");
    const database = new DatabaseSync(other);
    database.exec("CREATE TABLE mine (a)");
    database.close();
    assert.throws(() => new VectorCache(other), {
      name: "DataError",
      message: `${other} is no cache of embeddings of this version; delete it, or name another file with --cache.`,
    });
    const text = await put(folder, "text.sqlite", "not a database ".repeat(1000));
    assert.throws(() => new VectorCache(text), { name: "DataError", message: /is damaged \(file is not a database\)/ });
    assert.equal((await Deno.readTextFile(text)).length, 15_000);
    const below = join(text, "cache.sqlite");
    assert.throws(() => new VectorCache(below), {
      name: "MetrogradError",
      message: /could not be opened as the cache/,
    });

    const path = join(folder, "cut.sqlite");
    {
      using cache = new VectorCache(path);
      for (let i = 0; i < 40; i++) cache.put(fingerprint, [[hash(`${i}`), new Float32Array(384)]]);
    }
    const bytes = await Deno.readFile(path);
    await Deno.writeFile(path, bytes.fill(255, 4096, 4096 * 12));
    using cache = new VectorCache(path);
    const hashes = Array.from({ length: 40 }, (_, i) => hash(`${i}`));
    assert.throws(() => cache.find(fingerprint, 384, hashes), {
      name: "DataError",
      message: /is damaged \(.*\); delete it/,
    });
  }),
);

Deno.test(
  "vector cache: a process that is killed while it writes leaves whole rows, and the next one goes on",
  withFolder(async (folder) => {
    const path = join(folder, "cache.sqlite");
    let before = 0;
    for (let round = 0; round < 3; round++) {
      const process = fill(path, before);
      const reader = process.stdout.getReader();
      await reader.read();
      await new Promise((done) => setTimeout(done, 30 + 40 * round));
      process.kill("SIGKILL");
      await reader.cancel();
      await process.stderr.cancel();
      await process.status;
      using cache = new VectorCache(path);
      const found = cache.find(fingerprint, 384, Array.from({ length: 20_000 }, (_, i) => hash(String(i))));
      const count = found.findIndex((vector) => vector === undefined);
      assert.ok(count > before && count % 8 === 0, `${count} rows are there`);
      assert.ok(found.slice(count).every((vector) => vector === undefined), "none after the first that is missing");
      found.slice(0, count).forEach((vector, i) => assert.ok(vector!.every((value) => value === i), `row ${i}`));
      before = count;
    }
  }),
);

Deno.test(
  "vector cache: processes that make and fill one file at the same time wait for each other",
  withFolder(async (folder) => {
    const path = join(folder, "cache.sqlite");
    const processes = [0, 1, 2].map((i) => fill(path, i * 80, i * 80 + 160));
    for (const process of processes) {
      const { success, stderr } = await process.output();
      assert.ok(success, new TextDecoder().decode(stderr));
    }
    using cache = new VectorCache(path);
    const found = cache.find(fingerprint, 384, Array.from({ length: 320 }, (_, i) => hash(String(i))));
    found.forEach((vector, i) => assert.ok(vector?.every((value) => value === i), `row ${i}`));
  }),
);
