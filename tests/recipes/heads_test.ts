import assert from "node:assert/strict";
import { join } from "node:path";
import { readHistory } from "../../runs/results/history.ts";
import { settingsOf } from "../../recipes/registry.ts";
import { bilinear } from "../../recipes/bilinear/recipe.ts";
import { heads } from "../../recipes/bilinear/heads.ts";
import { trainRun } from "../../runs/start_run.ts";
import { withFolder } from "../temporary.ts";
import { silent, small, writeInputs } from "../runs/runs.ts";
import { testEngine } from "../engine/harness.ts";

const engine = await testEngine();

for (const [head, { losses }] of Object.entries(heads)) {
  for (const name of losses) {
    Deno.test(
      `bilinear: the head ${head} learns with the loss ${name}`,
      withFolder(async (folder) => {
        const files = await writeInputs(folder);
        const settings = {
          ...small,
          model: { ...small.model, head },
          loss: { name },
          augmentation: { metricSwap: { share: 0 } },
        };
        const out = join(folder, "run");
        await trainRun({ recipe: "bilinear", files, settings, maxRows: null, out }, { engine, reporter: silent });
        const losses = (await readHistory(join(out, "metrics.jsonl"))).map(({ trainLoss }) => trainLoss);
        assert.ok(losses.at(-1)! < losses[0]!, `${losses}`);
      }),
    );
  }
}

Deno.test("bilinear: each head has a loss of its own, and one of another head is refused", () => {
  const refused = (head: string, name: string, message: RegExp) =>
    assert.throws(() => settingsOf(bilinear, { model: { head }, loss: { name } }), { name: "UsageError", message });
  refused("ordinal", "focal", /^loss\.name is "focal"; ordinal is expected with the head ordinal\.$/);
  refused("standard", "ordinal", /; cross-entropy or hybrid or focal is expected with the head standard\.$/);
  refused("heteroscedastic", "hybrid", /; heteroscedastic is expected/);
  for (const head of Object.keys(heads)) settingsOf(bilinear, { model: { head } });
});
