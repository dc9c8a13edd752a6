import { writeAtomically } from "../engine/files/files.ts";
import type { MetricRecord } from "./records.ts";

/** Records that are put together to one piece of a file. */
const recordsAPiece = 1000;

/** Writes records as a JSON array, one a line, that `readRecords` reads back the same. Scores are from 0 to 10. */
export async function writeRecords(path: string, records: readonly MetricRecord[]): Promise<void> {
  await writeAtomically(path, pieces(records));
}

function* pieces(records: readonly MetricRecord[]): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (let from = 0; from < records.length; from += recordsAPiece) {
    const lines = records.slice(from, from + recordsAPiece).map((record) => JSON.stringify(fieldsOf(record)));
    const isLast = from + recordsAPiece >= records.length;
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
