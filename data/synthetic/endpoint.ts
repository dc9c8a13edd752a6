import { describeValue } from "../../engine/files/describe_value.ts";
import { DataError, MetrogradError } from "../../kernels/errors.ts";
import { readJsonArray } from "../files/json_records.ts";
import type { NoteTaker } from "../note_taker.ts";
import type { ParaphrasePrompt, ParaphraseReply } from "./paraphrases.ts";
import { behaviours, type SyntheticPrompt } from "./prompts.ts";
import type { Reply } from "./replies.ts";

/** A line of a file of prompts: for new records, or for paraphrases. */
export type AnyPrompt = SyntheticPrompt | ParaphrasePrompt;

/** A line of a file of replies. */
export type AnyReply = Reply | ParaphraseReply;

/** An endpoint with the interface of OpenAI's chat completions. */
export interface Endpoint {
  /** Up to and without `/chat/completions`: "http://localhost:8080/v1". */
  readonly url: string;
  /** Name of the model. */
  readonly model: string;
  /** Sent as bearer token; null for none. */
  readonly key: string | null;
  /** Longest wait for an answer, in seconds. */
  readonly timeout: number;
  /** Tries for an answer while the endpoint is busy or failing. */
  readonly tries: number;
  /** Seconds before the second try; twice as many before each further one. */
  readonly pause: number;
}

/** Reads a file of prompts. @throws DataError when one is no prompt */
export async function readPrompts(path: string): Promise<AnyPrompt[]> {
  const values = await readJsonArray(path, { element: "prompt" });
  return values.map((value, i) => {
    const given = (value ?? {}) as Partial<SyntheticPrompt & ParaphrasePrompt>;
    const forRecords = typeof given.metric_name === "string" && behaviours.some((one) => one === given.behaviour);
    if ((forRecords || typeof given.user_prompt === "string") && Array.isArray(given.messages)) {
      return value as AnyPrompt;
    }
    throw new DataError(
      `${path}, prompt ${i + 1} lacks messages, or what they ask for: metric_name and behaviour, or user_prompt.`,
    );
  });
}

/** What a prompt asks for and its reply repeats. */
export function askedFor(line: AnyPrompt | AnyReply): Omit<Reply, "content"> | Omit<ParaphraseReply, "content"> {
  return "metric_name" in line
    ? { metric_name: line.metric_name, behaviour: line.behaviour }
    : { user_prompt: line.user_prompt };
}

/**
 * Sends prompts to an endpoint, one after the other, and gives the replies as they come; ends early when the signal is
 * aborted. A prompt that is not answered is skipped with a note.
 *
 * @throws MetrogradError when the endpoint refuses the key or the address, or cannot be reached at the first prompt
 */
export async function* askEndpoint(
  prompts: readonly AnyPrompt[],
  endpoint: Endpoint,
  { onNote = () => {}, signal }: { readonly onNote?: NoteTaker; readonly signal?: AbortSignal } = {},
): AsyncGenerator<AnyReply> {
  let answered = false;
  for (const prompt of prompts) {
    const result = await ask(prompt.messages, endpoint, signal);
    if (signal?.aborted) return;
    if ("content" in result) {
      answered = true;
      yield { ...askedFor(prompt), content: result.content };
    } else if (result.final || !answered) {
      throw new MetrogradError(`${endpoint.url} ${result.problem}.`);
    } else {
      onNote(`The prompt for ${describeAsked(prompt)} is skipped: the endpoint ${result.problem}.`);
    }
  }
}

function describeAsked(prompt: AnyPrompt): string {
  return "metric_name" in prompt
    ? `${prompt.metric_name} (${prompt.behaviour})`
    : `paraphrases of ${describeValue(prompt.user_prompt)}`;
}

/** An answer, or what went wrong, and whether it will go wrong for every prompt. */
type Answer = { readonly content: string } | { readonly problem: string; readonly final: boolean };

async function ask(
  messages: SyntheticPrompt["messages"],
  { url, model, key, timeout, tries, pause }: Endpoint,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  let answer: Answer = { problem: "was not asked", final: true };
  for (let attempt = 0; attempt < tries; attempt++) {
    if (attempt > 0) await new Promise((done) => setTimeout(done, 1000 * pause * 2 ** (attempt - 1)));
    const limit = AbortSignal.timeout(1000 * timeout);
    try {
      const response = await fetch(`${url.replace(/\/+$/, "")}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
        body: JSON.stringify({ model, messages }),
        // The key goes nowhere but where it was sent.
        redirect: "error",
        signal: signal ? AbortSignal.any([limit, signal]) : limit,
      });
      const text = await response.text();
      if (response.ok) return contentOf(text);
      const busy = response.status === 429 || response.status >= 500;
      answer = { problem: `answers with status ${response.status}: ${text.trim().slice(0, 120)}`, final: !busy };
      if (!busy) return answer;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      answer = { problem: `gives no answer: ${(error as Error).message}`, final: false };
    }
    if (signal?.aborted) return answer;
  }
  return answer;
}

function contentOf(text: string): Answer {
  try {
    const content: unknown = JSON.parse(text)?.choices?.[0]?.message?.content;
    if (typeof content === "string") return { content };
  } catch {
    // Said below.
  }
  return { problem: `answers with no choices[0].message.content: ${text.trim().slice(0, 120)}`, final: false };
}
