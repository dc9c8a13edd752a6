import assert from "node:assert/strict";
import { encodeRecords, fitTexts } from "../../../encoders/encode_records.ts";
import { HashEncoder } from "../../../encoders/hash.ts";
import type { MetricRecord } from "../../../data/records.ts";
import { absentFields, layOutTexts } from "../../../data/texts/text_layout.ts";
import type { TextEmbeddings } from "../../../data/embeddings/text_embeddings.ts";

const records: MetricRecord[] = [
  { metric: "m", systemPrompt: null, userPrompt: "a question", response: "an answer", score: 1, extra: {} },
  { metric: "m", systemPrompt: "be brief", userPrompt: "", response: "words", score: 2, extra: {} },
];
const embeddings: TextEmbeddings = {
  fields: [
    { name: "user_prompt", data: Float32Array.of(1, 2, 0, 0) },
    { name: "system_prompt", data: Float32Array.of(0, 0, 3, 4) },
    { name: "response", data: Float32Array.of(5, 6, 7, 8) },
  ],
  dimension: 2,
};

Deno.test("text layout: fields stand side by side in their order, whatever the order of the files", () => {
  const fields = layOutTexts(embeddings, "fields", "e");
  assert.deepEqual([...fields.data], [0, 0, 1, 2, 5, 6, 3, 4, 0, 0, 7, 8]);
  assert.deepEqual([fields.fields, fields.dimension], [3, 2]);
  assert.deepEqual([...layOutTexts(embeddings, "prompt-response", "e").data], [1, 2, 5, 6, 0, 0, 7, 8]);
  assert.equal(layOutTexts(embeddings, "combined", "e").fields, 1);
});

Deno.test("text layout: fields of zeros are absent, but never all of a record", () => {
  assert.deepEqual([...absentFields(layOutTexts(embeddings, "fields", "e"))], [1, 0, 0, 0, 1, 0]);
  const nothing = { data: new Float32Array(8), fields: 2, dimension: 2 };
  assert.deepEqual([...absentFields(nothing)], [1, 0, 1, 0]);
});

Deno.test("text layout: a field that no file holds is named", () => {
  const one = { ...embeddings, fields: embeddings.fields.slice(0, 1) };
  const whole = { ...one, fields: one.fields.map((field) => ({ ...field, name: "text" })) };
  assert.equal(layOutTexts(whole, "prompt-response", "dir", { whole: true }).fields, 2, "one text stands for either");
  assert.throws(() => layOutTexts(whole, "prompt-response", "dir"), /lacks user_prompt\.npy/);
  assert.throws(() => layOutTexts(one, "prompt-response", "dir"), {
    name: "DataError",
    message: 'dir lacks response.npy, which the layout "prompt-response" of the texts needs.',
  });
  assert.throws(() => layOutTexts(one, "fields", "dir", { open: true }), {
    message:
      'dir lacks system_prompt.npy, which the layout "fields" of the texts needs; --set features.texts=combined does ' +
      "without.",
  });
});

Deno.test("text layout: the encoder sees each field on its own, and a missing one is zeros", async () => {
  assert.deepEqual(fitTexts(records, "fields"), ["", "a question", "an answer", "be brief", "", "words"]);
  const encoder = new HashEncoder(16);
  const encoded = await encodeRecords(encoder, records, "fields");
  assert.deepEqual(encoded.fields.map(({ name }) => name), ["system_prompt", "user_prompt", "response"]);
  const [answer] = await Promise.all([encoder.encode(["an answer"])]);
  assert.deepEqual(encoded.fields[2]!.data.subarray(0, 16), answer);
  assert.deepEqual([...absentFields(layOutTexts(encoded, "fields", "e"))], [1, 0, 0, 0, 1, 0]);
});
