import assert from "node:assert/strict";
import { join } from "node:path";
import { MetricTable } from "../../../data/metrics/metric_table.ts";
import { nearestName, quoteNearest, suggestName } from "../../../data/texts/nearest_name.ts";
import { writeNpy } from "../../../data/files/npy.ts";
import { put, withFolder } from "../../temporary.ts";

const names = ["tone", "bias/gender", "bias/age"];
const table = new MetricTable(names, new Float32Array([1, 0, 0, 1, 0.6, 0.8]), 2);

Deno.test("metric table: rows are found by name, and the embedding of a row is its own", () => {
  assert.deepEqual(names.map((name) => table.indexOf(name)), [0, 1, 2]);
  assert.deepEqual(table.row(2), new Float32Array([0.6, 0.8]));
});

Deno.test("metric table: a name without an embedding is named, with its place and the nearest known name", () => {
  assert.throws(() => table.indexOf("bias/gendr", "test.json, record 7"), {
    name: "DataError",
    message:
      'test.json, record 7: the metric "bias/gendr" has no embedding; the nearest name that has one is "bias/gender".',
  });
  assert.throws(() => table.indexOf("TONE"), { message: /^The metric "TONE" has no embedding; .* "tone"\.$/ });
  assert.throws(() => table.indexOf("__proto__"), { name: "DataError" });
});

