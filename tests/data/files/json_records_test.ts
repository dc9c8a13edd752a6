import assert from "node:assert/strict";
import { readJsonArray } from "../../../data/files/json_records.ts";
import { scanElements } from "../../../data/files/json_scanner.ts";
import { put, withFolder } from "../../temporary.ts";

const records = [
  { a: 'x "quoted" \\ } ] , 😀 த', n: -1.5e-3, deep: [{ b: [true, false, null] }, {}, []] },
  { a: "é", n: 12 },
  { a: "", n: 0 },
];

/** Whole elements in the first `length` characters of the array that JSON.stringify writes. */
function wholeElements(text: string, length: number): number {
  let end = 1, count = 0;
  for (const record of records) {
    end = text.indexOf(JSON.stringify(record), end) + JSON.stringify(record).length;
    if (end <= length) count++;
  }
  return count;
}

Deno.test("json: whole files come out as JSON.parse gives them", () => {
  for (const spaces of [0, 1, "\t"]) {
    assert.deepEqual(scanElements(JSON.stringify(records, null, spaces)), { values: records });
  }
  assert.deepEqual(scanElements(" [ ] \n"), { values: [] });
  assert.deepEqual(scanElements('[1, "two", null, [3]]').values, [1, "two", null, [3]]);
});

Deno.test("json: cut anywhere, the whole elements before the cut are found and the damage is at the cut", () => {
  const text = JSON.stringify(records);
  for (let length = 1; length < text.length; length++) {
    const { values, damage } = scanElements(text.slice(0, length));
    assert.deepEqual(values, records.slice(0, wholeElements(text, length)), `cut at ${length}`);
    // A number that ends in "." or "e" is noticed at that character.
    assert.ok(damage && damage.index <= length && damage.index >= length - 2, `cut at ${length}: ${damage?.index}`);
  }
});

Deno.test("json: whatever JSON.parse refuses is damage, at the right character", () => {
  const cases: [text: string, index: number, expected: RegExp][] = [
    ["[1 2]", 3, /"," or "\]"/],
    ["[1,]", 3, /a JSON value/],
    ["[NaN]", 1, /null, or another value that JSON has/],
    ["[1] x", 4, /the end of the file/],
    ["[01]", 2, /"," or "\]"/],
    ["[{'a': 1}]", 2, /quoted field name or "}"/],
    ['[{"a" 1}]', 6, /":"/],
    ['[{"a": 1,}]', 9, /a quoted field name/],
    ['[{"a": 1 "b": 2}]', 9, /"," or "}"/],
    ['["a\nb"]', 3, /closing quote/],
    ['["\\x"]', 2, /escape sequence/],
    ['["\\u12g4"]', 2, /escape sequence/],
    ["[1}", 2, /"," or "\]"/],
  ];
  for (const [text, index, expected] of cases) {
    assert.throws(() => JSON.parse(text));
    const { damage } = scanElements(text);
    assert.equal(damage?.index, index, text);
    assert.match(damage.expected, expected, text);
  }
});

Deno.test("json: nesting without end does not exhaust the stack", () => {
  const depth = 200_000;
  assert.deepEqual(scanElements("[".repeat(depth)).damage?.index, depth);
});

Deno.test(
  "json: a file cut in the middle is refused with the byte and the number of records that can be saved",
  withFolder(async (folder) => {
    const bytes = new TextEncoder().encode(JSON.stringify(records));
    const path = await put(folder, "train.json", bytes.subarray(0, bytes.length - 8));
    await assert.rejects(readJsonArray(path, { recover: false }), {
      name: "DataError",
      message:
        `${path} is damaged at byte ${bytes.length - 8}: the file ends where "," or "}" is expected, at record 3; ` +
        "2 whole records before it can be saved with --recover.",
    });
    const notes: string[] = [];
    const saved = await readJsonArray(path, { recover: true, onNote: (note) => notes.push(note) });
    assert.deepEqual(saved, records.slice(0, 2));
    assert.match(notes.join(), /only the 2 whole records before it are used\.$/);
  }),
);

Deno.test(
  "json: the byte of a damage is counted in the file's own encoding",
  withFolder(async (folder) => {
    const text = '[{"a":"é"} x]';
    const utf16 = new Uint8Array(new Uint16Array([0xfeff, ...[...text].map((c) => c.charCodeAt(0))]).buffer);
    const latin1 = Uint8Array.from(text, (character) => character.charCodeAt(0));
    for (const [bytes, byte] of [[new TextEncoder().encode(text), 12], [utf16, 24], [latin1, 11]] as const) {
      const path = await put(folder, "t.json", bytes);
      await assert.rejects(readJsonArray(path), (error: Error) => {
        assert.ok(
          error.message.startsWith(
            `${path} is damaged at byte ${byte}: "," or "]" is expected at record 2, found "x]"`,
          ),
        );
        return true;
      });
    }
  }),
);

