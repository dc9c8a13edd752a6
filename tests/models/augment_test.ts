import assert from "node:assert/strict";
import { writeNpy } from "../../data/npy.ts";
import { textKey } from "../../data/split.ts";
import { prepare, type PreparedRun } from "../../models/prepare.ts";
import { recipes, settingsOf } from "../../models/recipes.ts";
import type { GivenSettings } from "../../models/settings/shared.ts";
import type { TrainFiles } from "../../models/train_request.ts";
import { withFolder } from "../temporary.ts";
import { silent, writeInputs } from "./runs.ts";

/** Every stage that needs no file. */
const everyStage: GivenSettings["augmentation"] = {
  metricSwap: { share: 0.3 },
  relations: "proposed",
  opposite: { share: 1 },
  substitutable: { share: 1, highest: 10 },
  targeted: { low: { share: 1, severity: 0.9 }, mid: { count: 20 } },
  misaligned: { share: 0.5 },
  resample: { share: 0.5 },
};

async function prepareWith(files: TrainFiles, settings: GivenSettings): Promise<PreparedRun> {
  const [recipe] = recipes;
  return await prepare(
    { recipe: recipe!.name, settings: settingsOf(recipe!, settings), files, maxRows: null },
    silent,
  );
}

/** Metrics in two pairs of neighbours, so that some are proposed as substitutes. */
async function writeNeighbours(folder: string): Promise<TrainFiles> {
  const files = await writeInputs(folder);
  const rows = [[1, 0, 0, 0, 0], [1, 0.1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 0.1, 0]];
  await writeNpy(files.metricEmbeddings, Float32Array.from(rows.flat()), [4, 5]);
  return files;
}

Deno.test(
  "augment: no row that any stage adds has the texts of a validation record",
  withFolder(async (folder) => {
    const { data, rows: { records, added, tables } } = await prepareWith(await writeNeighbours(folder), {
      augmentation: everyStage,
    });
    const heldOut = new Set([...data.validation.text].map((text) => textKey(records[text]!)));
    const originOf = (text: number) => text < records.length ? text : tables.texts.origins[text - records.length]!;
    assert.ok(heldOut.size > 0 && added.length === 11);
    for (const { stage, rows } of added) {
      assert.equal(rows.text.some((text) => heldOut.has(textKey(records[originOf(text)]!))), false, stage);
    }
    assert.ok(added.filter(({ rows }) => rows.text.length > 0).length >= 10, "all but opposites, which no name has");
    const last = Math.max(...data.train.text), metric = Math.max(...data.train.metric);
    assert.equal(data.tables.texts.data.length, (last + 1) * data.tables.texts.dimension);
    assert.equal(data.tables.statistics.data.length, (last + 1) * data.tables.statistics.dimension);
    assert.equal(data.tables.metrics.data.length, (metric + 1) * data.tables.metrics.dimension);
  }),
);

Deno.test(
  "augment: the validation rows and what they look up are the same with and without any stage",
  withFolder(async (folder) => {
    const files = await writeNeighbours(folder);
    const plain = await prepareWith(files, { augmentation: { metricSwap: { share: 0 } } });
    const more = await prepareWith(files, { augmentation: everyStage });
    assert.deepEqual(more.data.validation, plain.data.validation);
    assert.deepEqual(more.data.mismatched, plain.data.mismatched);
    const { texts, metrics } = plain.data.tables;
    assert.deepEqual(more.data.tables.texts.data.subarray(0, texts.data.length), texts.data);
    assert.deepEqual(more.data.tables.metrics.data.subarray(0, metrics.data.length), metrics.data);
    assert.deepEqual(plain.counts.added, []);
  }),
);

Deno.test(
  "augment: a stage's rows do not change with the other stages, and follow the seed",
  withFolder(async (folder) => {
    const files = await writeNeighbours(folder);
    const misaligned = async (augmentation: GivenSettings["augmentation"], seed = 1) => {
      const settings = { augmentation: augmentation!, training: { seed }, data: { splitSeed: 1 } };
      const { rows } = await prepareWith(files, settings);
      return rows.added.find(({ stage }) => stage === "misaligned negatives")!.rows;
    };
    const alone = await misaligned({ misaligned: { share: 0.5 } });
    assert.deepEqual(await misaligned(everyStage), alone);
    assert.notDeepEqual(await misaligned(everyStage, 2), alone);
  }),
);
