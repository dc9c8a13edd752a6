import { describeValue } from "../../engine/files/describe_value.ts";
import { DataError } from "../../kernels/errors.ts";
import { readJsonArray } from "../files/json_records.ts";
import { quoteNearest } from "../texts/nearest_name.ts";
import { type MetricRecord, parseRecord } from "../records.ts";
import { arrayIn } from "./json_answer.ts";
import { isParaphraseReply, type Paraphrase, paraphrasesOf } from "./paraphrases.ts";
import { type Behaviour, behaviours, behaviourScores } from "./prompts.ts";

/** A language model's answer to a prompt. A line of a file of replies. */
export interface Reply {
  readonly metric_name: string;
  readonly behaviour: Behaviour;
  /** What the model wrote. */
  readonly content: string;
}

/** What replies hold. */
export interface WrittenRecords {
  readonly records: readonly MetricRecord[];
  readonly paraphrases: readonly Paraphrase[];
  /** Why the others were dropped: a sentence each, with their places. */
  readonly dropped: readonly string[];
}

/**
 * Reads a file of replies, JSON lines or an array, and checks every record that they hold.
 *
 * @param metrics names of the metrics that records may be written for
 * @throws DataError when the file itself is damaged
 */
export async function readReplies(path: string, metrics: readonly string[]): Promise<WrittenRecords> {
  const known = new Set(metrics);
  const replies = await readJsonArray(path, { element: "reply" });
  const parts = replies.map((reply, i) => writtenIn(reply, `${path}, reply ${i + 1}`, known));
  return {
    records: parts.flatMap(({ records }) => records),
    paraphrases: parts.flatMap(({ paraphrases }) => paraphrases),
    dropped: parts.flatMap(({ dropped }) => dropped),
  };
}

/** What one reply holds, be it records or paraphrases; the arguments are those of `recordsOf`. */
export function writtenIn(reply: unknown, place: string, metrics: ReadonlySet<string>): WrittenRecords {
  if (isParaphraseReply(reply)) return { records: [], ...paraphrasesOf(reply, place) };
  return { paraphrases: [], ...recordsOf(reply, place, metrics) };
}

/**
 * The records of one reply that are what was asked for.
 *
 * @param place where the reply stands, for the reasons: "replies.jsonl, reply 3"
 */
export function recordsOf(
  reply: unknown,
  place: string,
  metrics: ReadonlySet<string>,
): Omit<WrittenRecords, "paraphrases"> {
  const { metric_name, behaviour, content } = (reply ?? {}) as { readonly [Field in keyof Reply]?: unknown };
  if (typeof metric_name !== "string" || typeof content !== "string" || !isBehaviour(behaviour)) {
    return drop(`${place} lacks metric_name, behaviour (${behaviours.join(" or ")}) or content.`);
  }
  if (!metrics.has(metric_name)) {
    const nearest = quoteNearest(metric_name, metrics);
    return drop(
      `${place} is for ${describeValue(metric_name)}, which is no metric of this data; the nearest is ${nearest}.`,
    );
  }
  const values = arrayIn(content);
  if (values === null) return drop(`${place} holds no JSON array of records.`);
  const records: MetricRecord[] = [], dropped: string[] = [];
  for (const [i, value] of values.entries()) {
    try {
      records.push(checked(value, `${place}, record ${i + 1}`, metric_name, behaviour));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      dropped.push(error.message);
    }
  }
  return { records, dropped };
}

const drop = (reason: string) => ({ records: [], dropped: [reason] });

const isBehaviour = (value: unknown): value is Behaviour => behaviours.some((one) => one === value);

/** @throws DataError when the record is not what was asked for */
function checked(value: unknown, place: string, metric: string, behaviour: Behaviour): MetricRecord {
  const named = typeof value === "object" && value !== null && !Array.isArray(value)
    ? { metric_name: metric, ...value }
    : value;
  const record = parseRecord(named, place, "required");
  if (record.metric !== metric) {
    throw new DataError(`${place} is for the metric "${record.metric}"; "${metric}" was asked for.`);
  }
  if (record.userPrompt.trim() === "" || record.response.trim() === "") {
    throw new DataError(`${place} lacks the user_prompt or the response; both were asked for.`);
  }
  const [lowest, highest] = behaviourScores[behaviour];
  if (record.score! < lowest || record.score! > highest) {
    throw new DataError(`${place}: score is ${record.score}; ${lowest} to ${highest} was asked for.`);
  }
  return record;
}
