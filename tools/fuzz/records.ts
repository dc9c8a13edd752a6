import { join } from "node:path";
import fc from "fast-check";
import { appearance } from "../../data/texts/look_alikes.ts";
import { type MetricRecord, readRecords } from "../../data/records.ts";
import { change, edits, text } from "./bytes.ts";
import { SimpleJson } from "./json.ts";
import { assertAgrees, attempt } from "./outcome.ts";
import { targetOf } from "./target.ts";

const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, 5, 10, 1e-7));
const json = fc.jsonValue({ maxDepth: 2 });
const score = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: 0, max: 10, noNaN: true }) },
  fc.constantFrom<unknown>(null, undefined, "9", " 10.0 ", "9,5", "0x5", "1e400", "abc", true),
  number,
);
const words = fc.oneof({ weight: 8, arbitrary: text }, fc.constantFrom(null, undefined), json);
const record = fc.record({
  metric_name: fc.oneof({ weight: 20, arbitrary: text.map((name) => `m${name}`) }, words),
  system_prompt: words,
  user_prompt: words,
  response: words,
  score,
  extra: fc.dictionary(text, json, { maxKeys: 2, noNullPrototype: true }),
}, { requiredKeys: ["metric_name", "response", "score", "extra"] }).map(({ extra, ...fields }) => ({
  ...extra,
  ...fields,
}));

/** A file of records: a list or JSON lines, in UTF-8 or UTF-16, with or without a byte order mark. */
const file = fc.record({
  records: fc.array(fc.oneof({ weight: 20, arbitrary: record }, json), { maxLength: 4 }),
  indent: fc.nat(2),
  lines: fc.boolean(),
  escaped: fc.boolean(),
  encoding: fc.constantFrom("", "", "", "\ufeff", "utf-16"),
}).map(({ records, indent, lines, escaped, encoding }) => {
  const json = lines
    ? records.map((one) => JSON.stringify(one) + "\n").join("")
    : JSON.stringify(records, null, indent);
  const ascii = (one: string) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const written = escaped ? json.replace(/[\u0080-\uffff]/g, ascii) : json;
  if (encoding !== "utf-16") return new TextEncoder().encode(encoding + written);
  const marked = "\ufeff" + written;
  return new Uint8Array(Uint16Array.from({ length: marked.length }, (_, i) => marked.charCodeAt(i)).buffer);
});

/** JSON files of records. */
export const records = targetOf({
  name: "records",
  inputs: fc.record({
    file,
    edits,
    scores: fc.constantFrom("required", "optional", "ignored" as const),
    recover: fc.boolean(),
  }),
  async check({ file, edits, scores, recover }, folder) {
    const path = join(folder, "records.json"), bytes = change(file, edits);
    Deno.writeFileSync(path, bytes);
    let decoded = false;
    const onNote = (note: string) => decoded ||= /decoded/.test(note);
    const found = await attempt(() => readRecords(path, { scores, recover, onNote }), [path]);
    const content = textOf(bytes, decoded);
    if (content !== null) assertAgrees(found, recordsOf(content, scores, recover));
  },
});

/** The text of a file; null where what it is cannot be told so simply. */
function textOf(bytes: Uint8Array, decoded: boolean): string | null {
  try {
    const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe && bytes.length % 2 === 0;
    if (decoded) return utf16 ? new TextDecoder("utf-16le", { ignoreBOM: true }).decode(bytes.subarray(2)) : null;
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

type Scores = "required" | "optional" | "ignored";

/** The records of a text; null where it is to be refused. */
function recordsOf(content: string, scores: Scores, recover: boolean): { value: MetricRecord[] } | null {
  const found = elementsOf(content);
  if (!found || found.values.length === 0 || (!found.whole && !recover)) return null;
  const value = found.values.map((one) => recordOf(one, scores));
  const anyText = (one: MetricRecord | null) => one !== null && one.userPrompt.trim() + one.response.trim() !== "";
  const hasTexts = value.some(anyText);
  if (value.includes(null) || !hasTexts) return null;
  const left = (value as MetricRecord[]).filter(({ score }) => scores !== "required" || score !== null);
  return left.length === 0 || !left.some(anyText) ? null : { value: left };
}

function elementsOf(content: string) {
  if (!/^[ \t\n\r]*[[{]/.test(content)) return null;
  try {
    return new SimpleJson(content, content.trimStart().startsWith("[") ? 2 : 1).elements();
  } catch {
    return null;
  }
}

const names = ["metric_name", "system_prompt", "user_prompt", "prompt", "response", "expected_response", "score"];

function recordOf(value: unknown, scores: Scores): MetricRecord | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const fields = new Map(Object.entries(value));
  for (const key of fields.keys()) {
    const meant = names.find((name) => appearance(name) === appearance(key) && name !== key.toLowerCase());
    if (meant !== undefined && !names.includes(key) && !fields.has(meant)) return null;
  }
  const texts = names.slice(1, 6).map((name) => fields.get(name) ?? "");
  const [metric, given] = [fields.get("metric_name"), fields.get("score")];
  if (typeof metric !== "string" || metric.trim() === "" || texts.some((one) => typeof one !== "string")) return null;
  const [system, user, prompt, response, expected] = texts as [string, string, string, string, string];
  let score: number | null = null;
  const isEmpty = (given ?? "") === "" || (typeof given === "string" && given.trim() === "");
  if (scores !== "ignored" && !isEmpty) {
    const word = typeof given === "string" ? given.trim().replace(/^([+-]?\d+),(\d+)$/, "$1.$2") : given;
    const isDecimal = typeof word === "string" && word !== "" &&
      [...word].every((one) => "0123456789.eE+-".includes(one));
    score = typeof word === "number" ? word : isDecimal ? Number(word) : NaN;
    if (!(score >= 0 && score <= 10)) return null;
  }
  return {
    metric,
    systemPrompt: system.trim() === "" ? null : system,
    userPrompt: user || prompt,
    response: response || expected,
    score,
    extra: Object.fromEntries([...fields].filter(([key]) => !names.includes(key))),
  };
}
