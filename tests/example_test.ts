import assert from "node:assert/strict";

Deno.test("example: the network of the module's documentation learns, in under 30 lines", async () => {
  const source = await Deno.readTextFile(new URL("../examples/train_small_network.ts", import.meta.url));
  const module = await Deno.readTextFile(new URL("../mod.ts", import.meta.url));
  const documented = module.match(/```ts\n([\s\S]*?)```/)![1]!.replace(/^ \* ?/gm, "");
  assert.equal(documented.trim(), source.trim().replace('"../mod.ts"', '"metrograd"'));
  assert.ok(source.trim().split("\n").length < 30);

  const printed: unknown[][] = [];
  const log = console.log;
  console.log = (...values) => printed.push(values);
  try {
    await import("../examples/train_small_network.ts");
  } finally {
    console.log = log;
  }
  assert.deepEqual(printed.map(([step]) => step), [50, 100, 150, 200]);
  assert.ok((printed.at(-1)![1] as number) < 0.05, `the last loss is ${printed.at(-1)![1]}`);
});
