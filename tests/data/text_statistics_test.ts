import assert from "node:assert/strict";
import { textStatisticNames, textStatistics } from "../../data/text_statistics.ts";

const record = (userPrompt: string, response: string) => ({
  metric: "m",
  systemPrompt: null,
  userPrompt,
  response,
  score: null,
  extra: {},
});

const of = (userPrompt: string, response: string) => {
  const { data } = textStatistics([record(userPrompt, response)]);
  return new Map(textStatisticNames.map((name, i) => [name, data[i]!]));
};

const close = (got: number | undefined, wanted: number) => assert.ok(Math.abs(got! - wanted) < 1e-6, `${got}`);

Deno.test("text statistics: words, sentences, repetitions and questions of two short texts", () => {
  const measured = of("Why is the sky blue? Tell me.", "Tell me. It is blue, blue! Is it?");
  close(measured.get("prompt words"), Math.log1p(7));
  close(measured.get("response words"), Math.log1p(8));
  close(measured.get("prompt sentences"), Math.log1p(2));
  close(measured.get("response sentences"), Math.log1p(3));
  close(measured.get("different words of the response"), 5 / 8);
  close(measured.get("response words that stand in the prompt"), 4 / 5);
  close(measured.get("response sentences that stand in the prompt"), 1 / 3);
  close(measured.get("response questions"), 1 / 3);
});

Deno.test("text statistics: texts of one script share it, texts of two do not, and nothing is shared with nothing", () => {
  close(of("மழை ஏன்?", "மழை").get("shared script"), 1);
  close(of("Why rain?", "மழை").get("shared script"), 0);
  const empty = textStatistics([record("", "")]).data;
  assert.ok(empty.every((value) => value === 0));
});
