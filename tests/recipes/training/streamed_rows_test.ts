import assert from "node:assert/strict";
import { join } from "node:path";
import { TextBlocks } from "../../../data/embeddings/text_blocks.ts";
import type { LabelledRows } from "../../../data/pairs/feature_tables.ts";
import { writeNpy } from "../../../data/files/npy.ts";
import { recipeNamed, settingsOf } from "../../../recipes/registry.ts";
import { StreamedRows } from "../../../recipes/training/streamed_rows.ts";
import { withFolder } from "../../temporary.ts";

const rows = 23, dimension = 2;
/** Texts stand in the files from the last row to the first. */
const fileRows = Uint32Array.from({ length: rows }, (_, text) => rows - 1 - text);

/** Train rows: all texts but the first, and the last once more under another metric. */
const text = Uint32Array.from({ length: rows }, (_, row) => Math.min(row + 1, rows - 1));
const train: LabelledRows = {
  text,
  metric: new Uint32Array(rows),
  score: new Float32Array(rows),
  weight: new Float32Array(rows).fill(1),
};

function streamedRows(folder: string): StreamedRows {
  const blocks = new TextBlocks(folder, fileRows, { rows, blockRows: 2, windowBlocks: 4 }, {
    layout: "prompt-response",
    whole: false,
  });
  const recipe = recipeNamed("residual-mlp"), settings = settingsOf(recipe, { training: { batchSize: 3 } });
  return new StreamedRows(blocks, { recipe, settings }, train);
}

async function writeEmbeddings(folder: string): Promise<void> {
  for (const [field, name] of ["user_prompt", "response"].entries()) {
    const data = Float32Array.from({ length: rows * dimension }, (_, i) => 100 * field + i + 1);
    await writeNpy(join(folder, `${name}.npy`), data, [rows, dimension]);
  }
}

Deno.test(
  "streamed rows: an epoch has every row once, with its embeddings, in the order of seed and epoch",
  withFolder(async (folder) => {
    await writeEmbeddings(folder);
    const streamed = streamedRows(folder), batches = streamed.batches(3);
    const order = batches.flatMap((batch) => [...batch]);
    assert.deepEqual(order.toSorted((a, b) => a - b), [...train.text.keys()]);
    for (const batch of batches) {
      const expected = [...batch].flatMap((row) => {
        const at = fileRows[text[row]!]! * dimension;
        return [at + 1, at + 2, at + 101, at + 102];
      });
      assert.deepEqual([...await streamed.texts(batch)], expected);
    }
    // Three windows of four blocks; rows of one window are mixed, and no batch takes rows of two.
    const windows = batches.map((batch) => new Set([...batch].map((row) => fileRows[text[row]!]! >> 1)));
    const blocks = windows.reduce((all, one) => all.union(one), new Set<number>());
    // The twelfth has no train row.
    assert.equal(blocks.size, 11);
    assert.ok(windows.every(({ size }) => size <= 4));
    assert.ok(windows.some(({ size }) => size > 1));

    assert.deepEqual(streamedRows(folder).batches(3), batches);
    assert.notDeepEqual(streamedRows(folder).batches(4), batches);
    // As a run that goes on does: from the middle of an epoch, not from its first batch.
    const again = streamedRows(folder);
    const middle = again.batches(3)[4]!;
    assert.deepEqual(await again.texts(middle), await streamed.texts(middle));
    streamed.dispose();
    again.dispose();
  }),
);

Deno.test(
  "streamed rows: a file that was cut since is named when its rows are asked for",
  withFolder(async (folder) => {
    await writeEmbeddings(folder);
    const streamed = streamedRows(folder), [first] = streamed.batches(0), path = join(folder, "response.npy");
    await Deno.writeFile(path, (await Deno.readFile(path)).subarray(0, -8));
    await assert.rejects(streamed.texts(first!), {
      name: "DataError",
      message: /response\.npy is truncated: its header promises 23 x 2 float32 values/,
    });
  }),
);
