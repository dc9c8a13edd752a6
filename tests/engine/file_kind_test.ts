import assert from "node:assert/strict";
import { foreignKind, knownForm } from "../../engine/files/file_kind.ts";
import { openOrExplain, readFileOrExplain } from "../../engine/files/files.ts";
import { encodeSafetensors } from "../../engine/files/write_safetensors.ts";
import { put, withFolder } from "../temporary.ts";

/** Bytes of characters below 256. */
const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

const foreign: [kind: RegExp, beginning: string][] = [
  [/^a Git LFS pointer/, "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"],
  [/^an HTML page/, "<!DOCTYPE html>\n<html>"],
  [/^an HTML page/, "\n <html lang='en'>"],
  [/^an XML document/, '<?xml version="1.0"?><Error>'],
  [/^a gzip archive/, "\x1f\x8b\x08\0"],
  [/^a zip archive/, "PK\x03\x04\x14"],
  [/^a Zstandard archive/, "\x28\xb5\x2f\xfd"],
  [/^an xz archive/, "\xfd7zXZ\0"],
  [/^a tar archive/, `${"name".padEnd(257, "\0")}ustar\x0000`],
  [/^a Parquet file/, "PAR1\x15\x04"],
  [/^an HDF5 file/, "\x89HDF\r\n\x1a\n"],
  [/^a Python pickle/, "\x80\x04\x95\x0a"],
];
for (const [kind, beginning] of foreign) {
  Deno.test(
    `file kind: ${beginning.slice(0, 12).trim()} is told by its first bytes, wherever a file is opened`,
    withFolder(async (folder) => {
      assert.match(foreignKind(bytes(beginning))!.name, kind);
      const path = await put(folder, "weights", bytes(beginning.padEnd(600, " ")));
      const sentence = new RegExp(
        `weights is ${kind.source.slice(1)}.*; the weights of a run is expected: .*[a-z\`]\\.$`,
      );
      await assert.rejects(readFileOrExplain(path, "the weights of a run"), { name: "DataError", message: sentence });
      await assert.rejects(openOrExplain(path, "the weights of a run"), { name: "DataError", message: sentence });
      assert.equal((await readFileOrExplain(path, "a copy", { anyKind: true })).length, 600);
    }),
  );
}

Deno.test("file kind: what readers take is not foreign, whatever the length of a safetensors header looks like", () => {
  const header = encodeSafetensors(new Map());
  for (const start of ["\x1f\x8b\0\0", "PK\0\0"]) {
    const like = new Uint8Array([...bytes(start), 0, 0, 0, 0, ...header.subarray(8)]);
    assert.equal(foreignKind(like), null, start);
    assert.equal(knownForm(like), "a safetensors file");
  }
  const known: [form: string | null, beginning: string][] = [
    ["an .npy file", "\x93NUMPY\x01\0"],
    ["JSON text", '[{"a": 1}]'],
    ["JSON text", '\xef\xbb\xbf {"a": 1}'],
    [null, "ID,score\n1,2\n"],
    [null, ""],
  ];
  for (const [form, beginning] of known) {
    assert.equal(foreignKind(bytes(beginning)), null, beginning);
    assert.equal(knownForm(bytes(beginning)), form, beginning);
  }
});

Deno.test(
  "file kind: an opened file is read from its first byte",
  withFolder(async (folder) => {
    const path = await put(folder, "plain", "text");
    using file = await openOrExplain(path, "text");
    const read = new Uint8Array(8);
    assert.equal(await file.read(read), 4);
    assert.deepEqual([...read.subarray(0, 4)], [...bytes("text")]);
  }),
);
