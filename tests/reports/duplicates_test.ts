import assert from "node:assert/strict";
import { measureSets } from "../../reports/explore/explore.ts";
import { duplicatesSection, nearCounts } from "../../reports/explore/duplicates_section.ts";
import { profileFields } from "../../reports/explore/fields.ts";
import type { MetricRecord } from "../../data/records.ts";
import { Philox } from "../../kernels/philox.ts";

const random = new Philox(7, 3);
const wordsOf = (count: number) => Array.from({ length: count }, () => `w${Math.floor(random.uniform() * 5000)}`);
const record = (response: string, metric = "m", score: number | null = 9): MetricRecord => ({
  metric,
  systemPrompt: null,
  userPrompt: "Tell me of it",
  response,
  score,
  extra: {},
});
const input = (name: string, records: readonly MetricRecord[]) => ({
  name,
  path: `${name}.json`,
  records,
  fields: profileFields([]),
  strange: 0,
  numbers: Uint32Array.from(records, (_, i) => i + 1),
});

Deno.test("explore: near duplicates are texts that share four fifths of their runs of words, and no others", () => {
  const base = Array.from({ length: 60 }, () => wordsOf(120));
  // One word changes three runs of three: 4 changed words leave about 0.82, 20 about 0.35.
  const changed = (words: readonly string[], count: number) =>
    words.map((word, i) => i % Math.floor(120 / count) === 5 ? `${word}x` : word).join(" ");
  const near = base.slice(0, 20).map((words) => changed(words, 2));
  const far = base.slice(20, 40).map((words) => changed(words, 20));
  const records = [...base.map((words) => words.join(" ")), ...near, ...far].map((text) => record(text));
  const { clusters } = measureSets([input("train", records)])[0]!;
  for (let i = 0; i < 20; i++) {
    assert.equal(clusters[60 + i], clusters[i], `copy ${i} was missed`);
    assert.notEqual(clusters[80 + i], clusters[20 + i], `text ${i} is no copy`);
  }
});

Deno.test("explore: copies are counted in each set and between them, and equal records with different scores are listed", () => {
  const [a, b, c] = [wordsOf(30).join(" "), wordsOf(30).join(" "), wordsOf(30).join(" ")];
  const sets = measureSets([
    input("train", [record(a, "m", 9), record(a, "m", 3), record(b)]),
    input("test", [record(b, "m", null), record(c, "m", null)]),
  ]);
  assert.deepEqual(
    nearCounts(sets).map(({ set, again, other }) => [set, again, other]),
    [["train", 1, 1], ["test", 0, 1]],
  );
  const section = duplicatesSection(sets);
  const rows = (id: string) => section.tables.find((one) => one.id === id)!.rows;
  assert.deepEqual(rows("conflicts"), [["train", "1, 2", 2, 6, "3, 9"]]);
  assert.deepEqual(rows("in-train-and-test").map((row) => row.slice(0, 3)), [[1, 3, "equal"]]);
  assert.match(section.figures[1]!.reading, /^1 record of test \(50\.0 %\)/);
});

Deno.test("explore: fields are told by what is missing, empty, white space or of a wrong type", () => {
  const profile = profileFields([
    { metric_name: "m", response: "", score: "9", source: "a" },
    { metric_name: 3, response: " \n", score: 11, source: "b" },
    { metric_name: "m", response: null, score: null, source: 4 },
    "no record",
  ]);
  const of = (field: string) => {
    const { missing, empty, blank, wrong, firstWrong } = profile.find(({ name }) => name === field)!;
    return [missing, empty, blank, wrong, firstWrong];
  };
  assert.deepEqual(of("metric_name"), [1, 0, 0, 1, 2]);
  assert.deepEqual(of("response"), [2, 1, 1, 0, null]);
  assert.deepEqual(of("score"), [2, 0, 0, 1, 2]);
  assert.deepEqual(of("source"), [1, 0, 0, 1, 3]);
});
