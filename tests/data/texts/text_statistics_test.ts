import assert from "node:assert/strict";
import { textStatisticNames, textStatistics } from "../../../data/texts/text_statistics.ts";

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

Deno.test("text statistics: what response and prompts have in common, beside the cosine of their embeddings", () => {
  const whole = { ...record("Give 12 red apples", "12 red pears!"), systemPrompt: "Pears only." };
  const texts = { data: Float32Array.of(1, 0, 3, 4), fields: 2, dimension: 2 };
  const { data } = textStatistics([whole], { texts });
  const measured = new Map(textStatisticNames.map((name, i) => [name, data[i]!]));
  close(measured.get("cosine of prompt and response"), 0.6);
  close(measured.get("prompt words that stand in the response"), 2 / 4);
  close(measured.get("response words that stand in the system prompt"), 1 / 3);
  close(measured.get("response trigrams that stand in the system prompt"), 3 / 11);
  close(measured.get("numbers in common"), 1);
  close(measured.get("response characters to prompt characters"), Math.log1p(13) - Math.log1p(18));
  close(measured.get("response ends with a mark"), 1);
  close(measured.get("punctuation of the response"), 1 / 13);
  close(measured.get("digits of the response"), 2 / 13);
  close(measured.get("system words"), Math.log1p(2));
});
