import assert from "node:assert/strict";
import { expectFits } from "../../../runs/training/memory.ts";
import { bilinear } from "../../../recipes/bilinear/recipe.ts";
import { bilinearTable } from "../../../recipes/bilinear/config.ts";
import { resolve } from "../../../recipes/settings/table.ts";

Deno.test("memory: a full bilinear form that does not fit is refused with the sizes, one that fits is not", () => {
  const widths = { metric: 768, text: 384, fields: 2, statistics: 0, trainRows: 100, fittedRows: 100 }, gigabyte = 1e9;
  const settings = (form: string) => resolve(bilinearTable, { model: { bilinear: form } });
  assert.equal(bilinear.largest!(settings("rank"), widths), null);
  const largest = bilinear.largest!(settings("full"), widths)!, { optimizer } = settings("full");
  expectFits(largest, optimizer, { free: 6 * gigabyte, total: 8 * gigabyte });
  expectFits(largest, { ...optimizer, name: "sgd" }, { free: 2 * gigabyte, total: 8 * gigabyte });
  assert.throws(() => expectFits(largest, optimizer, { free: 5 * gigabyte, total: 8 * gigabyte }), {
    name: "MetrogradError",
    message:
      "A full bilinear form of 768 x 768 x 768 needs 5.44 GB: 1.81 GB of weights and 3.62 GB that adam keeps of " +
      "them (its gradient takes next to nothing); 5.00 GB of this machine's 8.00 GB are free. " +
      "--set model.bilinear=rank does without it.",
  });
});
