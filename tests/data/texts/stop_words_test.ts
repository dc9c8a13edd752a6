import assert from "node:assert/strict";
import { dropStopWords, withoutSystemStopWords } from "../../../data/texts/stop_words.ts";

Deno.test("stop words: they go in any case and in five languages, other words and their order stay", () => {
  assert.equal(
    dropStopWords("You are a careful tutor who does NOT give the answer."),
    "careful tutor NOT give answer.",
  );
  assert.equal(dropStopWords("आप एक शिक्षक हैं"), "शिक्षक");
  assert.equal(dropStopWords("আপনি একজন শিক্ষক"), "শিক্ষক");
  assert.equal(dropStopWords("நீங்கள் ஒரு ஆசிரியர்"), "ஆசிரியர்");
  assert.equal(dropStopWords("Thesis, arena"), "Thesis, arena");
});

Deno.test("stop words: only system prompts lose them, and one of nothing else counts as absent", () => {
  const record = { metric: "m", userPrompt: "who are you", response: "it is", score: 3, extra: {} };
  const prompts = ["You are a poet.", "You are.", null];
  const records = withoutSystemStopWords(prompts.map((systemPrompt) => ({ ...record, systemPrompt })));
  assert.deepEqual(records.map(({ systemPrompt }) => systemPrompt), ["poet.", null, null]);
  assert.ok(records.every(({ userPrompt, response }) => userPrompt === "who are you" && response === "it is"));
});
