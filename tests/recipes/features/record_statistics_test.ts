import assert from "node:assert/strict";
import { encodeRecords } from "../../../encoders/encode_records.ts";
import { HashEncoder } from "../../../encoders/hash.ts";
import { recordStatistics, statisticsWidth } from "../../../recipes/features/record_statistics.ts";

const records = Array.from({ length: 600 }, (_, i) => ({
  metric: "m",
  systemPrompt: null,
  userPrompt: `How many are ${i % 7}?`,
  response: `There are ${i}. Or ${i % 3}.`,
  score: null,
  extra: {},
}));

Deno.test("records: encoded and measured in parts they are what each is alone, and how many are done is told", async () => {
  const encoder = new HashEncoder(16), told: string[] = [];
  const onDone = (done: number, total: number) => Promise.resolve(void told.push(`${done}/${total}`));
  const { fields, dimension } = await encodeRecords(encoder, records, "fields", onDone);
  assert.deepEqual(told.slice(0, 4), ["0/1800", "256/1800", "512/1800", "600/1800"]);
  const texts = { data: Float32Array.from(fields.at(-1)!.data), fields: 1, dimension };
  told.length = 0;
  const { data } = await recordStatistics(records, texts, null, onDone);
  assert.deepEqual(told, ["0/600", "512/600"]);
  for (const row of [0, 511, 512, 599]) {
    const some = records.slice(row, row + 1);
    const alone = await encodeRecords(encoder, some, "fields"), own = Float32Array.from(alone.fields.at(-1)!.data);
    assert.deepEqual(texts.data.slice(row * dimension, (row + 1) * dimension), own);
    const measured = await recordStatistics(some, { data: own, fields: 1, dimension }, null);
    assert.deepEqual(data.slice(row * statisticsWidth, (row + 1) * statisticsWidth), measured.data);
  }
});
