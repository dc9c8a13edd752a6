import assert from "node:assert/strict";
import { join } from "node:path";
import { put } from "../temporary.ts";
import { bytesOf, call, embeddings, parse, refused, withFiles } from "./bad_files.ts";

/** A test of inputs that `train` refuses: the option that is bad, and how its file is made. */
function trainRefuses(
  what: string,
  option: string,
  sentence: RegExp,
  make: (folder: string, good: Uint8Array<ArrayBuffer>) => Promise<string> | string,
): void {
  Deno.test(
    `bad input: ${what}`,
    withFiles(async ({ folder, train }) => {
      const good = await Deno.readFile(train[option]!).catch(() => new Uint8Array());
      await refused("train", { ...train, [option]: await make(folder, good) }, sentence);
    }),
  );
}

/** Makes a file of records in which the seventh is changed. */
const withSeventh = (change: Record<string, unknown>) => (folder: string, good: Uint8Array) => {
  const records = parse(good);
  return put(folder, "bad.json", JSON.stringify(records.with(6, { ...records[6], ...change })));
};

for (const option of ["--data", "--metric-names", "--metric-embeddings", "--embeddings"]) {
  trainRefuses(
    `${option} is missing`,
    option,
    /none does not exist; .* is expected there\.$/,
    (folder) => join(folder, "none"),
  );
}
trainRefuses(
  "JSON cut in the middle",
  "--data",
  /damaged at byte 4000: .*; \d+ whole records before it can be saved with --recover\.$/,
  (folder, good) => put(folder, "bad.json", good.subarray(0, 4000)),
);
trainRefuses(
  "no JSON at all",
  "--data",
  /bad\.json is no JSON array of records: /,
  (folder) => put(folder, "bad.json", "metric and score\n"),
);
trainRefuses("an empty file", "--data", /bad\.json is empty\.$/, (folder) => put(folder, "bad.json", ""));
trainRefuses(
  "an empty data set",
  "--data",
  /bad\.json has no records; at least one is expected\.$/,
  (folder) => put(folder, "bad.json", "[]"),
);
trainRefuses(
  "one row",
  "--data",
  /bad\.json holds 1 record; training needs at least two\.$/,
  (folder, good) => put(folder, "bad.json", JSON.stringify(parse(good).slice(0, 1))),
);
trainRefuses(
  "a score that is no number",
  "--data",
  /record 7: score is "abc"; a number from 0 to 10 is expected\.$/,
  withSeventh({ score: "abc" }),
);
trainRefuses(
  "a score out of range",
  "--data",
  /record 7: score is 12; a number from 0 to 10 is expected\.$/,
  withSeventh({ score: 12 }),
);
trainRefuses(
  "records without scores",
  "--data",
  /none of its \d+ records has a score; a number from 0 to 10 is expected in the field score, or in the one that --map score=FIELD names\.$/,
  (folder, good) =>
    put(folder, "bad.json", JSON.stringify(parse(good).map((one: object) => ({ ...one, score: null })))),
);
trainRefuses(
  "a metric without embedding",
  "--data",
  /record 7: the metric "metric 33" has no embedding; the nearest name that has one is "metric 3"\.$/,
  withSeventh({ metric_name: "metric 33" }),
);
trainRefuses(
  "a metric that is named twice",
  "--metric-names",
  /bad\.json names "b" twice, as number 2 and 4\.$/,
  (folder) => put(folder, "bad.json", '["a", "b", "c", "b"]'),
);
trainRefuses(
  "more metrics than embeddings",
  "--metric-names",
  /metric_embeddings\.npy has 4 rows, but .*bad\.json names 5 metrics\.$/,
  (folder) => put(folder, "bad.json", '["a", "b", "c", "d", "e"]'),
);
trainRefuses(
  "a field to group by that records lack",
  "--group-by",
  /train\.json, record 1 has no field "conversation" to group by; the nearest one is ".*"\.$/,
  () => "conversation",
);
trainRefuses(
  "fewer embedding rows than records",
  "--embeddings",
  /text\.npy has 89 rows, but .*train\.json has 90 records\.$/,
  embeddings(89),
);
trainRefuses("NaN in an embedding", "--embeddings", /text\.npy has NaN in row 9, column 1/, embeddings(90, NaN));
trainRefuses(
  "an .npy file that is cut",
  "--metric-embeddings",
  /bad\.npy/,
  (folder, good) => put(folder, "bad.npy", good.subarray(0, good.length - 3)),
);
trainRefuses(
  "an .npy file that is none",
  "--metric-embeddings",
  /bad\.npy/,
  (folder) => put(folder, "bad.npy", "x".repeat(200)),
);

Deno.test(
  "bad input: UTF-16 and Latin-1 are decoded with a note, and --recover trains on the records before the damage",
  withFiles(async ({ folder, train }) => {
    const text = (await Deno.readTextFile(train["--data"]!)).replaceAll("question", "Frage für");
    const utf16 = new Uint8Array(Uint16Array.from(`\ufeff${text}`, (character) => character.charCodeAt(0)).buffer);
    const latin1 = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const cases: [Uint8Array, RegExp, RegExp][] = [
      [utf16, /is UTF-16 text; it was decoded as such\./, /sample weights/i],
      [latin1, /was decoded as/, /sample weights/i],
      [
        bytesOf(text).subarray(0, 6000),
        /damaged at byte 6000: .*; only the \d+ whole records before it are used/,
        /first \d+ of 90 rows are used/,
      ],
    ];
    for (const [bytes, note, further] of cases) {
      const data = await put(folder, "train_2.json", bytes);
      const { code, err } = await call("train", { ...train, "--data": data, "--recover": true, "--force": true });
      assert.equal(code, 0, err);
      assert.match(err, note);
      assert.match(err, further);
    }
  }),
);

Deno.test(
  "bad input: before a file that does not exist is told of, nothing is said of what will be done",
  withFiles(async ({ folder, train }) => {
    for (const further of [{}, { "--recipe": "ensemble", "--member": "bilinear" }, { "--folds": "3" }]) {
      const { code, err } = await call("train", { ...train, ...further, "--data": join(folder, "none") });
      assert.equal(code, 1);
      assert.match(err, /^Error: [^\n]*none does not exist; [^\n]* is expected there\.\n$/);
    }
  }),
);

Deno.test(
  "bad input: calls that cannot be carried out end with code 2 and leave what is there",
  withFiles(async ({ folder, train }) => {
    const unknown = { ...train, "--epoch": "3" };
    await refused("train", unknown, /Unknown option '--epoch'; did you mean --epochs\?$/, 2);
    await refused(
      "train",
      { ...train, "--recipe": "bilinaer" },
      /--recipe is "bilinaer"; auto or bilinear .*\(did you mean bilinear\?\)\.$/,
      2,
    );
    await refused("train", { ...train, "--epochs": "0" }, /--epochs is "0"; a whole number from 1 to/, 2);
    const note = await put(folder, "out/note.txt", "precious");
    await refused("train", { ...train, "--out": join(folder, "out") }, /out exists already; .* --force/, 2);
    const force = { ...train, "--out": join(folder, "out"), "--force": true } as const;
    await refused("train", force, /out holds something else than a run; it is not replaced\.$/, 2);
    await refused(
      "train",
      { ...train, "--out": note, "--force": true },
      /note\.txt is a file; a folder is expected\.$/,
      2,
    );
    assert.equal(await Deno.readTextFile(note), "precious");
    await refused("train", { ...train, "--out": join(note, "run") }, /note\.txt.* could not be written: /);
  }),
);
