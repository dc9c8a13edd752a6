import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { flagOf } from "../cli/options/options.ts";
import { ownSettings } from "../cli/commands/recipes.ts";
import { ensembleName, ensembleTable } from "../runs/ensemble/config.ts";
import { finetuneTable } from "../runs/finetune/settings.ts";
import { recipes } from "../recipes/registry.ts";
import { describeSettings, type SettingDescription } from "../recipes/settings/describe.ts";
import { sharedTable } from "../recipes/settings/shared.ts";
import { fieldsOf } from "../recipes/settings/table.ts";
import { elementwiseFunctions } from "../kernels/elementwise/functions.ts";
import { withFolder } from "./temporary.ts";

const read = (path: string) => Deno.readTextFile(new URL(`../${path}`, import.meta.url));

/** The settings that a page documents: path, default, values and purpose of each. */
async function documented(page: string): Promise<string[][]> {
  const rows = (await read(page)).matchAll(/^\| `(\w+\.[\w.]+)` +\|(.+)\|$/gm);
  return [...rows].map(([, path, cells]) => [path!, ...cells!.split("|").map((cell) => cell.trim())]);
}

const inWords = (rows: readonly SettingDescription[]) =>
  rows.map((row) => [row.path, row.default, row.values, row.doc]);

Deno.test("docs: the tables of settings are those that check them", async () => {
  assert.deepEqual(await documented("docs/settings.md"), inWords(describeSettings(sharedTable)));
  for (const { name, table } of [...recipes, { name: ensembleName, table: ensembleTable }]) {
    assert.deepEqual(await documented(`docs/recipes/${name}.md`), inWords(ownSettings(table)), name);
  }
});

Deno.test("docs: the table of fine-tuning's options is that which checks them", async () => {
  const rows = (await read("docs/finetuning.md")).matchAll(/^\| `(--[\w-]+)` +\|(.+)\|$/gm);
  const found = [...rows].map(([, option, cells]) => [option!, ...cells!.split("|").map((cell) => cell.trim())]);
  const expected = [...fieldsOf(finetuneTable)].map(([name, { default: initial, doc, kind }]) => [
    flagOf(name),
    String(initial),
    kind.options?.join(", ") ?? "",
    doc,
  ]);
  assert.deepEqual(found, expected);
});

Deno.test("docs: the program of the library page is the tested example", async () => {
  const [, program] = (await read("docs/library.md")).match(/```ts\n([\s\S]*?)```/)!;
  assert.equal(program, await read("examples/train_small_network.ts"));
});

Deno.test(
  "docs: the programs of the library page run",
  withFolder(async (folder) => {
    const root = fileURLToPath(new URL("../", import.meta.url));
    const permissions = ["--allow-read", "--allow-write", "--allow-env", "--allow-sys=systemMemoryInfo", "--allow-ffi"];
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "test",
        "--doc",
        "--quiet",
        "--no-prompt",
        "--config",
        `${root}deno.json`,
        ...permissions,
        `${root}docs/library.md`,
      ],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    assert.ok(success, [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n"));
  }),
);

Deno.test("docs: the library page has every function of one variable, as its row in the table says", async () => {
  const rows = [...(await read("docs/library.md")).matchAll(/^\| `(\w+)` +\| (.*?) +\|$/gm)];
  const found = new Map(rows.map(([, name, formula]) => [name, formula!.replaceAll("\\|", "|")]));
  for (const [name, { formula }] of Object.entries(elementwiseFunctions)) assert.equal(found.get(name), formula, name);
});

Deno.test("docs: links between the pages lead somewhere", async () => {
  const markdown = (folder: string) =>
    [...Deno.readDirSync(new URL(`../${folder}`, import.meta.url))]
      .filter(({ name }) => name.endsWith(".md")).map(({ name }) => `${folder}/${name}`);
  const pages = ["README.md", ...markdown("docs"), ...markdown("docs/recipes")];
  for (const page of pages) {
    for (const [, target] of (await read(page)).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      await Deno.stat(new URL(target!, new URL(`../${page}`, import.meta.url))).catch(() =>
        assert.fail(`${page}: ${target}`)
      );
    }
  }
});
