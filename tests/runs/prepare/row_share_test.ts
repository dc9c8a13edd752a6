import assert from "node:assert/strict";
import { drawnRows } from "../../../data/pairs/drawn_rows.ts";
import { Philox } from "../../../kernels/philox.ts";
import { prepare } from "../../../runs/prepare/prepare.ts";
import { configOf } from "../../../runs/configure.ts";
import { withFolder } from "../../temporary.ts";
import { silent, writeInputs } from "../runs.ts";

Deno.test("drawn rows: as many as are wanted, in their order and none twice; all where there are no more", () => {
  const rows = Uint32Array.from({ length: 50 }, (_, i) => 3 * i);
  const drawn = drawnRows(rows, 20, new Philox(5));
  assert.equal(drawn.length, 20);
  assert.ok(drawn.every((row, i) => row % 3 === 0 && (i === 0 || row > drawn[i - 1]!)));
  assert.deepEqual(drawnRows(rows, 50, new Philox(5)), rows);
});

Deno.test(
  "training.rowShare: members of one split learn from draws of their own, and are measured on the same rows",
  withFolder(async (folder) => {
    const files = await writeInputs(folder);
    const prepared = (rowShare: number, seed: number) => {
      const settings = {
        training: { rowShare, seed },
        data: { splitSeed: 1 },
        augmentation: { metricSwap: { share: 0 } },
      };
      return prepare(configOf({ recipe: "bilinear", files, settings, maxRows: null }), silent);
    };
    const all = await prepared(1, 1), one = await prepared(0.6, 1), two = await prepared(0.6, 2);
    const { train, validation } = all.counts;
    for (const { counts, data } of [one, two]) {
      assert.deepEqual([counts.train, counts.validation], [Math.round(0.6 * train), validation]);
      assert.ok(data.train.text.every((text) => all.data.train.text.includes(text)));
      assert.deepEqual(data.validation, all.data.validation);
      assert.deepEqual(data.mismatched, all.data.mismatched);
    }
    assert.notDeepEqual(one.data.train.text, two.data.train.text);
    assert.deepEqual((await prepared(0.6, 1)).data.train, one.data.train, "the same seed draws the same rows");
    assert.equal((await prepared(0.01, 1)).counts.train, 1);
  }),
);
