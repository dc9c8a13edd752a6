import assert from "node:assert/strict";
import { join } from "node:path";
import { allCells, settingsFor } from "../../bench/results/cells.ts";
import { type FedFiles, measureCell } from "../../bench/results/measure.ts";
import { resultTables } from "../../bench/results/table.ts";
import { combineNames } from "../../runs/ensemble/combine.ts";
import { writeNpy } from "../../data/files/npy.ts";
import { layoutFields } from "../../data/texts/text_layout.ts";
import { scmlDocumented } from "../../recipes/scml/config.ts";
import { recipeNamed, recipes, settingsOf } from "../../recipes/registry.ts";
import { silent, writeInputs } from "../runs/runs.ts";
import { withFolder } from "../temporary.ts";

Deno.test("results: plain is without remedies, documented as its document has it, and fit with the fit model alone", () => {
  for (const { name, table } of recipes) {
    const of = (variant: "plain" | "documented" | "fit") => {
      const given = settingsFor(name, variant, { epochs: 2, seed: 3, groupBy: null });
      return settingsOf({ ...recipeNamed(name), table }, given);
    };
    const { augmentation: { metricSwap, opposite, targeted: { low, mid } }, weights, fit, training } = of("plain");
    assert.deepEqual([metricSwap, opposite, low, mid].map(({ share }) => share), [0, 0, 0, 0], name);
    assert.deepEqual([weights.kind, fit.name, training.epochs, training.seed], ["none", "none", 2, 3]);
    assert.deepEqual({ ...of("fit"), fit }, of("plain"));
    assert.equal(of("fit").fit.name, "auto");
  }
  assert.deepEqual(settingsFor("scml", "documented", { epochs: 1, seed: 1, groupBy: null }), {
    ...scmlDocumented.settings,
    training: { epochs: 1, seed: 1 },
  });
  // The folds of document 004 would part the conversations.
  const grouped = settingsFor("bilinear", "documented", { epochs: 1, seed: 1, groupBy: "conversation" });
  assert.equal(settingsOf(recipeNamed("bilinear"), grouped).data.folding, "grouped");
});

Deno.test("results: cells have names of their own, and the tables show what is measured", () => {
  const cells = allCells({ epochs: 5, fed: true });
  assert.equal(new Set(cells.map(({ name }) => name)).size, cells.length);
  const result = (rmse: number) => ({ rmse, interval: [rmse - 0.1, rmse + 0.1] as const, rows: 9 });
  const lines = resultTables(cells, {
    "sample-bilinear-plain-5": result(4.5),
    "sample-gaussian-process-fit": result(1.75),
    "fed-scml-plain-seed-1-5": result(1.9),
    "fed-scml-plain-seed-2-5": result(1.7),
    "fed-scml-plain-seed-3-5": result(1.8),
  }).split("\n").map((line) => line.replace(/ +/g, " "));
  assert.ok(lines.includes("| `bilinear` | 4.500 | | |"));
  assert.ok(lines.includes("| `gaussian-process` | | - | 1.750 |"));
  assert.ok(lines.includes("| `scml` | 1.900 | 1.700 | 1.800 | **1.800** | 1.700 to 1.900 |"));
});

/** Two folds of 60 records, as FED's are laid out. */
async function writeFolds(folder: string): Promise<FedFiles> {
  const inputs = await writeInputs(folder, 60);
  const records: object[] = JSON.parse(await Deno.readTextFile(inputs.data));
  const folds = join(folder, "folds");
  for (const fold of [0, 1]) {
    for (const part of ["train", "test"]) {
      const rows = records.map((record, i) => ({ ...record, conversation: `c${i >> 1}` }))
        .filter((_, i) => ((i >> 1) % 2 === fold) === (part === "test"));
      await Deno.mkdir(join(folds, `${fold}`, part), { recursive: true });
      await Deno.writeTextFile(join(folds, `${fold}`, `${part}.json`), JSON.stringify(rows));
      const values = Float32Array.from({ length: 6 * rows.length }, (_, i) => Math.sin(i + fold));
      for (const name of ["user_prompt", "response"]) {
        await writeNpy(join(folds, `${fold}`, part, `${name}.npy`), values, [rows.length, 6]);
      }
    }
  }
  return { folds, metricNames: inputs.metricNames!, metricEmbeddings: inputs.metricEmbeddings! };
}

Deno.test("results: every recipe is trained on the texts that FED has, by conversation", () => {
  for (const { set, members, ...alone } of allCells({ epochs: 1, fed: true })) {
    if (set !== "fed") continue;
    assert.equal(alone.settings.data?.groupBy, "conversation");
    for (const { recipe, settings } of members.length > 0 ? members : [alone]) {
      const { texts } = settingsOf(recipeNamed(recipe), settings).features;
      assert.ok(!(layoutFields[texts] as readonly string[]).includes("system_prompt"), recipe);
    }
  }
});

Deno.test(
  "results: a cell of folds is scored on rows that its runs have not seen, and what is done is not trained again",
  withFolder(async (folder) => {
    const fed = await writeFolds(folder);
    const cell = allCells({ epochs: 1, fed: true }).find(({ name }) => name === "fed-gaussian-process-plain-seed-1")!;
    const out = join(folder, "out"), first = await measureCell(cell, out, { fed, reporter: silent });
    assert.equal(first.rows, 60);
    assert.ok(first.interval[0] < first.rmse && first.rmse < first.interval[1] && first.rmse < 6);
    let epochs = 0;
    const reporter = { ...silent, epoch: () => epochs++ };
    assert.deepEqual(await measureCell(cell, out, { fed, reporter }), first);
    assert.equal(epochs, 0);
  }),
);

Deno.test(
  "results: an ensemble's cell has its members and each way to combine them, and is trained once",
  withFolder(async (folder) => {
    const fed = await writeFolds(folder), out = join(folder, "out");
    const cell = allCells({ epochs: 1, fed: true }).find(({ name }) => name === "fed-ensemble-plain-seed-2-1")!;
    assert.ok(cell.members.every(({ settings }) => settings.training?.seed === 2));
    assert.deepEqual(cell.settings.data, { groupBy: "conversation", splitSeed: 2 });
    const tiny = { model: { hidden: [16, 8] }, training: { epochs: 1 } };
    const members = [{ recipe: "gaussian-process", settings: {} }, { recipe: "residual-mlp", settings: tiny }];
    const result = await measureCell({ ...cell, members }, out, { fed, reporter: silent });
    assert.equal(result.rows, 60);
    assert.deepEqual(result.beside!.map(({ name }) => name), [
      "1, gaussian-process",
      "2, residual-mlp",
      ...combineNames,
    ]);
    assert.equal(result.rmse, result.beside!.find(({ name }) => name === "weighted")!.rmse);
    const [one, two, mean] = result.beside!;
    assert.ok(mean!.rmse < Math.max(one!.rmse, two!.rmse), "an average is no worse than the worst");
    const lines = resultTables(allCells({ epochs: 1, fed: true }), { [cell.name]: result }).split("\n").map((line) =>
      line.replace(/ +/g, " ")
    );
    const [low, high] = mean!.interval.map((end) => end.toFixed(3));
    assert.ok(lines.includes(`| ${cell.name} | mean | ${mean!.rmse.toFixed(3)} | ${low} to ${high} |`));
    let begun = 0;
    const reporter = { ...silent, start: () => begun++ };
    assert.deepEqual(await measureCell({ ...cell, members }, out, { fed, reporter }), result);
    assert.equal(begun, 0);
  }),
);
