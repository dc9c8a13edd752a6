import assert from "node:assert/strict";
import { cycles, importsOf, readImports, upwardImports } from "./imports.ts";

/** The rooms from the highest to the lowest; those of a line stand beside each other. */
const order = [
  ["cli"],
  ["serve", "reports"],
  ["runs"],
  ["scoring"],
  ["recipes"],
  ["encoders"],
  ["data"],
  ["engine"],
  ["kernels"],
] as const;

const rooms = order.flat().filter((room) => Array.from(Deno.readDirSync(".")).some(({ name }) => name === room));
const graph = await readImports(rooms);

Deno.test("rooms: no file imports from a room above its own, or beside it", () => {
  assert.deepEqual(upwardImports(graph, order), []);
});

Deno.test("rooms: no files import each other in a circle, for types neither", () => {
  assert.deepEqual(cycles(graph).map((files) => files.join(" → ")), []);
});

Deno.test("rooms: the root of a room holds at most 16 files", () => {
  const crowded = rooms.map((room) => {
    const files = [...graph.keys()].filter((path) => path.split("/").length === 2 && path.startsWith(`${room}/`));
    return { room, files: files.length };
  }).filter(({ files }) => files > 16);
  assert.deepEqual(crowded, []);
});

Deno.test("rooms: what the code in runs/ loads from there is TypeScript, all that .gitignore lets through", () => {
  const loaded = [...graph].filter(([from]) => from.startsWith("runs/")).flatMap(([, targets]) => targets);
  assert.deepEqual(loaded.filter((path) => path.startsWith("runs/") && !path.endsWith(".ts")), []);
});

Deno.test("rooms: an import for types, one on several lines, an export and a dynamic one are all seen", () => {
  const text = `import type { A } from "./a.ts";
import {
  b,
  type B,
} from "../b.ts";
export * from "./c/c.ts";
import "./d.ts";
/* import "./comment.ts"; */
const e = await import("./e.ts");`;
  assert.deepEqual(importsOf("room/x.ts", text), ["room/a.ts", "b.ts", "room/c/c.ts", "room/d.ts", "room/e.ts"]);
});

Deno.test("rooms: an import upwards, one between rooms side by side and a circle are found", () => {
  const wrong = new Map([
    ["data/a.ts", ["runs/b.ts"]],
    ["runs/b.ts", ["data/c.ts"]],
    ["data/c.ts", ["data/a.ts"]],
    ["serve/d.ts", ["reports/e.ts", "serve/f.ts", "data/c.ts"]],
  ]);
  assert.deepEqual(upwardImports(wrong, order), ["data/a.ts imports runs/b.ts", "serve/d.ts imports reports/e.ts"]);
  assert.deepEqual(cycles(wrong), [["data/a.ts", "runs/b.ts", "data/c.ts", "data/a.ts"]]);
});
