import assert from "node:assert/strict";
import { type FieldMap, mapFields, parseFieldMap } from "../../../data/formats/field_map.ts";
import { readRecords } from "../../../data/records.ts";
import { put, withFolder } from "../../temporary.ts";

const rows = [
  { instruction: "Q", output: "A", rating: { tone: 3, facts: "4" }, id: 7 },
  { instruction: "R", output: "B", rating: { tone: 1 }, id: 8 },
];
const raw = rows.map((fields, i) => ({ place: `x, record ${i + 1}`, fields }));

Deno.test("map: fields are taken from others, by nested keys too, and the rest is kept", () => {
  const map = parseFieldMap("user_prompt=instruction, response = output,score=rating.tone,metric_name==tone of voice");
  assert.deepEqual(mapFields(raw, map, "x")[1], {
    place: "x, record 2",
    fields: { user_prompt: "R", response: "B", score: 1, metric_name: "tone of voice", rating: { tone: 1 }, id: 8 },
  });
});

Deno.test("map: several scores become several records, named by their fields and by the metric if there is one", () => {
  const names = (map: FieldMap) =>
    mapFields(raw, map, "x").map(({ place, fields }) => [place, fields.metric_name, fields.score]);
  assert.deepEqual(names({ score: "rating.tone+rating.facts" }), [
    ["x, record 1, rating.tone", "rating.tone", 3],
    ["x, record 1, rating.facts", "rating.facts", "4"],
    ["x, record 2, rating.tone", "rating.tone", 1],
    ["x, record 2, rating.facts", "rating.facts", undefined],
  ]);
  assert.deepEqual(names({ score: "rating.tone", metric_name: "id" })[0], ["x, record 1", 7, 3]);
  assert.deepEqual(names({ score: "id", metric_name: "instruction" }), [["x, record 1", "Q", 7], [
    "x, record 2",
    "R",
    8,
  ]]);
});

const refused: [words: string, message: string][] = [
  ["response", '--map has "response"; a field and where it is taken from, as response=output, are expected.'],
  ["=output", '--map has "=output"; a field and where it is taken from, as response=output, are expected.'],
  [
    "respose=output",
    '--map names the field "respose"; one of metric_name, system_prompt, user_prompt, response, score is expected; ' +
    'the nearest is "response".',
  ],
  ["score=a,score=b", "--map names the field score twice."],
];
for (const [words, message] of refused) {
  Deno.test(`map: ${words} is refused`, () => {
    assert.throws(() => parseFieldMap(words), { name: "UsageError", message });
  });
}

Deno.test(
  "map: a field that no record has is told of with those that there are, and a bad score by its record",
  withFolder(async (folder) => {
    const path = await put(folder, "x.json", JSON.stringify(rows));
    const read = (words: string) => readRecords(path, { scores: "required", reading: { map: parseFieldMap(words) } });
    await assert.rejects(read("score=id,response=ouput"), {
      name: "DataError",
      message:
        `${path}: --map takes a field from "ouput", which no record has; the nearest is "output", and there are ` +
        '"instruction", "output", "rating", "id".',
    });
    await assert.rejects(read("response=output,score=rating"), {
      message: `${path}, record 1: score is an object; a number from 0 to 10 is expected.`,
    });
    assert.deepEqual((await read("response=output,score=rating.facts")).map(({ score }) => score), [4]);
    assert.deepEqual((await read("response=output,score=id"))[0], {
      metric: "id",
      systemPrompt: null,
      userPrompt: "",
      response: "A",
      score: 7,
      extra: { instruction: "Q", rating: { tone: 3, facts: "4" } },
    });
  }),
);
