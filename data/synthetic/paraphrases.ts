import { describeValue } from "../../engine/files/describe_value.ts";
import type { MetricRecord } from "../records.ts";
import { textKey } from "../split.ts";
import { arrayIn } from "./json_answer.ts";
import type { SyntheticPrompt } from "./prompts.ts";

/** What a language model is asked: to put a user's prompt into other words. A line of a file of prompts. */
export interface ParaphrasePrompt {
  /** The prompt as records have it. */
  readonly user_prompt: string;
  /** As chat completions take them. */
  readonly messages: SyntheticPrompt["messages"];
}

/** A language model's answer to such a prompt. A line of a file of replies. */
export interface ParaphraseReply {
  /** The prompt as records have it. */
  readonly user_prompt: string;
  /** What the model wrote. */
  readonly content: string;
}

/** A user's prompt in other words. */
export interface Paraphrase {
  readonly userPrompt: string;
  readonly paraphrase: string;
}

/**
 * A prompt for each different user prompt of some records, in their order.
 *
 * @param records train records alone, as for `syntheticPrompts`
 * @param count paraphrases that a reply should hold
 * @see document 003, section 3.6: "paraphrase-driven prompt augmentation"
 */
export function paraphrasePrompts(records: readonly MetricRecord[], count: number): ParaphrasePrompt[] {
  const different = new Set(records.map(({ userPrompt }) => userPrompt).filter((text) => text.trim() !== ""));
  return Array.from(different, (userPrompt) => ({
    user_prompt: userPrompt,
    messages: [{
      role: "user" as const,
      content: [
        `A user wrote to an assistant:\n${JSON.stringify(userPrompt)}`,
        `Write the same in ${count} other ways, in the same language. What is asked for, all names, numbers and conditions ` +
        "stay as they are. Answer with nothing but a JSON array of texts.",
      ].join("\n\n"),
    }],
  }));
}

/** True for a reply to a `ParaphrasePrompt`, be it well formed or not. */
export function isParaphraseReply(reply: unknown): boolean {
  return typeof reply === "object" && reply !== null && "user_prompt" in reply && !("metric_name" in reply);
}

/**
 * The paraphrases of one reply that are what was asked for: texts, each different from the prompt and from the others.
 *
 * @param place where the reply stands, for the reasons: "replies.jsonl, reply 3"
 */
export function paraphrasesOf(
  reply: unknown,
  place: string,
): { readonly paraphrases: readonly Paraphrase[]; readonly dropped: readonly string[] } {
  const { user_prompt, content } = (reply ?? {}) as { readonly [Field in keyof ParaphraseReply]?: unknown };
  if (typeof user_prompt !== "string" || typeof content !== "string") {
    return { paraphrases: [], dropped: [`${place} lacks user_prompt or content.`] };
  }
  const values = arrayIn(content);
  if (values === null) return { paraphrases: [], dropped: [`${place} holds no JSON array of texts.`] };
  const known = new Set([user_prompt.trim()]);
  const paraphrases: Paraphrase[] = [], dropped: string[] = [];
  for (const [i, value] of values.entries()) {
    const of = `${place}, paraphrase ${i + 1}`;
    if (typeof value !== "string" || value.trim() === "") {
      dropped.push(`${of} is ${describeValue(value)}; text is expected.`);
    } else if (known.has(value.trim())) {
      dropped.push(`${of} is the prompt itself, or a paraphrase that the reply has already.`);
    } else {
      known.add(value.trim());
      paraphrases.push({ userPrompt: user_prompt, paraphrase: value });
    }
  }
  return { paraphrases, dropped };
}

/** Copies of records with their user prompt in other words. */
export interface ParaphrasedRecords {
  readonly records: readonly MetricRecord[];
  /** Number of the record that each is a copy of. */
  readonly of: readonly number[];
  /** Why paraphrases are not used: a sentence each. */
  readonly dropped: readonly string[];
}

/**
 * Copies of train records with their user prompt in other words: metric, response, score and all else stay, so that a copy
 * belongs to the group of its record. Records that are held out have none.
 *
 * @param train numbers of the records that are learnt from
 */
export function paraphrasedRecords(
  records: readonly MetricRecord[],
  train: ArrayLike<number>,
  paraphrases: readonly Paraphrase[],
): ParaphrasedRecords {
  const learnt = Map.groupBy(Array.from(train), (row) => records[row]!.userPrompt);
  // With other words a record may still come to the texts of another one.
  const known = new Set(records.map(textKey));
  const made: MetricRecord[] = [], of: number[] = [];
  let foreign = 0, repeated = 0;
  for (const { userPrompt, paraphrase } of paraphrases) {
    const rows = learnt.get(userPrompt) ?? [];
    if (rows.length === 0) foreign++;
    for (const row of rows) {
      const record = { ...records[row]!, userPrompt: paraphrase };
      if (known.has(textKey(record))) repeated++;
      else {
        made.push(record);
        of.push(row);
      }
    }
  }
  const dropped = [
    ...foreign > 0 ? [`${foreign} of prompts that no train record has.`] : [],
    ...repeated > 0 ? [`${repeated} with the texts of a record that is there already.`] : [],
  ];
  return { records: made, of, dropped };
}
