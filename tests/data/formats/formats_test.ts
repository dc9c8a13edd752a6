import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { formats } from "../../../data/formats/formats.ts";
import { readRecordSet, type ReadRecordsOptions } from "../../../data/records.ts";
import { put, withFolder } from "../../temporary.ts";
import { formatSamples } from "./format_samples.ts";

Deno.test("formats: each has a sample", () => {
  assert.deepEqual(formatSamples.map(({ format }) => format), formats.map(({ name }) => name));
});

for (const { format, title, rows, records, wrong: [wrong, message] } of formatSamples) {
  Deno.test(
    `formats: ${title} is found by its fields, in JSON, in JSON lines packed by gzip and by name, and said`,
    withFolder(async (folder) => {
      const lines = rows.map((row) => JSON.stringify(row)).join("\n");
      for (
        const [content, reading] of [
          [JSON.stringify(rows), {}],
          [new Uint8Array(gzipSync(lines)), {}],
          [lines, { format }],
        ] as const
      ) {
        const path = await put(folder, "x", content), notes: string[] = [];
        const options: ReadRecordsOptions = { scores: "required", reading, onNote: (note) => notes.push(note) };
        const found = await readRecordSet(path, options);
        assert.deepEqual(
          found.records.map((one) => [one.metric, one.systemPrompt, one.userPrompt, one.response, one.score]),
          records,
        );
        assert.deepEqual([...found.definitions.keys()], [...new Set(records.map(([metric]) => metric))]);
        const [low, high] = found.scoreRange;
        assert.ok(notes[0]!.startsWith(`${path} is read as ${title}, with scores from ${low} to ${high}: `), notes[0]);
      }
    }),
  );

  Deno.test(
    `formats: ${title}: what is wrong is named with its place and field: ${message}`,
    withFolder(async (folder) => {
      const path = await put(folder, "x.json", JSON.stringify(wrong));
      await assert.rejects(readRecordSet(path, { scores: "required" }), {
        name: "DataError",
        message: `${path}, ${message}`,
      });
    }),
  );
}

Deno.test(
  "formats: criteria of Prometheus define their metrics, and categories are scored when scores are not looked at",
  withFolder(async (folder) => {
    const rows = (name: string) => formatSamples.find(({ format }) => format === name)!.rows;
    const path = await put(folder, "x.json", JSON.stringify(rows("feedback-collection")));
    const { definitions } = await readRecordSet(path, { scores: "required" });
    assert.deepEqual([...definitions.values()], [
      "Does the response show empathy?\nScore 1: None.\nScore 5: A lot.",
    ]);
    const other = await put(folder, "y.json", JSON.stringify(rows("langfuse"))), notes: string[] = [];
    const read = (scores: ReadRecordsOptions["scores"]) =>
      readRecordSet(other, { scores, onNote: (note) => notes.push(note) });
    assert.deepEqual((await read("ignored")).records.map(({ metric }) => metric), ["helpful", "kind", "polite"]);
    assert.deepEqual((await read("optional")).records.map(({ score }) => score), [5, null, 10]);
    await read("required");
    assert.equal(notes.at(-1), `${other}: 1 record has no number for a score and is left out.`);
  }),
);

Deno.test(
  "formats: files of two scales need one, rows of another form are named, and --map goes behind --format",
  withFolder(async (folder) => {
    const rows = (name: string) => formatSamples.find(({ format }) => format === name)!.rows;
    const a = await put(folder, "a.json", JSON.stringify(rows("helpsteer2")));
    const b = await put(folder, "b.json", JSON.stringify(rows("feedback-collection")));
    await assert.rejects(readRecordSet([a, b], { scores: "required" }), {
      message: `${a} has scores on 0 to 4, but ${b} on 1 to 5; one scale, or --score-range, is expected.`,
    });
    const both = await readRecordSet([a, b], { scores: "required", reading: { scoreRange: [0, 5] } });
    assert.deepEqual(both.records.map(({ score }) => score), [8, 6, 8, 2, 0, 6]);
    const mixed = await put(folder, "c.json", JSON.stringify([...rows("helpsteer2"), { prompt: "p", response: "r" }]));
    await assert.rejects(readRecordSet(mixed, { scores: "required" }), {
      message: `${mixed}, record 2 lacks "helpfulness", as HelpSteer2 has it; found the fields "prompt", "response".`,
    });
    const unmeasured = await put(
      folder,
      "d.json",
      JSON.stringify([{ input: "i", actual_output: "o", expected_output: "e" }]),
    );
    const { records } = await readRecordSet(unmeasured, {
      scores: "ignored",
      reading: { format: "deepeval", map: { metric_name: "=tone" } },
    });
    assert.deepEqual(records.map(({ metric, userPrompt, response }) => [metric, userPrompt, response]), [[
      "tone",
      "i",
      "o",
    ]]);
  }),
);

Deno.test(
  "formats: a table of LangSmith and scores of Langfuse beside their traces are read from CSV",
  withFolder(async (folder) => {
    const flat = await put(folder, "a.csv", "id,inputs.question,outputs.answer,feedback.tone\nr1,Why?,So.,0.5\n");
    const traces =
      'id,name,input,output\nt1,chat,"{""question"": ""Hi?""}","{""role"": ""assistant"", ""content"": ""Ho""}"\n';
    const scores = "id,traceId,observationId,name,value,dataType\ns1,t1,,polite,0.2,NUMERIC\n";
    const read = async (...paths: string[]) => {
      const { records } = await readRecordSet(paths, { scores: "required" });
      return records.map(({ metric, userPrompt, response, score }) => [metric, userPrompt, response, score]);
    };
    assert.deepEqual(await read(flat), [["tone", "Why?", "So.", 5]]);
    const [s, t] = [await put(folder, "scores.csv", scores), await put(folder, "traces.csv", traces)];
    await assert.rejects(read(s), /scores\.csv, record 1: traceId is "t1"; a row with that id/);
    const both = { scores: "required", reading: { format: "langfuse" } } as const;
    const { records } = await readRecordSet([s, t], both);
    assert.deepEqual(records.map(({ metric, userPrompt, response }) => [metric, userPrompt, response]), [[
      "polite",
      "Hi?",
      "Ho",
    ]]);
  }),
);
