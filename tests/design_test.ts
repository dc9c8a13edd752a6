import assert from "node:assert/strict";

const read = (path: string) => Deno.readTextFile(new URL(`../${path}`, import.meta.url));
const page = await read("docs/design.md");

/** Rows of a table of the path of a record. */
interface Place {
  readonly room: string;
  readonly file: string;
  readonly name: string;
}

const walk = page.split("\n").flatMap((line): Place[] => {
  const [, room, file, name] = /^\| (\w+) +\| `([\w/]+\.ts)` *\| `(\w+)` *\|/.exec(line) ?? [];
  return name === undefined ? [] : [{ room: room!, file: file!, name }];
});
const up = walk.findIndex(({ room }, i) => room === "recipes" && walk[i - 1]?.room === "kernels");

Deno.test("design: each name on the path of a record is exported by the file that it is said to be in", async () => {
  assert.ok(walk.length > 24, `${walk.length} places`);
  for (const { room, file, name } of walk) {
    assert.ok(file.startsWith(`${room}/`), `${file} is not in ${room}/`);
    const declared = new RegExp(`export (async )?(abstract )?(function|class|const) ${name}\\b`);
    assert.match(await read(file), declared, `${file} exports no ${name}`);
  }
});

Deno.test("design: the way down enters each room once", () => {
  const down = walk.slice(0, up).map(({ room }) => room);
  const entered = down.filter((room, i) => room !== down[i - 1]);
  assert.equal(new Set(entered).size, entered.length, entered.join(" → "));
  assert.deepEqual(entered.toSorted(), "cli data encoders engine kernels recipes runs scoring".split(" "));
});

Deno.test("design: each file and folder that the page quotes is there", async () => {
  const quoted = [...page.matchAll(/`((?:\w+\/)+(?:\w+\.\w+)?)`/g)].map(([, path]) => path!);
  assert.ok(quoted.length > 40, `${quoted.length} paths`);
  // Rooms inside a room stand in its row of the table.
  const inside = new Map(
    [...page.matchAll(/^\| `(\w+\/)` *\|(.*)\|$/gm)].flatMap(([, room, text]) =>
      [...text!.matchAll(/`(\w+\/)`/g)].map(([, path]) => [path!, `${room}${path}`] as const)
    ),
  );
  for (const path of quoted) {
    if (/NAME/.test(path)) continue;
    const at = inside.get(path) ?? path;
    await Deno.stat(new URL(`../${at}`, import.meta.url)).catch(() => assert.fail(`${at} is not there`));
  }
});
