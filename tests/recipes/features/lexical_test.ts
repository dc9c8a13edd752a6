import assert from "node:assert/strict";
import { join } from "node:path";
import { writeSafetensors } from "../../../engine/files/write_safetensors.ts";
import { DataError } from "../../../kernels/errors.ts";
import { LexicalModel, lexicalNumbers } from "../../../recipes/features/lexical.ts";
import { withFolder } from "../../temporary.ts";

const record = (response: string, userPrompt = "The cat") => ({
  metric: "a",
  systemPrompt: null,
  userPrompt,
  response,
  score: 5,
  extra: {},
});
const close = (actual: number, expected: number) => assert(Math.abs(actual - expected) < 1e-5, `${actual}`);

Deno.test("lexical model: rarity is the mean inverse document frequency over different texts of the train records", async () => {
  const model = await LexicalModel.fit([record("the dog"), record("the dog"), record("a மழை")]);
  const rarity = (...words: string[]) => model.rarity({ words });
  close(rarity("the"), Math.log(4 / 3));
  close(rarity("cat", "unknown"), (Math.log(4 / 2) + Math.log(4 / 1)) / 2);
  close(rarity(), 0);
});

Deno.test(
  "lexical model: responses with like spelling are near, whatever the script; train texts keep their distances; a file keeps it all",
  withFolder(async (folder) => {
    const texts = [
      "walking in the rain",
      "walked in the rains",
      "prices of grain",
      "மழையில் நடந்தேன்",
      "மழையில் நடந்தான்",
      "",
    ];
    const model = await LexicalModel.fit(texts.map((text) => record(text)));
    const path = join(folder, "lexical.safetensors");
    await model.write(path);
    const rows = await (await LexicalModel.read(path)).responses(texts.map((text) => record(text)));
    assert.deepEqual(rows, await model.responses(texts.map((text) => record(text))));
    const distance = (data: Float32Array, columns: number, i: number, j: number) =>
      Math.hypot(...Array.from({ length: columns }, (_, k) => data[i * columns + k]! - data[j * columns + k]!));
    const near = (i: number, j: number) => distance(rows, lexicalNumbers, i, j);
    assert(near(0, 1) < 0.8 * near(0, 2) && near(3, 4) < 0.8 * near(3, 0));
    assert.deepEqual(rows.subarray(5 * lexicalNumbers), new Float32Array(lexicalNumbers));
    const hashed = await model.encoder.encode(texts), width = hashed.length / texts.length;
    for (const [i, j] of [[0, 1], [0, 3], [2, 4]] as const) close(near(i, j), distance(hashed, width, i, j));
  }),
);

Deno.test(
  "lexical model: a file with a part missing is refused by name",
  withFolder(async (folder) => {
    const path = join(folder, "lexical.safetensors"), model = await LexicalModel.fit([record("the dog")]);
    const state = [...model.encoder.state()].map(([name, { shape, data }]) =>
      [`encoder.${name}`, { dtype: "F32" as const, shape, data }] as const
    );
    await writeSafetensors(path, new Map(state));
    await assert.rejects(
      LexicalModel.read(path),
      (error) => error instanceof DataError && error.message.startsWith(path) && error.message.includes('"directions"'),
    );
  }),
);
