import assert from "node:assert/strict";
import { describeTextless } from "../../data/texts/missing_texts.ts";
import {
  combineTextFields,
  hasTexts,
  type MetricRecord,
  readRecords,
  readRecordSet,
  type ReadRecordsOptions,
} from "../../data/records.ts";
import { put, withFolder } from "../temporary.ts";

const whole = { metric_name: "tone", system_prompt: "Be kind.", user_prompt: "Hello", response: "Hi", score: "9.5" };

/** Reads these values as `train.json`. */
async function read(values: unknown, scores: ReadRecordsOptions["scores"] = "required"): Promise<MetricRecord[]> {
  let records: MetricRecord[] = [];
  await withFolder(async (folder) => {
    const path = await put(folder, "train.json", JSON.stringify(values));
    records = await readRecords(path, { scores }).catch((error) => {
      error.message = error.message.replace(`${folder}/`, "");
      throw error;
    });
  })();
  return records;
}

Deno.test("records: texts, numeric strings and all other fields are read", async () => {
  assert.deepEqual(
    await read([{ ...whole, conversation: "c1", turn: 3 }, { ...whole, score: 0 }, { ...whole, score: " 10.0 " }]),
    [
      {
        metric: "tone",
        systemPrompt: "Be kind.",
        userPrompt: "Hello",
        response: "Hi",
        score: 9.5,
        extra: { conversation: "c1", turn: 3 },
      },
      { metric: "tone", systemPrompt: "Be kind.", userPrompt: "Hello", response: "Hi", score: 0, extra: {} },
      { metric: "tone", systemPrompt: "Be kind.", userPrompt: "Hello", response: "Hi", score: 10, extra: {} },
    ],
  );
});

Deno.test("records: a missing, null, empty or blank system prompt is null", async () => {
  const { system_prompt: _, ...without } = whole;
  const records = await read([without, ...[null, "", " \n"].map((system_prompt) => ({ ...whole, system_prompt }))]);
  assert.deepEqual(records.map(({ systemPrompt }) => systemPrompt), [null, null, null, null]);
});

Deno.test("records: prompt and expected_response stand in for user_prompt and response", async () => {
  const [record] = await read([{ metric_name: "m", prompt: "P", expected_response: "E", score: 1 }]);
  assert.deepEqual([record!.userPrompt, record!.response, record!.extra], ["P", "E", {}]);
  const [both] = await read([{ ...whole, prompt: "P", response: null, expected_response: "E" }]);
  assert.deepEqual([both!.userPrompt, both!.response], ["Hello", "E"]);
});

Deno.test("records: prompt and response may be missing or null, both of them too where another record has one", async () => {
  const [record] = await read([{ metric_name: "m", user_prompt: null, response: "R", score: 1 }]);
  assert.equal(record!.userPrompt, "");
  const textless = { metric_name: "m", user_prompt: null, response: " ", system_prompt: "Be brief.", score: 1 };
  const records = await read([whole, textless, whole, textless]);
  assert.deepEqual(records.map(hasTexts), [true, false, true, false]);
  assert.equal(
    describeTextless(records, "a.json", "left out"),
    "a.json: 2 records, the first of them record 2, have neither a user_prompt nor a response; they are left out.",
  );
  assert.equal(
    describeTextless(records.slice(0, 3), "a.json", "left out"),
    "a.json: record 2 has neither a user_prompt nor a response; it is left out.",
  );
  assert.equal(describeTextless([records[0]!], "a.json", "left out"), null);
  await assert.rejects(read([textless, textless]), {
    name: "DataError",
    message: /: none of its 2 records has a user_prompt or a response\.$/,
  });
});

Deno.test("records: scores may be optional or not looked at", async () => {
  const { score: _, ...without } = whole;
  const optional = await read([without, { ...whole, score: null }, { ...whole, score: "" }, whole], "optional");
  assert.deepEqual(optional.map(({ score }) => score), [null, null, null, 9.5]);
  await assert.rejects(read([{ ...whole, score: "abc" }], "optional"), /score is "abc"/);
  assert.deepEqual((await read([{ ...whole, score: "abc" }, without], "ignored")).map(({ score }) => score), [
    null,
    null,
  ]);
});

Deno.test("records: those without a score are left out with a note, and refused where all lack one", async () => {
  const { score: _, ...without } = whole, lacking = [without, ...["", " ", null].map((score) => ({ ...whole, score }))];
  await withFolder(async (folder) => {
    const notes: string[] = [], onNote = (note: string) => notes.push(note);
    const path = await put(folder, "train.json", JSON.stringify([whole, ...lacking, { ...whole, score: 0 }]));
    const found = await readRecords(path, { scores: "required", onNote });
    assert.deepEqual(found.map(({ score }) => score), [9.5, 0]);
    assert.deepEqual(notes, [`${path}: 4 records have no number for a score and are left out.`]);
  })();
  const expected = "a number from 0 to 10 is expected in the field score, or in the one that --map score=FIELD names.";
  await assert.rejects(read(lacking), {
    name: "DataError",
    message: `train.json: none of its 4 records has a score; ${expected}`,
  });
  await assert.rejects(read([without]), { message: `train.json: its only record has no score; ${expected}` });
});