Deno.test(
  "metric table: a table survives its folder",
  withFolder(async (folder) => {
    await table.write(folder);
    assert.deepEqual((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort(), [
      "metric_embeddings.npy",
      "metric_names.json",
    ]);
    const again = await MetricTable.readFrom(folder);
    assert.deepEqual([again.names, again.dimension, again.embeddings], [table.names, 2, table.embeddings]);
  }),
);

Deno.test(
  "metric table: files that do not fit together are refused by name",
  withFolder(async (folder) => {
    const embeddings = join(folder, "metric_embeddings.npy");
    await writeNpy(embeddings, table.embeddings, [3, 2]);
    const refuse = async (values: unknown, message: string) => {
      const path = await put(folder, "metric_names.json", JSON.stringify(values));
      await assert.rejects(MetricTable.read(path, embeddings), (error: Error) => {
        assert.equal(error.name, "DataError");
        assert.equal(error.message.replaceAll(`${folder}/`, ""), message);
        return true;
      });
    };
    await refuse(["a", "b"], "metric_embeddings.npy has 3 rows, but metric_names.json names 2 metrics.");
    await refuse(["a", "b", "a"], 'metric_names.json names "a" twice, as number 1 and 3.');
    await refuse(["a", 5, "b"], "metric_names.json, name 2 is 5; the name of a metric is expected.");
    await refuse(["a", "b", ""], 'metric_names.json, name 3 is ""; the name of a metric is expected.');
    await refuse([], "metric_names.json names no metrics; at least one is expected.");
    await writeNpy(embeddings, new Float32Array([1, 2, 3, NaN, 5, 6]), [3, 2]);
    await refuse(
      names,
      "metric_embeddings.npy has NaN in row 2, column 2 (counted from 1); finite numbers are expected.",
    );
    const cut = await put(folder, "metric_names.json", '["a", "b');
    await assert.rejects(MetricTable.read(cut, embeddings), /damaged at byte 8: .* at name 2; 1 whole name before it/);
  }),
);

Deno.test("metric table: merging adds the unseen metrics after the own ones and keeps the own embeddings", () => {
  const notes: string[] = [];
  const other = new MetricTable(["new", "tone", "bias/age"], new Float32Array([0.5, 0.5, -1, 0, 0.60001, 0.8]), 2);
  const merged = table.merge(other, { onNote: (note) => notes.push(note) });
  assert.deepEqual(merged.names, [...names, "new"]);
  assert.deepEqual(merged.embeddings, new Float32Array([1, 0, 0, 1, 0.6, 0.8, 0.5, 0.5]));
  assert.equal(notes.length, 1);
  assert.match(notes[0]!, /^The table to add gives 1 known metrics, such as "tone", another embedding; the known one/);
  assert.deepEqual(table.names, names);
  assert.throws(() => table.merge(new MetricTable(["wide"], new Float32Array(3), 3), { source: "new.npy" }), {
    name: "DataError",
    message: "new.npy has 3 columns, but the known metrics have 2.",
  });
});

Deno.test("metric table: embeddings that do not fill the table are refused", () => {
  assert.throws(() => new MetricTable(["a", "b"], new Float32Array(3), 2), { name: "ShapeError" });
});

Deno.test(
  "metric table: rows that float32 cannot compute with are refused with their file and what to do",
  withFolder(async (folder) => {
    const path = await put(folder, "names.json", '["a", "b"]'), embeddings = join(folder, "e.npy");
    const read = async (values: number[]) => {
      await writeNpy(embeddings, Float32Array.from(values), [2, 2]);
      return [...(await MetricTable.read(path, embeddings)).embeddings];
    };
    const remedy = "lengths from 0.000001 to 1000000 are expected: divide each row by its length.";
    await assert.rejects(read([1, 1, 3e10, 4e10]), {
      name: "DataError",
      message: `${embeddings}: the longest row, 2, has the length 5.00e+10; ${remedy}`,
    });
    await assert.rejects(read([3e-20, 4e-20, 0, 0]), {
      message: `${embeddings}: the longest row, 1, has the length 5.00e-20; ${remedy}`,
    });
    assert.deepEqual(await read([0, 0, 0, 0]), [0, 0, 0, 0]);
    assert.deepEqual(await read([5e5, 0, 0, 0]), [5e5, 0, 0, 0]);
  }),
);

Deno.test(
  "metric table: names that differ but look the same are told of",
  withFolder(async (folder) => {
    const path = await put(folder, "names.json", '["tone", "Tone", "t\\u043ene"]'), embeddings = join(folder, "e.npy");
    await writeNpy(embeddings, Float32Array.of(1, 2, 3), [3, 1]);
    const notes: string[] = [];
    await MetricTable.read(path, embeddings, { onNote: (note) => notes.push(note) });
    assert.deepEqual(notes, [
      `${path} names "t\u043ene" as number 3; number 1 is "tone", which looks the same but has U+006F instead of U+043E (look-alike letters).`,
    ]);
  }),
);

Deno.test("nearest name: the fewest edits win, letter case aside, and no name is near to nothing", () => {
  assert.equal(nearestName("bilnear", ["residual-mlp", "bilinear"]), "bilinear");
  assert.equal(nearestName("SCML", ["scam", "scml"]), "scml");
  assert.equal(nearestName("x", []), undefined);
});

Deno.test("look-alikes: what differs is named by code points, and a name that looks the same is the nearest", () => {
  const difference = (name: string, known: string) => quoteNearest(name, ["other", known]).replace(`"${known}"`, "");
  const alike = (has: string, given: string, kind: string) =>
    `, which looks the same but has ${has} instead of ${given} (${kind})`;
  assert.equal(
    difference("fluidite\u0301", "fluidit\u00e9"),
    alike("U+00E9", "U+0065 U+0301", "another normalisation form, NFC instead of NFD"),
  );
  assert.equal(difference("to\u200bne", "tone"), alike("nothing", "U+200B", "invisible characters"));
  assert.equal(difference("tone", "to\u00adne"), alike("U+00AD", "nothing", "invisible characters"));
  assert.equal(difference("t\u043ene", "tone"), alike("U+006F", "U+043E", "look-alike letters"));
  assert.equal(difference("a\u00a0b", "a b"), alike("U+0020", "U+00A0", "spaces"));
  assert.equal(difference("\uff54one", "tone"), alike("U+0074", "U+FF54", "compatibility characters"));
  assert.equal(difference("tone ", "tone"), alike("nothing", "U+0020", "spaces"));
  assert.equal(difference("a\u2010b", "a-b"), alike("U+002D", "U+2010", "dashes or quotes"));
  assert.equal(
    difference("\u0422\u043ene\u200d", "tone"),
    alike(
      "U+0074 U+006F U+006E U+0065",
      "U+0422 U+043E U+006E U+0065 U+200D",
      "invisible characters, look-alike letters, letter case",
    ),
  );
  for (const [name, known] of [["Tone", "tone"], ["tine", "tone"]] as const) assert.equal(difference(name, known), "");
  assert.equal(suggestName("ton", ["tone", "t\u043en"]), "tone");
});
