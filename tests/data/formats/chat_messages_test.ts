import assert from "node:assert/strict";
import { chatTexts, withChatTexts } from "../../../data/formats/chat_messages.ts";
import { readRecords } from "../../../data/records.ts";
import { put, withFolder } from "../../temporary.ts";

const system = { role: "system", content: "Be kind." }, user = { role: "user", content: "Hello" };
const assistant = { role: "assistant", content: "Hi" };

Deno.test("messages: system prompt, prompt and response are taken apart; several turns are a transcript", () => {
  assert.deepEqual(chatTexts([system, user, assistant], "x"), {
    system_prompt: "Be kind.",
    user_prompt: "Hello",
    response: "Hi",
  });
  assert.deepEqual(chatTexts([user], "x"), { system_prompt: null, user_prompt: "Hello", response: "" });
  assert.deepEqual(
    chatTexts([user, assistant, { role: "user", content: "And?" }, { ...assistant, content: "So." }], "x"),
    {
      system_prompt: null,
      user_prompt: "User: Hello\n\nAssistant: Hi\n\nUser: And?",
      response: "So.",
    },
  );
});

Deno.test("messages: parts, tool calls and what tools say are texts", () => {
  const parts = [{ type: "text", text: "What is this?" }, { type: "image_url", image_url: { url: "u" } }];
  const call = { id: "c", type: "function", function: { name: "look", arguments: '{"at": 1}' } };
  assert.deepEqual(
    chatTexts([
      { role: "developer", content: [{ type: "text", text: "Look." }] },
      { role: "user", content: parts },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "c", content: "a cat" },
      { role: "assistant", content: [{ type: "text", text: "A cat." }, { type: "refusal", refusal: "No more." }] },
    ], "x"),
    {
      system_prompt: "Look.",
      user_prompt: 'User: What is this?\n[image_url]\n\nAssistant: [tool call] look({"at": 1})\n\nTool: a cat',
      response: "A cat.\nNo more.",
    },
  );
  assert.equal(
    chatTexts([user, { role: "assistant", content: null, tool_calls: [call] }], "x").response,
    '[tool call] look({"at": 1})',
  );
});

Deno.test("messages: content of another kind is named by message and part", () => {
  assert.throws(() => chatTexts([user, { role: "user", content: 5 }], "a.json, record 3: messages"), {
    name: "DataError",
    message: "a.json, record 3: messages, message 2: content is 5; text or a list of parts is expected.",
  });
  assert.throws(() => chatTexts([{ role: "user", content: [7] }], "x"), {
    message: "x, message 1, part 1 is 7; an object with type and text is expected.",
  });
});

Deno.test("messages: a record's own texts go before, and records without messages stay as they are", () => {
  const fields = { metric_name: "m", user_prompt: "u", response: "r", messages: [user] };
  assert.deepEqual(withChatTexts(fields, "x"), fields);
  assert.deepEqual(withChatTexts({ messages: [system, user], response: "Own" }, "x"), {
    system_prompt: "Be kind.",
    user_prompt: "Hello",
    response: "Own",
  });
  assert.deepEqual(withChatTexts({ prompt: [system, user], response: [assistant], score: 1 }, "x"), {
    prompt: "Hello",
    system_prompt: "Be kind.",
    response: "Hi",
    score: 1,
  });
  assert.deepEqual(withChatTexts({ messages: JSON.stringify([user, assistant]), score: "1" }, "x"), {
    system_prompt: null,
    user_prompt: "Hello",
    response: "Hi",
    score: "1",
  });
  const notes = { messages: "[none] of these", conversation: '["a"]' };
  assert.equal(withChatTexts(notes, "x"), notes);
  const plain = { metric_name: "m", user_prompt: ["a"] };
  assert.equal(withChatTexts(plain, "x"), plain);
});

Deno.test(
  "messages: records of OpenAI's and of ShareGPT's shape are read, and one row of several scores is several records",
  withFolder(async (folder) => {
    const path = await put(
      folder,
      "x.json",
      JSON.stringify([
        { metric_name: "tone", messages: [system, user, assistant], score: 3 },
        {
          scores: { tone: 4, "is short": 5 },
          conversations: [{ from: "human", value: "A" }, { from: "gpt", value: "B" }],
        },
      ]),
    );
    const texts = (await readRecords(path, { scores: "required" })).map((one) =>
      [one.metric, one.systemPrompt, one.userPrompt, one.response, one.score, one.extra] as const
    );
    assert.deepEqual(texts, [
      ["tone", "Be kind.", "Hello", "Hi", 3, {}],
      ["tone", null, "A", "B", 4, {}],
      ["is short", null, "A", "B", 5, {}],
    ]);
    const bad = await put(folder, "y.json", JSON.stringify([{ response: "r", scores: { tone: 11 } }]));
    await assert.rejects(readRecords(bad, { scores: "required" }), {
      message: `${bad}, record 1, tone: score is 11; a number from 0 to 10 is expected.`,
    });
  }),
);
