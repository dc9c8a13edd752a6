import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Philox } from "../../engine/mod.ts";
import { floatOfHalf } from "../../engine/files/half_floats.ts";
import { browser } from "../../engine/platform/browser.ts";
import { node } from "../../engine/platform/node.ts";
import { Sha256Sum } from "../../engine/platform/sha256.ts";
import { withEnables } from "../../kernels/enables.ts";
import { readImports } from "../imports.ts";
import { withFolder } from "../temporary.ts";

/** What a file says that only one platform understands; comments do not count. */
function platformWords(text: string): string[] {
  const code = text.replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/(?<!:)\/\/.*$/gm, "");
  return code.match(/\bDeno\.\w+|["']node:\w+|\bprocess\.\w+|\bwindow\.\w+/g) ?? [];
}

Deno.test("platform: no other file that engine, kernels or encoders load knows where it runs", async () => {
  const graph = await readImports(["engine", "kernels", "encoders", "data"]);
  const loaded = new Set(["engine/mod.ts", "kernels/mod.ts", "encoders/network/mod.ts"]);
  for (const path of loaded) for (const next of graph.get(path) ?? []) loaded.add(next);
  assert.ok(loaded.size > 200 && loaded.has("engine/platform/node.ts"), `${loaded.size} files`);
  const found: string[] = [];
  for (const path of loaded) {
    if (path.startsWith("engine/platform/") || !path.endsWith(".ts")) continue;
    found.push(...platformWords(await Deno.readTextFile(path)).map((word) => `${path}: ${word}`));
  }
  assert.deepEqual(found, []);
});

Deno.test("platform: the words are found wherever they stand", () => {
  const text = `import { join } from "node:path"; // Deno.stat\nawait Deno.stat("https://a.b"); process.exit();`;
  assert.deepEqual(platformWords(text), [`"node:path`, "Deno.stat", "process.exit"]);
});

Deno.test("platform: nothing of it imports Node's modules in a way that a browser would follow", async () => {
  for await (const { name } of Deno.readDir("engine/platform")) {
    const text = await Deno.readTextFile(`engine/platform/${name}`);
    assert.doesNotMatch(text, /^import [^;]*"node:/m, name);
  }
});

Deno.test("platform: a sum in pieces is SHA-256 whatever the lengths", () => {
  const random = new Philox(3);
  const bytes = Uint8Array.from({ length: 300 }, () => 256 * random.uniform());
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 300]) {
    const part = bytes.subarray(0, length), sum = new Sha256Sum();
    for (let at = 0; at < length; at += 37) sum.update(part.subarray(at, at + 37));
    assert.equal(sum.digest(), createHash("sha256").update(part).digest("hex"), `${length} bytes`);
  }
});

Deno.test("platform: halves are read alike without arrays for them", () => {
  const bits = Uint16Array.from({ length: 1 << 16 }, (_, i) => i);
  assert.deepEqual(Array.from(bits, floatOfHalf), Array.from(new Float16Array(bits.buffer)));
});

Deno.test("platform: a browser refuses files in a sentence that names what to do", async () => {
  const { files } = browser();
  await assert.rejects(
    files.open("model.safetensors"),
    /^UsageError: model\.safetensors: a browser has no files; load/,
  );
  assert.throws(() => files.statSync("a"), /no files/);
  await browser().nextEvents();
});

Deno.test("platform: a browser reads what is at a URL as a file, and tells what is not there", async () => {
  const { files, join, fileFailure } = browser(), content = new TextEncoder().encode("content");
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ url }) => url.endsWith("/a/file") ? new Response(content) : new Response(null, { status: 404 }),
  );
  const folder = `http://127.0.0.1:${server.addr.port}/`, path = join(folder, "a/", "file");
  assert.equal(path, `${folder}a/file`);
  assert.equal((await files.stat(path)).size, 7);
  using file = await files.open(path);
  await file.seek(3, 0);
  const into = new Uint8Array(9);
  assert.deepEqual([file.readSync(into), await file.read(into)], [4, null]);
  assert.equal(new TextDecoder().decode(into.subarray(0, 4)), "tent");
  await assert.rejects(file.write(into), /no files/);
  const failures = [files.readFile(join(folder, "b")), Array.fromAsync(files.readDir(path))].map((one) =>
    one.then(() => null, fileFailure)
  );
  assert.deepEqual(await Promise.all(failures), ["missing", "not a folder"]);
});

Deno.test("platform: only shaders with subgroup operations ask for them", () => {
  assert.equal(withEnables("let x = subgroupAdd(y);", true), "enable subgroups; let x = subgroupAdd(y);");
  assert.equal(withEnables("let x = subgroupAdd(y);", false), "let x = subgroupAdd(y);");
  assert.equal(withEnables("const subgroups = 1;", true), "const subgroups = 1;");
  assert.match(withEnables("@builtin(subgroup_size) s: u32)", true), /^enable/);
});

Deno.test(
  "platform: files of Node are written, read from a place, shortened and locked as those of Deno",
  withFolder(async (folder) => {
    const { files, join, fileFailure } = node(), path = join(folder, "a", "file");
    await files.mkdir(join(folder, "a"), { recursive: true });
    const file = await files.open(path, { read: true, write: true, create: true });
    await file.write(new TextEncoder().encode("abcdef"));
    assert.equal(await file.seek(2, 0), 2);
    const bytes = new Uint8Array(3);
    assert.equal(file.readSync(bytes), 3);
    assert.equal(new TextDecoder().decode(bytes), "cde");
    assert.equal(await file.read(bytes), 1);
    assert.equal(await file.read(bytes), null);
    await file.truncate(0);
    assert.equal((await file.stat()).size, 0);
    await files.rename(path, `${path}2`);
    const end = await files.open(`${path}2`, { append: true });
    await end.write(new TextEncoder().encode("1"));
    await end.write(new TextEncoder().encode("\n"));
    assert.equal(await files.readTextFile(`${path}2`), "1\n");
    const lock = await files.open(`${path}2`);
    assert.equal(await lock.tryLock(true), false, "process 1 runs");
    for (const one of [file, end, lock]) one.close();
    assert.equal(fileFailure(await files.readFile(path).catch((error) => error)), "missing");
    assert.equal(fileFailure(await files.readFile(folder).catch((error) => error)), "a folder");
    await files.remove(join(folder, "a"), { recursive: true });
    assert.equal(fileFailure(await files.stat(path).catch((error) => error)), "missing");
  }),
);
