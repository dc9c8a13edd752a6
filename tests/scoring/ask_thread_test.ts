import assert from "node:assert/strict";
import { askThread } from "../../scoring/ask_thread.ts";

const module = (answer: string) => {
  const from = new URL("../../scoring/ask_thread.ts", import.meta.url);
  return new URL(
    `data:text/javascript,${
      encodeURIComponent(`import { answerThread } from ${JSON.stringify(from)}; answerThread(${answer});`)
    }`,
  );
};

Deno.test("threads: one request has one answer", async () => {
  using asked = askThread<number, number>(module("async (x) => 2 * await x"), 21);
  assert.equal(await asked.reply, 42);
});

Deno.test("threads: what it fails of is the rejection", async () => {
  using asked = askThread<number, number>(module("(x) => { throw new Error(`no ${x}`); }"), 21);
  await assert.rejects(asked.reply, /no 21/);
});
