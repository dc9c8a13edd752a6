import assert from "node:assert/strict";
import { askEndpoint, type Endpoint, readPrompts } from "../../data/synthetic/endpoint.ts";
import { behaviours, syntheticPrompts } from "../../data/synthetic/prompts.ts";
import { readReplies, recordsOf } from "../../data/synthetic/replies.ts";
import { put, withFolder } from "../temporary.ts";

const record = (metric: string, response: string) => ({
  metric,
  systemPrompt: null,
  userPrompt: "Who are you?",
  response,
  score: 9,
  extra: {},
});
const options = { samples: 4, examples: 2, seed: 1 };
const prompts = syntheticPrompts(
  ["a/tone_of_voice", "b"],
  ["one", "two", "three"].map((response) => record("b", response)),
  options,
);

Deno.test("synthetic: two prompts a metric, with train records of that metric as examples", () => {
  assert.deepEqual(prompts.map((one) => [one.metric_name, one.behaviour]), [
    ["a/tone_of_voice", "compliant"],
    ["a/tone_of_voice", "non-compliant"],
    ["b", "compliant"],
    ["b", "non-compliant"],
  ]);
  const [tone, , b] = prompts.map(({ messages }) => messages[0]!.content);
  assert.match(tone!, /under the metric "a: tone of voice"[\s\S]*Write 4 new records .* do well .* from 8 to 10/);
  assert.ok(!tone!.includes("Who are you?"), "it has no records");
  assert.equal(b!.match(/Who are you\?/g)!.length, 2);
  assert.match(prompts[3]!.messages[0]!.content, /fail at what .* from 0 to 5/);
});

const good = { system_prompt: null, user_prompt: "Hi", response: "Hello", score: "9" };
const reply = (content: unknown, more = {}) => ({
  metric_name: "b",
  behaviour: "compliant",
  content: typeof content === "string" ? content : JSON.stringify(content),
  ...more,
});
const known = new Set(["a/tone_of_voice", "b"]);

Deno.test("synthetic: records of a reply are read out of a fence, under the metric that was asked for", () => {
  const { records, dropped } = recordsOf(
    reply("Here:\n```json\n" + JSON.stringify([good]) + "\n```\n"),
    "reply 1",
    known,
  );
  assert.deepEqual(dropped, []);
  assert.deepEqual(records, [{ ...record("b", "Hello"), userPrompt: "Hi" }]);
});

for (
  const [what, given, reason] of [
    ["a reply without metric", reply([good], { metric_name: 3 }), "reply 1 lacks metric_name"],
    ["a reply of unknown behaviour", reply([good], { behaviour: "mixed" }), "reply 1 lacks metric_name, behaviour"],
    ["a reply for an unknown metric", reply([good], { metric_name: "c" }), '"c", which is no metric'],
    ["text that is no JSON", reply("I cannot do that."), "holds no JSON array"],
    ["damaged JSON", reply('[{"score": 9,]'), "holds no JSON array"],
    ["a record that is no object", reply([7]), "reply 1, record 1 is 7; an object"],
    ["a record without score", reply([{ ...good, score: undefined }]), "record 1: score is missing"],
    ["a record with a score of words", reply([{ ...good, score: "high" }]), 'score is "high"'],
    ["a record with the score of the other behaviour", reply([{ ...good, score: 2 }]), "score is 2; 8 to 10"],
    ["a record without response", reply([{ ...good, response: " " }]), "lacks the user_prompt or the response"],
    ["a record for another metric", reply([{ ...good, metric_name: "d" }]), 'metric "d"; "b" was asked for'],
  ] as const
) {
  Deno.test(`synthetic: ${what} is dropped with the reason`, () => {
    const { records, dropped } = recordsOf(given, "reply 1", known);
    assert.equal(records.length, 0);
    assert.equal(dropped.length, 1);
    assert.ok(dropped[0]!.includes(reason), dropped[0]);
  });
}

Deno.test(
  "synthetic: a file of replies keeps what is good of each",
  withFolder(async (folder) => {
    const lines = [
      reply([good, { ...good, score: 1 }]),
      reply("no"),
      reply([{ ...good, score: 1 }], { behaviour: behaviours[1] }),
    ];
    const path = await put(folder, "r.jsonl", lines.map((line) => JSON.stringify(line) + "\n").join(""));
    const { records, dropped } = await readReplies(path, ["b"]);
    assert.deepEqual(records.map(({ score }) => score), [9, 1]);
    assert.equal(dropped.length, 2);
    assert.ok(dropped[1]!.startsWith(`${path}, reply 2 `));
  }),
);

