import assert from "node:assert/strict";
import { describeUnanswered } from "../../../data/texts/missing_texts.ts";
import type { MetricRecord } from "../../../data/records.ts";
import { describeRange } from "../../../runs/prepare/check_rows.ts";

Deno.test("rows: scores on another scale are told of, with the range that was found and the one that is expected", () => {
  assert.equal(
    describeRange([3, 1, 4.5, 5], "train.json"),
    "train.json: the scores lie between 1 and 5, but a scale from 0 to 10 is expected; another scale is named by " +
      "--score-range, as 1..5.",
  );
  assert.match(describeRange([0, 1, 0.5], "a")!, /between 0 and 1,/);
  assert.equal(describeRange([2, 9], "a"), null);
  assert.equal(describeRange([9, 10, 9.5], "a"), null);
});

Deno.test("rows: records without a response are counted, the first by its number in the file", () => {
  const record = (userPrompt: string, response: string): MetricRecord => ({
    metric: "m",
    systemPrompt: null,
    userPrompt,
    response,
    score: 1,
    extra: {},
  });
  const records = [record("p", "r"), record("p", " "), record("", ""), record("p", "")];
  assert.equal(
    describeUnanswered(records, "a.json"),
    "a.json: 2 records, the first of them record 2, have no response; they are judged by the prompt alone.",
  );
  assert.equal(
    describeUnanswered(records.slice(0, 2), "a.json", [4, 8]),
    "a.json: record 9 has no response; it is judged by the prompt alone.",
  );
  assert.equal(describeUnanswered([records[0]!, records[2]!], "a.json"), null);
});
