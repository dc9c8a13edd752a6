import assert from "node:assert/strict";
import { MeasuresApart, measureTexts } from "../../../runs/prepare/measure_texts.ts";
import { countThreads } from "../../threads.ts";

const words = ["short", "மழை", "Why?", "an answer", "ok.", "42 of them"];
const records = words.flatMap((response, i) =>
  words.map((userPrompt) => ({ metric: "clarity", systemPrompt: i % 2 ? "Be brief." : null, userPrompt, response }))
);
const request = {
  records: records.map((record) => ({ ...record, score: 9, extra: {} })),
  train: Uint32Array.from({ length: 30 }, (_, i) => i),
  texts: { data: Float32Array.from({ length: records.length * 4 }, (_, i) => Math.sin(i)), fields: 2, dimension: 2 },
};

/** The same with texts long enough for a thread. */
const long = {
  ...request,
  records: request.records.map((record) => ({ ...record, response: `${record.response} `.repeat(250) })),
};

Deno.test("measures of texts: a thread comes to the same bits", async () => {
  for (const [texts, expected] of [[request, 0], [long, 1]] as const) {
    const { result, threads } = countThreads(() => new MeasuresApart(texts, true));
    using apart = result;
    assert.equal(threads, expected);
    const [here, there] = [await measureTexts(texts), await apart.measured()];
    assert.deepEqual(there.statistics, here.statistics);
    assert.deepEqual(there.lexical!.state(), here.lexical!.state());
    assert.ok(here.statistics.data.some((value) => value !== 0));
  }
});

Deno.test("measures of texts: what reads none gets 0", async () => {
  using apart = new MeasuresApart(request, false);
  const { statistics, lexical } = await apart.measured();
  assert.equal(lexical, null);
  assert.equal(statistics.data.length, records.length * statistics.dimension);
  assert.ok(statistics.data.every((value) => value === 0));
});
