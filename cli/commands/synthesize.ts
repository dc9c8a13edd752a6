import { callOf } from "../../data/files/called_as.ts";
import { readJsonArray } from "../../data/files/json_records.ts";
import { type AnyPrompt, type AnyReply, askedFor, askEndpoint, readPrompts } from "../../data/synthetic/endpoint.ts";
import { writtenIn } from "../../data/synthetic/replies.ts";
import { describeValue } from "../../engine/files/describe_value.ts";
import { appendToFile, whatIsAt, writeAtomically } from "../../engine/files/files.ts";
import { DataError, UsageError } from "../../kernels/errors.ts";
import { command } from "../command.ts";
import { interruptible, Interruption } from "../interruption.ts";
import { describe, number, text } from "../options/options.ts";
import { refuseExisting } from "../output/out.ts";
import { counted } from "../../data/texts/counted.ts";
import type { Terminal } from "../output/terminal.ts";

/** What `synthesize` is asked for. */
export interface SynthesizeCall {
  readonly prompts: string;
  readonly endpoint: string;
  readonly model: string;
  readonly out: string;
  /** Longest wait for an answer, in seconds. */
  readonly timeout: number;
  readonly force: boolean;
  /** Goes on with the replies that are there. */
  readonly resume: boolean;
}

/** Environment variable that may hold the endpoint's key. */
const keyVariable = "OPENAI_API_KEY";

/** `synthesize`: has a language model write records to train on. */
export function synthesizeCommand(act: (call: SynthesizeCall) => Promise<void>) {
  return command("synthesize", `Have a language model write records. The key, if any, is read from ${keyVariable}.`, [
    [
      "synthesize --prompts prompts.jsonl --endpoint http://localhost:8080/v1 --model NAME --out replies.jsonl",
      `Send the prompts of ${callOf("augment --prompts")}`,
    ],
  ])
    .requiredOption("--prompts <file>", `prompts that ${callOf("augment")} wrote`, text("--prompts"))
    .requiredOption("--endpoint <url>", "address of chat completions, without /chat/completions", text("--endpoint"))
    .requiredOption("--model <name>", "name of the model there", text("--model"))
    .requiredOption("--out <file>", "file for the replies", text("--out"))
    .option("--timeout <seconds>", describe("longest wait for an answer", 120), number("--timeout", [1, 3600, false]))
    .option("--force", "replace the file that is at --out")
    .option("--resume", "send only prompts that --out has no reply to, and add their replies to it")
    .action(({ timeout, force = false, resume = false, ...call }) => {
      if (force && resume) {
        throw new UsageError("--force replaces what --resume goes on with; one of them is expected.");
      }
      return act({ ...call, timeout: timeout ?? 120, force, resume });
    });
}

export async function synthesize(call: SynthesizeCall, terminal: Terminal): Promise<void> {
  const { endpoint: url, model, out, timeout, force, resume } = call;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new UsageError(`--endpoint is "${url}"; an address such as http://localhost:8080/v1 is expected.`);
  }
  if (!resume) await refuseExisting(out, "--out", force);
  const prompts = await readPrompts(call.prompts);
  const kept = resume ? await repliesAt(out, terminal) : [];
  const answered = new Set(kept.map(keyOf)), open = prompts.filter((prompt) => !answered.has(keyOf(prompt)));
  const endpoint = { url, model, key: Deno.env.get(keyVariable) ?? null, timeout, tries: 4, pause: 1 };
  let replies = 0, records = 0, paraphrases = 0, dropped = 0;
  const count = (reply: AnyReply) => {
    const metrics = new Set("metric_name" in reply ? [reply.metric_name] : []);
    const found = writtenIn(reply, `reply ${++replies}`, metrics);
    records += found.records.length;
    paraphrases += found.paraphrases.length;
    dropped += found.dropped.length;
  };
  const figures = () =>
    [
      ...records > 0 || paraphrases === 0 ? [counted(records, "record")] : [],
      ...paraphrases > 0 ? [counted(paraphrases, "paraphrase")] : [],
      `${dropped} dropped`,
    ].join(", ");
  kept.forEach(count);
  await interruptible(terminal, async (signal) => {
    for await (const reply of askEndpoint(open, endpoint, { onNote: (line) => terminal.note(line), signal })) {
      await keep(out, reply, replies === 0);
      count(reply);
      terminal.status(`${replies}/${prompts.length} replies, ${figures()}`);
    }
    terminal.status("");
    if (signal.aborted) {
      throw new Interruption(`Stopped. ${replies} replies are in ${out}; --resume sends the prompts that are left.`);
    }
  });
  terminal.print(`${out}: ${replies} replies to ${prompts.length} prompts, ${figures()}.`);
  terminal.note(`Train on them with --set augmentation.languageModel.replies=${out}`);
}

/** What a reply answers. */
function keyOf(line: AnyPrompt | AnyReply): string {
  return JSON.stringify(askedFor(line));
}

/** The replies of a file, which ends with the last whole one afterwards; none where there is no file. */
async function repliesAt(path: string, terminal: Terminal): Promise<AnyReply[]> {
  if (await whatIsAt(path) === "nothing") return [];
  const options = { element: "reply", recover: true, onNote: (line: string) => terminal.note(line) };
  const replies = await readJsonArray(path, options) as AnyReply[];
  const odd = replies.findIndex((reply) => typeof reply !== "object" || reply === null);
  if (odd >= 0) {
    throw new DataError(`${path}, reply ${odd + 1} is ${describeValue(replies[odd])}; an object is expected.`);
  }
  await writeAtomically(path, replies.map(lineOf).join(""));
  return replies;
}

/** Each reply is kept as it comes: it may have cost money. */
async function keep(path: string, reply: AnyReply, first: boolean): Promise<void> {
  await (first ? writeAtomically : appendToFile)(path, lineOf(reply));
}

const lineOf = (reply: AnyReply) => `${JSON.stringify(reply)}\n`;
