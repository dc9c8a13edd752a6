import assert from "node:assert/strict";
import { join } from "node:path";
import { isSubmission, readScores, writeSubmission } from "../../data/submission.ts";
import { put, withFolder } from "../temporary.ts";

Deno.test(
  "submission: IDs count from 1 in the records' order, numbers have at most 6 decimals",
  withFolder(async (folder) => {
    const path = join(folder, "submission.csv");
    await writeSubmission(path, new Float32Array([8.12345678, 10, 0.1, -0.0000001]));
    assert.equal(await Deno.readTextFile(path), "ID,score\n1,8.123457\n2,10\n3,0.1\n4,0\n");
    await writeSubmission(path, new Float32Array([8.5, 8.49, 9.5]), {
      round: true,
      columns: [{ name: "spread", values: [1.25, 0.5, 2] }],
    });
    assert.equal(await Deno.readTextFile(path), "ID,score,spread\n1,9,1.25\n2,8,0.5\n3,10,2\n");
  }),
);

Deno.test(
  "submission: texts stand in columns too, quoted where need be, and each record keeps to its line",
  withFolder(async (folder) => {
    const path = join(folder, "submission.csv");
    const values = ["plain", 'a "b", c', "two\r\n  lines"];
    await writeSubmission(path, [1, 2, 3], { columns: [{ name: "note", values }] });
    const text = await Deno.readTextFile(path);
    assert.equal(text, 'ID,score,note\n1,1,plain\n2,2,"a ""b"", c"\n3,3,two lines\n');
    assert.deepEqual(await readScores(path), new Float32Array([1, 2, 3]));
    assert.equal(isSubmission(text), true);
  }),
);

Deno.test("submission: it is told from other files by its first line", () => {
  for (const text of ["ID,score\n1,2\n", "ID,score,spread\n"]) assert.ok(isSubmission(text), text);
  for (const text of ["", "ID,score", "ID,scores\n1,2\n", "ID,score,predicted\n1,2,3\n", "id;score\n"]) {
    assert.ok(!isSubmission(text), text);
  }
});

Deno.test(
  "submission: a score that is not finite and a column of another length are refused, and nothing is written",
  withFolder(async (folder) => {
    const path = join(folder, "submission.csv");
    await assert.rejects(writeSubmission(path, [1, NaN]), {
      name: "MetrogradError",
      message: `${path}: record 2 has the values NaN; finite ones are expected.`,
    });
    await assert.rejects(writeSubmission(path, [1, 2], { columns: [{ name: "spread", values: [1] }] }), {
      name: "ShapeError",
      message: `${path}: 2 scores, but column spread has 1 values.`,
    });
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
  }),
);

Deno.test(
  "scores: what was written is read, and so are quotes, spaces, Windows line ends and further columns",
  withFolder(async (folder) => {
    const path = join(folder, "scores.csv");
    await writeSubmission(path, [1.5, 9]);
    assert.deepEqual(await readScores(path), new Float32Array([1.5, 9]));
    await put(folder, "scores.csv", '\ufeff"ID","score",note\r\n1,"1.5",x\r\n2, 9 ,y\r\n\r\n');
    assert.deepEqual(await readScores(path), new Float32Array([1.5, 9]));
  }),
);

Deno.test(
  "scores: quotes may hold line breaks and separators, rows and columns may be in any order, and semicolons separate too",
  withFolder(async (folder) => {
    const notes: string[] = [];
    const read = async (
      text: string,
    ) => [...await readScores(await put(folder, "scores.csv", text), { onNote: (note) => notes.push(note) })];
    assert.deepEqual(await read('ID,score,note\n2,9,"x\ny, ""z"""\n1,1.5,"\r\n"'), [1.5, 9]);
    assert.deepEqual(await read('note;Score;id\n"a;b";7,5;2\n,;3;1\n'.replace(",;3", ";3")), [3, 7.5]);
    assert.deepEqual(await read("ID\tscore\r1\t2\r2\t3\r"), [2, 3]);
    assert.deepEqual(notes, [
      `${join(folder, "scores.csv")}: the comma in 1 of its scores was read as a decimal point.`,
    ]);
  }),
);

Deno.test(
  "scores: damaged files are refused with the line",
  withFolder(async (folder) => {
    const refuse = async (text: string, message: string) => {
      const path = await put(folder, "s.csv", text);
      await assert.rejects(readScores(path), { name: "DataError", message: `${path}${message}` });
    };
    await refuse("ID,score\n1,9\n2,abc\n", ', line 3: score is "abc"; a number from 0 to 10 is expected.');
    await refuse("ID,score\n1,12\n", ', line 2: score is "12"; a number from 0 to 10 is expected.');
    await refuse("ID,score\n1,\n", ', line 2: score is ""; a number from 0 to 10 is expected.');
    await refuse("ID,score\n1\n", ", line 2 has 1 cell, but the header has 2 cells.");
    await refuse("ID,score\n1,9,5\n", ", line 2 has 3 cells, but the header has 2 cells.");
    const once = "each number from 1 to 2, the rows there are, is expected once.";
    for (const id of ["3", "0", "-1", "01", "1.0", "0x1", "", "1e0"]) {
      await refuse(`ID,score\n1,9\n${id},9\n`, `, line 3: ID is "${id}"; ${once}`);
    }
    await refuse("ID,score\n1,9\n1,9\n", ", line 3: the ID 1 is there twice.");
    for (const score of ["0x5", "1_0", "1e400", "Infinity", "NaN", "5 5", "٣", "1,5,2"]) {
      await refuse(
        `ID;score\n1;9\n2;${score === "1,5" ? "1,5,0" : score}\n`,
        `, line 3: score is "${score === "1,5" ? "1,5,0" : score}"; a number from 0 to 10 is expected.`,
      );
    }
    await refuse('ID,score,note\n1,9,"a\nb"\n2,9,"c', ", line 4 opens a quote that is never closed.");
    await refuse(
      'ID,score,note\n1,9,"a"b\n',
      ", line 2: a separator or the line's end is expected behind a closing quote.",
    );
    await refuse(
      'ID,score,note\n1,9,a"b\n',
      ", line 2 has a quote within a cell; the whole cell is expected in quotes.",
    );
    await refuse("ID,score,Score\n1,9,8\n", ", line 1 names the column score twice; once is expected.");
    await refuse(
      "ID,sc\u043ere\n1,9\n",
      ', line 1 is "ID,sc\u043ere"; the header ID,score is expected: "score", which looks the same but has U+006F ' +
        "instead of U+043E (look-alike letters).",
    );
    await refuse("ID,score\n", " has no scores; at least one is expected.");
    await refuse("1,9\n2,9\n", ', line 1 is "1,9"; the header ID,score is expected.');
    await refuse("", " is empty.");
  }),
);
