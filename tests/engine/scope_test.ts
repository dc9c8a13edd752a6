import assert from "node:assert/strict";
import { UsageError } from "../../kernels/errors.ts";
import { testEngine } from "./harness.ts";

const engine = await testEngine();

Deno.test("scope and step: a body that returns a promise is refused in a sentence, and what it made is freed", async () => {
  const before = engine.pool.liveLabels();
  const body = async () => {
    const x = engine.full([4], 1);
    await x.data();
    return x;
  };
  const message = (name: string) => ({
    name: UsageError.name,
    message:
      `${name}: the body returned a promise, but a scope ends when its body returns; leave out async, and await ` +
      "what it returns outside.",
  });
  assert.throws(() => engine.scope(body), message("engine.scope"));
  await assert.rejects(engine.step(body), message("engine.step"));
  await assert.rejects(engine.step(() => ({ then: (done?: () => void) => done?.() })), message("engine.step"));
  await engine.finish();
  assert.deepEqual(engine.pool.liveLabels(), before);
});

Deno.test("scope: after a refused body the scopes around it go on", async () => {
  const kept = engine.scope(() => {
    assert.throws(() => engine.scope(() => Promise.resolve(1)), UsageError);
    return engine.full([2], 3);
  });
  assert.deepEqual([...await kept.data()], [3, 3]);
  kept.dispose();
});

Deno.test("scope: a body whose promise fails later leaves no unhandled failure", async () => {
  assert.throws(() => engine.scope(() => Promise.reject(new Error("later"))), UsageError);
  await new Promise((done) => setTimeout(done, 0));
});