const refused: [change: Record<string, unknown>, message: string][] = [
  [{ score: "abc" }, 'score is "abc"; a number from 0 to 10 is expected.'],
  [{ score: 12 }, "score is 12; a number from 0 to 10 is expected."],
  [{ score: -0.1 }, "score is -0.1; a number from 0 to 10 is expected."],
  [{ score: "0x5" }, 'score is "0x5"; a number from 0 to 10 is expected.'],
  [{ score: "NaN" }, 'score is "NaN"; a number from 0 to 10 is expected.'],
  [{ score: true }, "score is true; a number from 0 to 10 is expected."],
  [{ score: [9] }, "score is a list; a number from 0 to 10 is expected."],
  [{ metric_name: undefined }, "metric_name is missing; the name of a metric is expected."],
  [{ metric_name: " " }, 'metric_name is " "; the name of a metric is expected.'],
  [{ response: 5 }, "response is 5; text is expected."],
  [{ user_prompt: ["a"] }, "user_prompt is a list; text is expected."],
  [{ system_prompt: {} }, "system_prompt is an object; text is expected."],
  [{ response: 1e40, score: "x" }, "response is 1e+40; text is expected."],
];
for (const [change, message] of refused) {
  Deno.test(`records: refused with the file and the record: ${message}`, async () => {
    await assert.rejects(read([whole, whole, { ...whole, ...change }]), {
      name: "DataError",
      message: `train.json, record 3: ${message}`,
    });
  });
}

Deno.test(
  "records: what is no text is refused, or read as the text of its value where that is asked for",
  withFolder(async (folder) => {
    const odd = { metric_name: "m", user_prompt: 5, response: ["a", { b: null }], system_prompt: false, score: 9 };
    const sound = { metric_name: "m", user_prompt: "q", response: "r", score: 1 };
    const path = await put(folder, "a.json", JSON.stringify([sound, odd]));
    await assert.rejects(
      readRecordSet(path, { scores: "required" }),
      /record 2: system_prompt is .*; text is expected/,
    );
    const { records, fixed } = await readRecordSet(path, { scores: "required", fixTexts: true });
    assert.deepEqual(fixed, [1]);
    assert.deepEqual([records[1]!.systemPrompt, records[1]!.userPrompt, records[1]!.response], [
      "false",
      "5",
      '["a",{"b":null}]',
    ]);
    assert.equal(records[0]!.response, "r");
  }),
);

Deno.test("records: an element that is no object and an empty set are refused", async () => {
  await assert.rejects(
    read([whole, "text"]),
    /^DataError: train\.json, record 2 is "text"; an object with metric_name/,
  );
  await assert.rejects(read([null]), /record 1 is null; an object/);
  await assert.rejects(read([]), { message: "train.json has no records; at least one is expected." });
});

Deno.test(
  "records: a cut file is refused, and recover trains on the whole records before the cut",
  withFolder(async (folder) => {
    const path = await put(folder, "train.json", JSON.stringify([whole, whole, whole]).slice(0, -30));
    await assert.rejects(
      readRecords(path, { scores: "required" }),
      /byte \d+: .*; 2 whole records .* with --recover\.$/,
    );
    const notes: string[] = [];
    const options = { scores: "required", recover: true, onNote: (note: string) => notes.push(note) } as const;
    assert.equal((await readRecords(path, options)).length, 2);
    assert.match(notes.join(), /only the 2 whole records/);
  }),
);

Deno.test("records: the texts of a record are combined in order, those that are there", async () => {
  const [first, second] = await read([whole, { ...whole, system_prompt: null }]);
  assert.equal(combineTextFields(first!), "Be kind.\n\nHello\n\nHi");
  assert.equal(combineTextFields(second!), "Hello\n\nHi");
});

Deno.test("records: a field whose name only looks like one that is missing is refused, and numbers out of range are named", async () => {
  const { response: _, score: __, ...without } = whole;
  await assert.rejects(read([whole, { ...without, "r\u0435sponse": "Hi", score: 1 }]), {
    name: "DataError",
    message:
      'train.json, record 2 has the field "r\u0435sponse" in place of "response", which looks the same but has ' +
      "U+0065 instead of U+0435 (look-alike letters).",
  });
  assert.deepEqual((await read([{ ...whole, "r\u0435sponse": "x", Score: 3 }]))[0]!.extra, {
    "r\u0435sponse": "x",
    Score: 3,
  });
  const { user_prompt: ___, ...unasked } = without;
  for (
    const [record, message] of [
      [{ ...without, Response: "Hi" }, '"Response" in place of "response"; rename it, or give --map response=Response'],
      [{ ...without, "response ": "Hi" }, '"response " in place of "response", which looks the same'],
      [{ ...unasked, "User-Prompt": "Q" }, '"User-Prompt" in place of "user_prompt"; rename it, or give --map user_'],
      [{ ...without, response: "Hi", Score: 3 }, '"Score" in place of "score"; rename it'],
    ] as const
  ) {
    await assert.rejects(read([record], "optional"), (error: Error) => error.message.includes(message));
  }
  // What is there under another of its names, and a score that is not asked for, are fields of their own.
  assert.equal((await read([{ ...unasked, prompt: "Q", "User-Prompt": "x" }], "optional"))[0]!.userPrompt, "Q");
  assert.equal((await read([{ ...without, Score: 3 }], "ignored"))[0]!.extra.Score, 3);
  await withFolder(async (folder) => {
    for (const [score, found] of [["1e400", "Infinity"], ["-1e400", "-Infinity"]]) {
      const path = await put(folder, "r.json", `[{"metric_name": "m", "response": "R", "score": ${score}}]`);
      await assert.rejects(readRecords(path, { scores: "required" }), {
        message:
          `${path}, record 1: score is ${found} (beyond the range of numbers, 1.8e308); a number from 0 to 10 is expected.`,
      });
    }
  })();
  for (const score of ["0x5", "1_0", "1e400", "Infinity", "NaN", "5 5", "٣", "5,5,5"]) {
    await assert.rejects(read([{ ...whole, score }]), {
      message: `train.json, record 1: score is "${score}"; a number from 0 to 10 is expected.`,
    });
  }
});
