import assert from "node:assert/strict";
import { Turns } from "../../serve/queue/turns.ts";
import { DeviceLostError } from "../../kernels/errors.ts";

/** A lane of texts whose tokens are their characters; its steps wait until they are let go. */
function texts(
  { batchTokens = 100, batchItems = 100, work = (item: string) => item.toUpperCase() } = {},
) {
  const turns = new Turns({ batchTokens, batchItems }), steps: string[][] = [];
  let open = Promise.withResolvers<void>();
  const lane = turns.lane({
    tokens: (item: string) => item.length,
    async step(items) {
      steps.push([...items]);
      await open.promise;
      return items.map(work);
    },
    isOutage: (error) => error instanceof DeviceLostError,
  });
  return {
    ...{ turns, lane, steps },
    letGo() {
      open.resolve();
    },
    hold() {
      open = Promise.withResolvers();
    },
  };
}

const turn = () => new Promise((resume) => setTimeout(resume, 1));

Deno.test("lane: requests that wait at the same time share a step, the longest items first, and get their own results in order", async () => {
  const { lane, steps, letGo } = texts();
  letGo();
  const results = await Promise.all([lane.submit(["aa", "bbbb"]), lane.submit(["c"]), lane.submit(["ddd", "e"])]);
  assert.deepEqual(results, [["AA", "BBBB"], ["C"], ["DDD", "E"]]);
  assert.deepEqual(steps, [["bbbb", "ddd", "aa", "c", "e"]]);
  assert.deepEqual(await lane.submit([]), []);
});

Deno.test("lane: a request larger than a step is split, an item larger than one goes alone, and others need not wait for all of it", async () => {
  const { lane, steps, letGo } = texts({ batchTokens: 4, batchItems: 3 });
  letGo();
  const done: string[] = [];
  const large = lane.submit(["aa", "bb", "cccccc", "d", "e", "f", "g"]).then((results) => {
    done.push("large");
    return results;
  });
  const small = lane.submit(["x"]).then(() => done.push("small"));
  assert.deepEqual(await large, ["AA", "BB", "CCCCCC", "D", "E", "F", "G"]);
  await small;
  assert.deepEqual(steps, [["cccccc"], ["aa", "x"], ["bb", "d", "e"], ["f", "g"]]);
  assert.deepEqual(done, ["small", "large"]);
});

Deno.test("lane: a request that is cancelled leaves the queue, before its step, in it, and with no step done", async () => {
  const { turns, lane, steps, letGo } = texts({ batchItems: 2 });
  const first = new AbortController(), second = new AbortController(), gone = new AbortController();
  const [a, b, c] = [lane.submit(["a", "b", "c"], first.signal), lane.submit(["d"], second.signal), lane.submit(["e"])];
  await turn();
  assert.deepEqual(steps, [["a", "b"]]);
  first.abort(new Error("went away"));
  second.abort(new Error("went away too"));
  await assert.rejects(a, /went away$/);
  await assert.rejects(b, /went away too/);
  assert.equal(turns.waiting, 1);
  letGo();
  assert.deepEqual(await c, ["E"]);
  assert.deepEqual(steps, [["a", "b"], ["e"]]);
  gone.abort(new Error("gone"));
  await assert.rejects(lane.submit(["f"], gone.signal), /gone/);
  assert.equal(turns.waiting, 0);
});

Deno.test("lane: an item that fails fails its own request alone; an outage fails all that are in the step", async () => {
  const bad = texts({
    work(item) {
      if (item === "bad") throw new RangeError("not this one");
      if (item === "lost") throw new DeviceLostError("The GPU was lost.");
      return item;
    },
  });
  bad.letGo();
  const settled = await Promise.allSettled([
    bad.lane.submit(["a"]),
    bad.lane.submit(["b", "bad"]),
    bad.lane.submit(["c"]),
  ]);
  assert.deepEqual(settled.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  const lost = await Promise.allSettled([bad.lane.submit(["a"]), bad.lane.submit(["lost"])]);
  assert.deepEqual(lost.map(({ status }) => status), ["rejected", "rejected"]);
  assert.deepEqual(await bad.lane.submit(["d"]), ["d"]);
});

Deno.test("lane: lanes take turns, the one in which a request has waited longest first", async () => {
  const turns = new Turns({ batchTokens: 1, batchItems: 1 }), order: string[] = [];
  const lane = (name: string) =>
    turns.lane({
      tokens: () => 1,
      step: (items: readonly string[]) => Promise.resolve(items.map((item) => order.push(name + item))),
      isOutage: () => false,
    });
  const [a, b] = [lane("a"), lane("b")];
  await Promise.all([a.submit(["1", "2", "3"]), b.submit(["1"]), a.submit(["4"])]);
  assert.deepEqual(order, ["a1", "b1", "a4", "a2", "a3"]);
});
