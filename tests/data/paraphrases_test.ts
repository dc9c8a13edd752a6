import assert from "node:assert/strict";
import type { MetricRecord } from "../../data/records.ts";
import { askedFor, askEndpoint, readPrompts } from "../../data/synthetic/endpoint.ts";
import {
  isParaphraseReply,
  paraphrasedRecords,
  paraphrasePrompts,
  paraphrasesOf,
} from "../../data/synthetic/paraphrases.ts";
import { writtenIn } from "../../data/synthetic/replies.ts";
import { put, withFolder } from "../temporary.ts";

const record = (metric: string, userPrompt: string, response = "answer"): MetricRecord => ({
  ...{ metric, systemPrompt: "Be brief.", userPrompt, response, score: 7, extra: { conversation: 3 } },
});
const records = [record("a", "Who?"), record("b", "Who?", "me"), record("a", "When?"), record("a", " ")];

Deno.test("paraphrases: one prompt for each user prompt, with its text and the count", () => {
  const prompts = paraphrasePrompts(records, 3);
  assert.deepEqual(prompts.map(({ user_prompt }) => user_prompt), ["Who?", "When?"]);
  assert.match(prompts[0]!.messages[0]!.content, /wrote to an assistant:\n"Who\?"[\s\S]* in 3 other ways/);
  assert.ok(!JSON.stringify(prompts).includes("answer"), "no response is shown");
});

const reply = (content: unknown) => ({ user_prompt: "Who?", content: JSON.stringify(content) });

Deno.test("paraphrases: texts of a reply are taken, each once, and all else is dropped with the reason", () => {
  const { paraphrases, dropped } = paraphrasesOf(reply(["Which person?", "Who? ", 7, "", "Which person?"]), "reply 2");
  assert.deepEqual(paraphrases, [{ userPrompt: "Who?", paraphrase: "Which person?" }]);
  assert.deepEqual(dropped, [
    "reply 2, paraphrase 2 is the prompt itself, or a paraphrase that the reply has already.",
    "reply 2, paraphrase 3 is 7; text is expected.",
    'reply 2, paraphrase 4 is ""; text is expected.',
    "reply 2, paraphrase 5 is the prompt itself, or a paraphrase that the reply has already.",
  ]);
  assert.deepEqual(paraphrasesOf({ user_prompt: "Who?", content: "I cannot." }, "reply 1").dropped, [
    "reply 1 holds no JSON array of texts.",
  ]);
  assert.deepEqual(paraphrasesOf({ user_prompt: "Who?" }, "reply 1").dropped, [
    "reply 1 lacks user_prompt or content.",
  ]);
});

Deno.test("paraphrases: replies of both kinds are told apart", () => {
  const known = new Set(["a"]);
  assert.equal(writtenIn(reply(["Which one?"]), "reply 1", known).paraphrases.length, 1);
  const content = JSON.stringify([{ user_prompt: "Hi", response: "Hello", score: 9 }]);
  const samples = writtenIn({ metric_name: "a", behaviour: "compliant", content }, "reply 1", known);
  assert.deepEqual([samples.records.length, samples.paraphrases.length], [1, 0]);
  assert.deepEqual([reply([]), {}, null].map(isParaphraseReply), [true, false, false]);
});

Deno.test("paraphrases: train records are copied with all but the prompt, held-out ones are not", () => {
  const paraphrase = (userPrompt: string, paraphrase: string) => ({ userPrompt, paraphrase });
  const given = [
    paraphrase("Who?", "Which person?"),
    paraphrase("When?", "At what time?"),
    paraphrase("Who?", "When?"),
  ];
  const { records: made, of, dropped } = paraphrasedRecords(records, [0, 1], given);
  assert.deepEqual(made, [
    { ...records[0]!, userPrompt: "Which person?" },
    { ...records[1]!, userPrompt: "Which person?" },
    { ...records[1]!, userPrompt: "When?" },
  ]);
  assert.deepEqual(of, [0, 1, 1]);
  assert.deepEqual(dropped, [
    "1 of prompts that no train record has.",
    "1 with the texts of a record that is there already.",
  ]);
});

Deno.test(
  "paraphrases: prompts are read and sent as those for records are, and replies repeat what was asked for",
  withFolder(async (folder) => {
    const prompts = paraphrasePrompts(records, 2);
    const path = await put(folder, "p.jsonl", prompts.map((one) => JSON.stringify(one) + "\n").join(""));
    assert.deepEqual(await readPrompts(path), prompts);
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
      const { messages: [{ content }] } = await request.json();
      // The second prompt is refused as too long, say.
      return content.includes("When") ? new Response("broken", { status: 500 }) : Response.json({
        choices: [{ message: { content: "[]" } }],
      });
    });
    const url = `http://127.0.0.1:${server.addr.port}`, notes: string[] = [];
    try {
      const endpoint = { url, model: "small", key: null, timeout: 5, tries: 1, pause: 0 };
      const replies = await Array.fromAsync(askEndpoint(prompts, endpoint, { onNote: (note) => notes.push(note) }));
      assert.deepEqual(replies, [{ ...askedFor(prompts[0]!), content: "[]" }]);
    } finally {
      await server.shutdown();
    }
    assert.match(
      notes.join(),
      /^The prompt for paraphrases of "When\?" is skipped: the endpoint answers with status 500/,
    );
  }),
);
