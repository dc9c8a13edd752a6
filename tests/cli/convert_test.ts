import assert from "node:assert/strict";
import { join } from "node:path";
import { readMetricDefinitions } from "../../data/metrics/metric_definitions.ts";
import { readRecords } from "../../data/records.ts";
import { formatSamples } from "../data/formats/format_samples.ts";
import { put, withFolder } from "../temporary.ts";
import { call } from "./bad_files.ts";
import { run } from "./harness.ts";

for (const { title, rows } of formatSamples) {
  Deno.test(
    `convert: ${title} becomes records that are read back the same`,
    withFolder(async (folder) => {
      const data = await put(folder, "data.json", JSON.stringify(rows)), out = join(folder, "records.json");
      const { code, err } = await call("convert", { "--data": data, "--out": out });
      assert.equal(code, 0, err);
      const options = { scores: "optional" } as const;
      assert.deepEqual(await readRecords(out, options), await readRecords(data, options));
      const again = join(folder, "again.json");
      assert.equal((await call("convert", { "--data": out, "--out": again })).code, 0);
      assert.equal(await Deno.readTextFile(again), await Deno.readTextFile(out));
    }),
  );
}

Deno.test(
  "convert: definitions are written, many records in pieces, scores from 0 to 10, and nothing is replaced unasked",
  withFolder(async (folder) => {
    const lines = Array.from({ length: 2500 }, (_, i) => `q${i},a${i},${1 + i % 5}`);
    const data = await put(folder, "data.csv", ["question,answer,stars", ...lines].join("\n"));
    const options = {
      "--data": data,
      "--map": "user_prompt=question,response=answer,score=stars",
      "--score-range": "1..5",
      "--out": join(folder, "out.json"),
      "--definitions": join(folder, "definitions.json"),
    };
    const { code, out, err } = await call("convert", options);
    assert.equal(code, 0, err);
    assert.match(out, /^metric +records\nstars +2500$/m);
    assert.match(err, /2500 records written to .*out\.json; 2500 have a score, brought from 1\.\.5 to 0\.\.10\./);
    const records = await readRecords(options["--out"], { scores: "required" });
    assert.deepEqual(records.map(({ score }) => score), lines.map((_, i) => 2.5 * (i % 5)));
    assert.deepEqual([...await readMetricDefinitions(options["--definitions"])], [["stars", "stars"]]);
    const again = await call("convert", options);
    assert.equal(again.code, 2);
    assert.match(again.err, /--out .*out\.json exists already; name another, or add --force to replace it\./);
  }),
);

Deno.test("convert: the call has its defaults, and the help an example", async () => {
  assert.deepEqual((await run("convert --data a --out o")).calls, [
    { command: "convert", call: { data: "a", out: "o", definitions: null, force: false } },
  ]);
  const { out } = await run("convert --help");
  for (const word of ["--format", "--map", "--score-range", "--definitions", "deno task convert --data"]) {
    assert.ok(out.includes(word), word);
  }
  for (const line of out.split("\n")) assert.ok(line.length <= 80, line);
});
