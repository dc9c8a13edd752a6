import assert from "node:assert/strict";
import { callOf, wordsFor } from "../../../data/files/called_as.ts";

Deno.test("called as: the tasks within a clone, the installed command elsewhere, npx from the package", () => {
  const module = "file:///home/someone/metrograd/data/files/called_as.ts";
  const inside = ["/home/someone/metrograd", "/home/someone/metrograd/docs"];
  for (const folder of inside) assert.equal(wordsFor(module, folder), "deno task");
  for (const folder of ["/home/someone", "/home/someone/metrograd2"]) {
    assert.equal(wordsFor(module, folder), "metrograd");
  }
  assert.equal(wordsFor(module, null), "deno task");
  assert.equal(wordsFor("file:///app/node_modules/metrograd/part_22IS34KS.js", "/app"), "npx metrograd");
  assert.equal(
    callOf("train --epochs 3"),
    `${wordsFor(import.meta.resolve("../../../data/files/called_as.ts"), Deno.cwd())} train --epochs 3`,
  );
});
