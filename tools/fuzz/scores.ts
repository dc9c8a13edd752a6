import { join } from "node:path";
import fc from "fast-check";
import { readScores } from "../../data/submission.ts";
import { change, edits, text } from "./bytes.ts";
import { assertAgrees, attempt } from "./outcome.ts";
import { targetOf } from "./target.ts";

const row = fc.record({ score: fc.double({ min: 0, max: 10, noNaN: true }), note: text, key: fc.nat() });
const layout = fc.record({
  separator: fc.constantFrom(",", ";", "\t"),
  lineEnd: fc.constantFrom("\n", "\r\n", "\r"),
  lastEnd: fc.boolean(),
  columns: fc.shuffledSubarray(["ID", "score", "note"], { minLength: 3 }),
  quoteAll: fc.boolean(),
});

/** A CSV file of scores: IDs from 1, in the order of the keys. */
const file = fc.record({ rows: fc.array(row, { minLength: 1, maxLength: 6 }), layout }).map(({ rows, layout }) => {
  const { separator, lineEnd, columns, quoteAll, lastEnd } = layout;
  const cell = (value: string) =>
    quoteAll || /[",;\t\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  const lines = rows.map(({ score, note, key }, i) => ({
    key,
    cells: { ID: String(i + 1), score: String(score), note: note.toWellFormed() },
  })).sort((a, b) => a.key - b.key).map(({ cells }) =>
    columns.map((name) => cell(cells[name as "ID"])).join(separator)
  );
  return new TextEncoder().encode([columns.join(separator), ...lines].join(lineEnd) + (lastEnd ? lineEnd : ""));
});

/** CSV files of true scores. */
export const scores = targetOf({
  name: "scores",
  inputs: fc.tuple(file, edits),
  async check([valid, some], folder) {
    const path = join(folder, "scores.csv"), bytes = change(valid, some);
    Deno.writeFileSync(path, bytes);
    let decoded = false;
    const onNote = (note: string) => decoded ||= /decoded/.test(note);
    const found = await attempt(async () => [...await readScores(path, { onNote })], [path]);
    if (!decoded) assertAgrees(found, scoresOf(bytes));
  },
});

/** The scores of a file by a reader that goes character by character; null for what is to be refused. */
function scoresOf(bytes: Uint8Array): { value: number[] } | null {
  let content: string;
  try {
    content = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
  const first = content.split(/[\r\n]/, 1)[0]!.split('"').filter((_, i) => i % 2 === 0).join("");
  const separator = [",", ";", "\t"].find((one) => first.includes(one)) ?? ",";
  const rows = cellsOf(content, separator)?.filter((cells) => cells.length > 1 || cells[0] !== "");
  const [head, ...rest] = rows ?? [];
  const at = (name: string) => (head ?? []).flatMap((one, i) => one.toLowerCase() === name ? [i] : []);
  const [ids, columns] = [at("id"), at("score")];
  if (!head || ids.length !== 1 || columns.length !== 1 || rest.length === 0) return null;
  const value: (number | undefined)[] = new Array(rest.length).fill(undefined);
  for (const cells of rest) {
    if (cells.length !== head.length) return null;
    const id = rest.findIndex((_, i) => cells[ids[0]!] === String(i + 1)), word = cells[columns[0]!]!.trim();
    const decimal = /^[+-]?\d+,\d+$/.test(word) ? word.replace(",", ".") : word;
    const isDecimal = [...decimal].every((one) => "0123456789.eE+-".includes(one)) && decimal !== "";
    const score = isDecimal ? Number(decimal) : NaN;
    if (id < 0 || value[id] !== undefined || !(score >= 0 && score <= 10)) return null;
    value[id] = Math.fround(score);
  }
  return { value: value as number[] };
}

/** The cells of each line; null where a quote is misplaced. */
function cellsOf(content: string, separator: string): string[][] | null {
  const rows: string[][] = [[]];
  let cell = "", state: "before" | "plain" | "quoted" | "behind" = "before";
  const finish = () => {
    rows.at(-1)!.push(state === "behind" ? cell : cell.trim());
    [cell, state] = ["", "before"];
  };
  for (let i = 0; i < content.length; i++) {
    const one = content[i]!;
    if (state === "quoted") {
      if (one !== '"') cell += one;
      else if (content[i + 1] === '"') cell += content[++i];
      else state = "behind";
    } else if (one === separator || one === "\n" || one === "\r") {
      finish();
      if (one !== separator) rows.push([]);
      if (one === "\r" && content[i + 1] === "\n") i++;
    } else if (one === '"') {
      if (state !== "before") return null;
      [cell, state] = ["", "quoted"];
    } else if (one.trim() !== "") {
      if (state === "behind") return null;
      [cell, state] = [cell + one, "plain"];
    } else if (state !== "behind") cell += one;
  }
  if (state === "quoted") return null;
  finish();
  return rows;
}
