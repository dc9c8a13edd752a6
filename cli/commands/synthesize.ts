import { askEndpoint, readPrompts } from "../../data/synthetic/endpoint.ts";
import { recordsOf, type Reply } from "../../data/synthetic/replies.ts";
import { appendToFile, writeAtomically } from "../../engine/files/files.ts";
import { UsageError } from "../../kernels/errors.ts";
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
}

/** Environment variable that may hold the endpoint's key. */
const keyVariable = "OPENAI_API_KEY";

/** `synthesize`: has a language model write records to train on. */
export function synthesizeCommand(act: (call: SynthesizeCall) => Promise<void>) {
  return command("synthesize", `Have a language model write records. The key, if any, is read from ${keyVariable}.`, [
    [
      "synthesize --prompts prompts.jsonl --endpoint http://localhost:8080/v1 --model NAME --out replies.jsonl",
      "Send the prompts of deno task augment --prompts",
    ],
  ])
    .requiredOption("--prompts <file>", "prompts that deno task augment wrote", text("--prompts"))
    .requiredOption("--endpoint <url>", "address of chat completions, without /chat/completions", text("--endpoint"))
    .requiredOption("--model <name>", "name of the model there", text("--model"))
    .requiredOption("--out <file>", "file for the replies", text("--out"))
    .option("--timeout <seconds>", describe("longest wait for an answer", 120), number("--timeout", [1, 3600, false]))
    .option("--force", "replace the file that is at --out")
    .action(({ timeout, force, ...call }) => act({ ...call, timeout: timeout ?? 120, force: force ?? false }));
}

export async function synthesize(call: SynthesizeCall, terminal: Terminal): Promise<void> {
  const { endpoint: url, model, out, timeout, force } = call;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new UsageError(`--endpoint is "${url}"; an address such as http://localhost:8080/v1 is expected.`);
  }
  await refuseExisting(out, "--out", force);
  const prompts = await readPrompts(call.prompts);
  const endpoint = { url, model, key: Deno.env.get(keyVariable) ?? null, timeout, tries: 4, pause: 1 };
  let replies = 0, records = 0, dropped = 0;
  await interruptible(terminal, async (signal) => {
    for await (const reply of askEndpoint(prompts, endpoint, { onNote: (line) => terminal.note(line), signal })) {
      await keep(out, reply, replies === 0);
      const found = recordsOf(reply, `reply ${++replies}`, new Set([reply.metric_name]));
      records += found.records.length;
      dropped += found.dropped.length;
      terminal.status(`${replies}/${prompts.length} replies, ${counted(records, "record")}, ${dropped} dropped`);
    }
    terminal.status("");
    if (signal.aborted) throw new Interruption(`Stopped. ${replies} replies are in ${out}.`);
  });
  terminal.print(
    `${out}: ${replies} replies to ${prompts.length} prompts, ${counted(records, "record")}, ${dropped} dropped.`,
  );
  terminal.note(`Train on them with --set augmentation.languageModel.replies=${out}`);
}

/** Each reply is kept as it comes: it may have cost money. */
async function keep(path: string, reply: Reply, first: boolean): Promise<void> {
  const line = `${JSON.stringify(reply)}\n`;
  await (first ? writeAtomically(path, line) : appendToFile(path, line));
}
