import assert from "node:assert/strict";
import { join } from "node:path";
import { writeNpy } from "../../../data/files/npy.ts";
import { meanText, readTextEmbeddings } from "../../../data/embeddings/text_embeddings.ts";
import { put, withFolder } from "../../temporary.ts";

/** Writes matrices of two columns (or `columns`) as DIR/name.npy. */
async function fill(folder: string, files: Record<string, number[]>, columns = 2): Promise<void> {
  for (const [name, values] of Object.entries(files)) {
    await writeNpy(join(folder, `${name}.npy`), new Float32Array(values), [values.length / columns, columns]);
  }
}

async function refuses(folder: string, records: number, message: string, rowsOf?: string): Promise<void> {
  await assert.rejects(readTextEmbeddings(folder, records, rowsOf ? { rowsOf } : {}), (error: Error) => {
    assert.equal(error.name, "DataError");
    assert.equal(error.message.replaceAll(`${folder}/`, "").replaceAll(folder, "DIR"), message);
    return true;
  });
}

Deno.test(
  "text embeddings: the fields that are there are read, and their mean has length 1",
  withFolder(async (folder) => {
    await fill(folder, { response: [0, 3, 1, 0], user_prompt: [4, 0, 1, 0] });
    const embeddings = await readTextEmbeddings(folder, 2);
    assert.deepEqual(embeddings.fields.map(({ name }) => name), ["user_prompt", "response"]);
    assert.equal(embeddings.dimension, 2);
    assert.deepEqual(meanText(embeddings), new Float32Array([0.8, 0.6, 1, 0]));
  }),
);

Deno.test(
  "text embeddings: a zero row has no part in the mean, and a row of nothing but zeros stays zero",
  withFolder(async (folder) => {
    await fill(folder, { user_prompt: [0, 2, 0, 0], system_prompt: [0, 0, 0, 0], response: [0, 0, 0, 0] });
    assert.deepEqual(meanText(await readTextEmbeddings(folder, 2)), new Float32Array([0, 1, 0, 0]));
  }),
);

Deno.test(
  "text embeddings: the one text embedding is taken as it is",
  withFolder(async (folder) => {
    await fill(folder, { text: [3, 4, 0, 0.5] });
    const embeddings = await readTextEmbeddings(folder, 2);
    assert.deepEqual(embeddings.fields.map(({ name }) => name), ["text"]);
    assert.deepEqual(meanText(embeddings), new Float32Array([3, 4, 0, 0.5]));
  }),
);

Deno.test(
  "text embeddings: rows, widths and values that do not fit are refused by name",
  withFolder(async (folder) => {
    await fill(folder, { user_prompt: [1, 2, 3, 4] });
    await refuses(folder, 3, "user_prompt.npy has 2 rows, but there are 3 records.");
    await refuses(folder, 1, "user_prompt.npy has 2 rows, but train.json has 1 records.", "train.json has 1 records");
    await fill(folder, { response: [1, 2, 3, 4, 5, 6] }, 3);
    await refuses(folder, 2, "response.npy has 3 columns, but user_prompt.npy has 2.");
    await fill(folder, { response: [1, NaN, 3, 4] });
    await refuses(folder, 2, "response.npy has NaN in row 1, column 2 (counted from 1); finite numbers are expected.");
    await fill(folder, { response: [1, 1, 1, 1], text: [1, 1, 1, 1] });
    await refuses(folder, 2, "DIR holds both text.npy and user_prompt.npy; one kind is expected.");
  }),
);

Deno.test(
  "text embeddings: a folder without them, a missing folder and a file in its place are refused",
  withFolder(async (folder) => {
    await refuses(
      folder,
      2,
      "DIR holds none of user_prompt.npy, system_prompt.npy, response.npy, nor text.npy; at least one is expected.",
    );
    await assert.rejects(readTextEmbeddings(join(folder, "none"), 2), /none does not exist; a folder of embeddings/);
    const file = await put(folder, "file", "x");
    await assert.rejects(readTextEmbeddings(file, 2), /file is a file; a folder of embeddings is expected\.$/);
  }),
);

Deno.test(
  "text embeddings: records saved from a damaged file take the first rows, with a note",
  withFolder(async (folder) => {
    await fill(folder, { response: [1, 0, 0, 1, 1, 1] });
    const notes: string[] = [];
    const options = { recovered: true, onNote: (note: string) => notes.push(note) };
    assert.deepEqual((await readTextEmbeddings(folder, 2, options)).fields[0]!.data, new Float32Array([1, 0, 0, 1]));
    assert.match(notes.join(), /the first 2 of 3 rows are used/);
    await assert.rejects(readTextEmbeddings(folder, 4, options), /has 3 rows, but there are 4 records/);
  }),
);
