import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);
const { exports: entries } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root))) as {
  exports: Readonly<Record<string, string>>;
};

/** The project's files that importing an entry point loads, types included, and the packages. */
async function loadedBy(entry: string): Promise<string[]> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", fileURLToPath(new URL(entry, root))],
    cwd: fileURLToPath(root),
  }).output();
  assert.ok(success, entry);
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: { specifier: string }[] };
  return modules.map(({ specifier }) => specifier.replace(root.href, "")).toSorted();
}

/** What an entry point exports at run time. */
const namesOf = async (entry: string) => Object.keys(await import(new URL(entry, root).href));

Deno.test("entry points: each is there, and what a program imports from metrograd is that", async () => {
  assert.deepEqual(Object.keys(entries), [".", "./engine", "./kernels", "./encoders", "./all", "./cli"]);
  const [engine, scorer] = [await import("metrograd/engine"), await import("metrograd")];
  assert.equal(scorer.Engine, engine.Engine);
  assert.equal(typeof (await import("metrograd/kernels")).matmul, "function");
});

for (
  const [entry, rooms] of [
    ["./engine", /^(engine|kernels)\/|^node:/],
    ["./kernels", /^kernels\//],
    [
      "./encoders",
      /^(encoders|engine|kernels)\/|^data\/(note_taker|files\/json_object)\.ts|^node:|^npm:\/?@huggingface/,
    ],
  ] as const
) {
  Deno.test(`entry points: importing metrograd/${entry.slice(2)} loads nothing beside it`, async () => {
    const loaded = await loadedBy(entries[entry]!);
    assert.ok(loaded.length > 20, "the graph was read");
    assert.deepEqual(loaded.filter((file) => !rooms.test(file)), []);
  });
}

Deno.test("entry points: the root is small and has no generic name", async () => {
  const source = await Deno.readTextFile(new URL("mod.ts", root));
  assert.doesNotMatch(source, /^export \*/m);
  const names = [...source.matchAll(/export \{([^}]*)\}/g)]
    .flatMap(([, list]) => list!.split(",")).map((name) => name.trim().replace(/^type /, "")).filter(Boolean);
  assert.ok(names.length <= 100, `${names.length} names`);
  const generic = ["Buffer", "Field", "Table", "Fit", "Member", "Model", "Module", "Values", "Given", "Rows", "Matrix"];
  assert.deepEqual(names.filter((name) => generic.includes(name)), []);
});

Deno.test("entry points: the flat list still has all names of the engine and the root", async () => {
  const all = new Set(await namesOf(entries["./all"]!));
  for (const entry of [entries["."]!, entries["./engine"]!]) {
    assert.deepEqual((await namesOf(entry)).filter((name) => !all.has(name)), []);
  }
});
