import { writeAtomically } from "../engine/files/files.ts";
import type { MetricRecord } from "./records.ts";

/** Records that are put together to one piece of a file. */
const recordsAPiece = 1000;

/**
 * Writes records as a JSON array, one a line, that `readRecords` reads back the same; a pair of answers as one row with
 * `chosen` and `rejected`, or as a tie. Scores are from 0 to 10.
 */
export async function writeRecords(path: string, records: readonly MetricRecord[]): Promise<void> {
  await writeAtomically(path, pieces(rowsOf(records)));
}

function rowsOf(records: readonly MetricRecord[]): Record<string, unknown>[] {
  return records.flatMap((record, i) => {
    const [before, next] = [records[i - 1], records[i + 1]];
    const pair = record.pair?.number;
    if (pair !== undefined && before?.pair?.number === pair) return [];
    return [pair !== undefined && next?.pair?.number === pair ? pairRow(record, next) : fieldsOf(record)];
  });
}

function pairRow(first: MetricRecord, { response: second }: MetricRecord): Record<string, unknown> {
  const { response, user_prompt, system_prompt, score: _, ...others } = fieldsOf(first);
  const asked = [
    ...(system_prompt === null ? [] : [{ role: "system", content: system_prompt }]),
    { role: "user", content: user_prompt },
  ];
  const [a, b] = [answer(response), answer(second)], row = { ...others, prompt: asked };
  return first.pair!.chosen
    ? { ...row, chosen: a, rejected: b }
    : { ...row, response_a: a, response_b: b, winner: "tie" };
}

const answer = (content: unknown) => [{ role: "assistant", content }];

function* pieces(rows: readonly Record<string, unknown>[]): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (let from = 0; from < rows.length; from += recordsAPiece) {
    const lines = rows.slice(from, from + recordsAPiece).map((row) => JSON.stringify(row));
    const isLast = from + recordsAPiece >= rows.length;
    yield encoder.encode(`${from === 0 ? "[\n" : ""}${lines.join(",\n")}${isLast ? "\n]\n" : ",\n"}`);
  }
}

function fieldsOf({ metric, systemPrompt, userPrompt, response, score, extra }: MetricRecord): Record<string, unknown> {
  return {
    metric_name: metric,
    system_prompt: systemPrompt,
    user_prompt: userPrompt,
    response,
    ...(score === null ? {} : { score }),
    ...extra,
  };
}
