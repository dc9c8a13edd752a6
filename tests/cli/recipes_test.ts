import assert from "node:assert/strict";
import { main } from "../../cli/main.ts";
import { recipes } from "../../recipes/registry.ts";
import { recordingTerminal } from "./harness.ts";

async function run(...args: string[]) {
  const { terminal, written } = recordingTerminal();
  return { code: await main(["recipes", ...args], terminal), ...written };
}

Deno.test("recipes: all are named, each with what it is below, and 80 columns hold it", async () => {
  const { code, out } = await run();
  assert.equal(code, 0);
  const lines = out.trimEnd().split("\n");
  assert.deepEqual(lines.filter((line) => !line.startsWith(" ")), [...recipes.map(({ name }) => name), "ensemble"]);
  assert.ok(out.replaceAll(/\n +/g, " ").includes(`${recipes[0]!.name} ${recipes[0]!.summary}\n`), out);
  for (const line of [...lines, ...(await run("bilinear")).out.split("\n")]) assert.ok(line.length <= 80, line);
});

Deno.test("recipes: every setting of one, with its default, what it may be and what it is for", async () => {
  const { out } = await run("bilinear");
  assert.ok(
    out.includes("model.rank = 128\n    rank of the bilinear form; 0 leaves it out (a whole number from 0 to 65536)\n"),
    out,
  );
  assert.ok(out.includes("optimizer.lr = 0.0001\n"), out);
});

Deno.test("recipes: an unknown one is refused with the nearest", async () => {
  const { code, err } = await run("bilinaer");
  assert.equal(code, 2);
  assert.match(err, /^Error: The recipe is "bilinaer"; .* is expected \(did you mean bilinear\?\)\.\n$/);
});