/** Runs a body beside an endpoint that answers with what `handle` returns. */
async function withEndpoint(
  handle: (request: Request, number: number) => Response | Promise<Response>,
  body: (endpoint: Endpoint) => Promise<void>,
): Promise<void> {
  let number = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => handle(request, ++number));
  const url = `http://127.0.0.1:${server.addr.port}/v1/`;
  try {
    await body({ url, model: "small", key: null, timeout: 5, tries: 3, pause: 0.001 });
  } finally {
    await server.shutdown();
  }
}

const answer = (content: string) => Response.json({ choices: [{ message: { role: "assistant", content } }] });

Deno.test("synthetic: prompts go to chat completions with model and key, and replies carry what was asked for", () => {
  const seen: unknown[] = [];
  return withEndpoint(async (request) => {
    const { pathname } = new URL(request.url);
    seen.push([request.method, pathname, request.headers.get("authorization"), await request.json()]);
    return answer(`answer ${seen.length}`);
  }, async (endpoint) => {
    const replies = await Array.fromAsync(askEndpoint(prompts.slice(0, 2), { ...endpoint, key: "secret" }));
    assert.deepEqual(replies, [
      { metric_name: "a/tone_of_voice", behaviour: "compliant", content: "answer 1" },
      { metric_name: "a/tone_of_voice", behaviour: "non-compliant", content: "answer 2" },
    ]);
    const body = { model: "small", messages: prompts[0]!.messages };
    assert.deepEqual(seen[0], ["POST", "/v1/chat/completions", "Bearer secret", body]);
  });
});

Deno.test("synthetic: a busy endpoint is asked again; one prompt that fails is skipped with a note", () =>
  withEndpoint((_, number) => {
    if (number === 1) return new Response("later", { status: 429 });
    if (number >= 3 && number <= 5) return new Response("broken", { status: 500 });
    return answer(`answer ${number}`);
  }, async (endpoint) => {
    const notes: string[] = [];
    const replies = await Array.fromAsync(
      askEndpoint(prompts.slice(0, 3), endpoint, { onNote: (note) => notes.push(note) }),
    );
    assert.deepEqual(replies.map(({ content }) => content), ["answer 2", "answer 6"]);
    assert.equal(notes.length, 1);
    assert.match(notes[0]!, /a\/tone_of_voice \(non-compliant\) is skipped: .* status 500: broken/);
  }));

Deno.test("synthetic: a refused key, a redirection, another kind of answer and no endpoint end with one sentence", async () => {
  const asked = (endpoint: Endpoint) => Array.fromAsync(askEndpoint(prompts, endpoint));
  await withEndpoint(() => new Response("no such key", { status: 401 }), async (endpoint) => {
    await assert.rejects(asked(endpoint), /answers with status 401: no such key\.$/);
  });
  await withEndpoint(() => new Response(null, { status: 307, headers: { location: "/" } }), async (endpoint) => {
    await assert.rejects(asked(endpoint), /gives no answer/);
  });
  await withEndpoint(() => new Response("<html>"), async (endpoint) => {
    await assert.rejects(asked(endpoint), /no choices\[0\]\.message\.content: <html>\.$/);
  });
  let gone: Endpoint | null = null;
  await withEndpoint(() => answer(""), (endpoint) => Promise.resolve(void (gone = endpoint)));
  await assert.rejects(asked(gone!), /gives no answer/);
});

Deno.test("synthetic: an endpoint that does not answer in time is given up", async () => {
  const { promise, resolve } = Promise.withResolvers<Response>();
  await withEndpoint(() => promise, async (endpoint) => {
    const slow = Array.fromAsync(askEndpoint(prompts, { ...endpoint, timeout: 0.02, tries: 1 }));
    await assert.rejects(slow, /gives no answer/);
    resolve(answer(""));
  });
});

Deno.test(
  "synthetic: a file of prompts reads as it was written; what is no prompt is refused",
  withFolder(async (folder) => {
    const path = await put(folder, "p.jsonl", prompts.map((one) => JSON.stringify(one) + "\n").join(""));
    assert.deepEqual(await readPrompts(path), prompts);
    const bad = await put(folder, "bad.json", '[{"metric_name": "b"}]');
    await assert.rejects(readPrompts(bad), /bad\.json, prompt 1 lacks/);
  }),
);
