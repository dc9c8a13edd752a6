import assert from "node:assert/strict";
import { MeasuresApart, measureTexts } from "../../../runs/prepare/measure_texts.ts";

const words = ["short", "மழை", "Why?", "an answer", "ok.", "42 of them"];
const records = words.flatMap((response, i) =>
  words.map((userPrompt) => ({ metric: "clarity", systemPrompt: i % 2 ? "Be brief." : null, userPrompt, response }))
);
const request = {
  records: records.map((record) => ({ ...record, score: 9, extra: {} })),
  train: Uint32Array.from({ length: 30 }, (_, i) => i),
  texts: { data: Float32Array.from({ length: records.length * 4 }, (_, i) => Math.sin(i)), fields: 2, dimension: 2 },
};

Deno.test("measures of texts: a thread comes to the same bits", async () => {
  using apart = new MeasuresApart(request, true);
  const [here, there] = [await measureTexts(request), await apart.measured()];
  assert.deepEqual(there.statistics, here.statistics);
  assert.deepEqual(there.lexical!.state(), here.lexical!.state());
  assert.ok(here.statistics.data.some((value) => value !== 0));
});

Deno.test("measures of texts: what reads none gets 0", async () => {
  using apart = new MeasuresApart(request, false);
  const { statistics, lexical } = await apart.measured();
  assert.equal(lexical, null);
  assert.equal(statistics.data.length, records.length * statistics.dimension);
  assert.ok(statistics.data.every((value) => value === 0));
});