Deno.test(
  "json: a bad byte in the text, and a cut inside a character, leave the records before them",
  withFolder(async (folder) => {
    const bytes = new TextEncoder().encode('[{"a":"தமிழ்"},{"a":"தமிழ்"}]');
    const second = 1 + bytes.indexOf(0x2c) + 6;
    const cut = await put(folder, "cut.json", bytes.subarray(0, second + 1));
    await assert.rejects(readJsonArray(cut, { recover: false }), {
      message:
        `${cut} is damaged at byte ${second}: the file ends inside a character; 1 whole record before it can be saved with --recover.`,
    });
    const bad = await put(folder, "bad.json", bytes.map((byte, i) => i === second + 1 ? 0xff : byte));
    await assert.rejects(readJsonArray(bad), {
      message:
        `${bad} is damaged at byte ${second}: the byte 0xe0 is not valid UTF-8; 1 whole record before it can be saved.`,
    });
    assert.deepEqual(await readJsonArray(bad, { recover: true }), [{ a: "தமிழ்" }]);
  }),
);

Deno.test(
  "json: nothing can be saved where no whole record precedes the damage",
  withFolder(async (folder) => {
    const path = await put(folder, "t.json", '[{"a": ');
    for (const recover of [true, false]) {
      await assert.rejects(readJsonArray(path, { recover }), {
        message:
          `${path} is damaged at byte 7: the file ends where a JSON value is expected, at record 1; no whole record precedes it.`,
      });
    }
  }),
);

Deno.test(
  "json: JSON lines are read, and a damaged line is named",
  withFolder(async (folder) => {
    const lines = records.map((record) => JSON.stringify(record));
    assert.deepEqual(await readJsonArray(await put(folder, "t.jsonl", lines.join("\n") + "\n")), records);
    assert.deepEqual(await readJsonArray(await put(folder, "t.jsonl", lines.join("\r\n"))), records);
    const path = await put(folder, "t.jsonl", `${lines[0]}\n{"a": oops}\n${lines[1]}\n`);
    await assert.rejects(
      readJsonArray(path),
      / a JSON value is expected at record 2, found "oops}.*1 whole record before/,
    );
  }),
);

Deno.test(
  "json: files of other kinds are refused",
  withFolder(async (folder) => {
    const csv = await put(folder, "t.csv", "ID,score\n1,2\n");
    await assert.rejects(readJsonArray(csv), {
      message: `${csv} is no JSON array of records: "[" is expected first, found "ID,score\\n1,2…".`,
    });
    await assert.rejects(readJsonArray(await put(folder, "e.json", "")), /e\.json is empty\.$/);
    await assert.rejects(readJsonArray(await put(folder, "s.json", " \n")), /"\[" is expected first, found nothing\.$/);
    const npy = await put(folder, "x.npy", new Uint8Array([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0xff]));
    await assert.rejects(readJsonArray(npy), /x\.npy is an \.npy file; a JSON array of records is expected\.$/);
  }),
);

Deno.test(
  "json: a record with a key twice is refused by its number, also where the key is escaped or the file is damaged behind it",
  withFolder(async (folder) => {
    const refuse = async (text: string, message: string, recover?: boolean) => {
      const path = await put(folder, "r.json", text);
      await assert.rejects(readJsonArray(path, recover ? { recover } : {}), {
        name: "DataError",
        message: `${path}, record ${message}`,
      });
    };
    await refuse('[{"score": 1}, {"score": 1, "score": 2}]', '2 has "score" twice; once is expected.');
    await refuse('{"a": 1}\n{"a": [], "\\u0061": {}}\n', '2 has "a" twice; once is expected.');
    await refuse('[{"a": 1, "a": 2}, {"a"', '1 has "a" twice; once is expected.', true);
    await refuse('[{"__proto__": 1, "__proto__": 2}]', '1 has "__proto__" twice; once is expected.');
    const nested = await put(folder, "n.json", '[{"a": {"b": 1, "b": 2}, "c": "a", "d": ["a", "a"]}]');
    assert.deepEqual(await readJsonArray(nested), [{ a: { b: 2 }, c: "a", d: ["a", "a"] }]);
  }),
);
