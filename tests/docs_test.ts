import assert from "node:assert/strict";
import { bilinearDefaults } from "../models/config.ts";

const read = (path: string) => Deno.readTextFile(new URL(`../${path}`, import.meta.url));

Deno.test("docs: the table of defaults is the recipe's", async () => {
  const rows = (await read("docs/recipes.md")).matchAll(/^\| `(\w+)` +\| ([^|]+?) +\|/gm);
  const documented = Object.fromEntries([...rows].map(([, name, value]) => [name, value]));
  const { recipe: _, ...settings } = bilinearDefaults;
  const number = (value: unknown) => typeof value === "number" ? value.toFixed(6).replace(/\.?0+$/, "") : String(value);
  const expected = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, number(value)]));
  assert.deepEqual(documented, expected);
});

Deno.test("docs: the README's program is the tested example", async () => {
  const [, program] = (await read("README.md")).match(/```ts\n([\s\S]*?)```/)!;
  assert.equal(program!.replace('"./mod.ts"', '"../mod.ts"'), await read("examples/train_small_network.ts"));
});

Deno.test("docs: links between the pages lead somewhere", async () => {
  const pages = [
    "README.md",
    ...[...Deno.readDirSync(new URL("../docs", import.meta.url))]
      .filter(({ name }) => name.endsWith(".md")).map(({ name }) => `docs/${name}`),
  ];
  for (const page of pages) {
    for (const [, target] of (await read(page)).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      await Deno.stat(new URL(target!, new URL(`../${page}`, import.meta.url))).catch(() =>
        assert.fail(`${page}: ${target}`)
      );
    }
  }
});
