import { join } from "node:path";
import fc from "fast-check";
import { readRecords } from "../../data/records.ts";
import { formatSamples } from "../../tests/data/formats/format_samples.ts";
import { changeJson, jsonChanges } from "./json_changes.ts";
import { attempt } from "./outcome.ts";
import { targetOf } from "./target.ts";

const chat = [
  { role: "system", content: "Be kind." },
  { role: "user", content: [{ type: "text", text: "Look" }, { type: "image_url", image_url: { url: "u" } }] },
  { role: "assistant", content: null, tool_calls: [{ function: { name: "look", arguments: "{}" } }] },
  { role: "assistant", content: "Hi" },
];
const conversations = [
  { metric_name: "tone", messages: chat, score: 3 },
  { scores: { tone: 3, style: 4 }, prompt: chat.slice(0, 2), response: chat.slice(-1) },
];
const files = [...formatSamples.map(({ rows }) => rows), conversations];

/** Rows of other tools and data sets, with parts that are something else. */
export const formats = targetOf({
  name: "formats",
  inputs: fc.record({
    rows: fc.constantFrom(...files),
    changes: jsonChanges,
    scores: fc.constantFrom("required", "optional", "ignored" as const),
  }),
  async check({ rows, changes, scores }, folder) {
    const path = join(folder, "rows.json");
    Deno.writeTextFileSync(path, JSON.stringify(changeJson(rows, changes)));
    const found = await attempt(() => readRecords(path, { scores }), [path]);
    if ("refusal" in found && changes.length === 0) throw new Error(found.refusal);
  },
});
