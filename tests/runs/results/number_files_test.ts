import assert from "node:assert/strict";
import { readEvidence, writeEvidence } from "../../../runs/calibration_rows.ts";
import { shiftNames } from "../../../scoring/shift/names.ts";
import { readShiftedRows, writeShiftedRows } from "../../../scoring/shift/shifted_rows.ts";
import { readValidation, writeValidation } from "../../../runs/results/validation_file.ts";
import { withFolder } from "../../temporary.ts";

/** A file of numbers with two rows, and what reads it. */
interface NumberFile {
  readonly name: string;
  readonly write: (path: string) => Promise<void>;
  readonly read: (path: string) => Promise<unknown>;
}

const row = { record: 0, score: 7, predicted: 6.5, standardDeviation: 1.25, group: 3 };
const predicted = Object.fromEntries(shiftNames.map((name) => [name, 4])) as Record<
  (typeof shiftNames)[number],
  number
>;
const shifted = { set: "validation", record: 0, half: 1, score: 7, predicted } as const;
const evidence = { recipe: 7, ratio: 2, regime: 0, misfit: 1 };
const files: readonly NumberFile[] = [
  { name: "validation", write: (path) => writeValidation(path, [row, row]), read: readValidation },
  { name: "shifted", write: (path) => writeShiftedRows(path, [shifted, shifted]), read: readShiftedRows },
  { name: "evidence", write: (path) => writeEvidence(path, [evidence, evidence]), read: readEvidence },
];
const rows = { validation: row, shifted, evidence } as Readonly<Record<string, unknown>>;

for (const { name, write, read } of files) {
  Deno.test(
    `${name}: what was written is read; a cut end, another header and what is no decimal number are refused`,
    withFolder(async (folder) => {
      const path = `${folder}/${name}.csv`;
      await write(path);
      assert.deepEqual(await read(path), [rows[name], rows[name]]);
      const text = await Deno.readTextFile(path);
      const refuse = async (damaged: string, message: RegExp) => {
        assert.notEqual(damaged, text);
        await Deno.writeTextFile(path, damaged);
        await assert.rejects(read(path), { name: "DataError", message });
      };
      await refuse(text.slice(0, -1), new RegExp(`${name}\\.csv is damaged: its last line is cut short\\.$`));
      await refuse(text.slice(0, -3), new RegExp(`${name}\\.csv is damaged`));
      await refuse(
        text.replace(/^[a-zA-Z]+/, "x"),
        new RegExp(`${name}\\.csv is damaged, line 1 is .* is expected\\.$`),
      );
      for (const word of ["0x7", " ", "", "Infinity", "1e999", "1_0"]) {
        await refuse(
          text.replace(/(^|,)7[.0]*(?=,)/m, `$1${word}`),
          new RegExp("damaged, line 2: .*; a number is expected"),
        );
      }
    }),
  );
}

Deno.test(
  "validation: a file of an earlier version, whose standard deviations are called spread, is read",
  withFolder(async (folder) => {
    const path = `${folder}/validation.csv`;
    await Deno.writeTextFile(path, "ID,score,predicted,spread,group\n1,7,6.5,1.25,3\n");
    assert.deepEqual(await readValidation(path), [row]);
  }),
);
