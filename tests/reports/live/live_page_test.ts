import assert from "node:assert/strict";
import { LivePage } from "../../../reports/live/live_server.ts";
import type { Snapshot } from "../../../reports/live/snapshot.ts";
import { linesOf, readStream, type StreamEvent } from "./read_stream.ts";
import { trainEpochs } from "./training.ts";

const isState = ({ name }: StreamEvent) => name === "state";
const stateOf = (events: readonly StreamEvent[]): Snapshot => JSON.parse(events.findLast(isState)!.data);

/** What a server answers to a request as it is, whose headers no client would let one set. */
async function answerTo(url: string, lines: readonly string[]): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
  await connection.write(new TextEncoder().encode([...lines, "Connection: close", "", ""].join("\r\n")));
  return await new Response(connection.readable).text();
}

Deno.test("watch: a page that comes back is told what it missed, and one of an earlier process begins anew", async () => {
  await using page = LivePage.open("runs/a");
  const say = (text: string) => page.log({ kind: "note", text });
  say("one");
  say("two");
  const first = await readStream(page.url, isState);
  assert.deepEqual(first.map(({ name }) => name), ["begin", "log", "state"]);
  assert.deepEqual(linesOf(first), ["one", "two"]);
  say("three");
  const { id } = first.at(-1)!;
  const again = await readStream(page.url, isState, { "last-event-id": id });
  assert.deepEqual(again.map(({ name }) => name), ["log", "state"]);
  assert.deepEqual(linesOf(again), ["three"]);
  for (const other of ["another-2", "", `${id.split("-")[0]}-x`]) {
    const anew = await readStream(page.url, isState, { "last-event-id": other });
    assert.deepEqual([anew[0]!.name, linesOf(anew)], ["begin", ["one", "two", "three"]], other);
  }
});

Deno.test("watch: an open page is told of what happens, and of the end", async () => {
  const page = LivePage.open("runs/a");
  const connected = Promise.withResolvers<void>();
  const reading = readStream(page.url, () => (connected.resolve(), false));
  await connected.promise;
  await trainEpochs(page.state.train, [3, 2, 2.5]);
  page.log({ kind: "error", text: "a\nb\u202e" });
  await page.close("failed");
  const events = await reading;
  assert.deepEqual(linesOf(events), ["a\nb⟨U+202E⟩"]);
  const { status, over, charts } = stateOf(events);
  assert.deepEqual([over, status.slice(0, 16)], [true, "Training failed;"]);
  assert.deepEqual(charts.map(({ id }) => id), ["rmse", "loss", "learning-rate", "gradient", "speed"]);
  await assert.rejects(fetch(page.url), "nothing listens any more");
});

Deno.test("watch: requests of other origins and under other names are refused, and no answer lets others read it", async () => {
  await using page = LivePage.open("runs/a");
  const host = new URL(page.url).host;
  const get = (...lines: string[]) => answerTo(page.url, ["GET /events HTTP/1.1", ...lines]);
  const status = (answer: string) => Number(answer.split(" ")[1]);
  for (
    const lines of [
      [`Host: evil.example:${new URL(page.url).port}`],
      ["Host: 127.0.0.1"],
      [`Host: ${host}`, "Origin: http://evil.example"],
      [`Host: ${host}`, "Origin: null"],
      [`Host: ${host}`, `Origin: http://localhost:${new URL(page.url).port}`],
      [`Host: ${host}`, "Sec-Fetch-Site: cross-site"],
      [`Host: ${host}`, "Sec-Fetch-Site: same-site"],
    ]
  ) {
    const answer = await get(...lines);
    assert.equal(status(answer), 403, lines.join());
    assert.doesNotMatch(answer, /runs\/a|text\/event-stream/);
  }
  assert.equal(status(await answerTo(page.url, ["POST / HTTP/1.1", `Host: ${host}`, "Content-Length: 0"])), 403);
  for (const path of ["/", "/page.js", "/style.css", "/nothing"]) {
    const response = await fetch(new URL(path, page.url), { headers: { origin: new URL(page.url).origin } });
    assert.equal(response.status, path === "/nothing" ? 404 : 200);
    await response.body!.cancel();
    const names = [...response.headers.keys()];
    assert.deepEqual(names.filter((name) => name.startsWith("access-control")), []);
    assert.match(response.headers.get("content-security-policy")!, /^default-src 'none'; script-src 'self';/);
    assert.equal(response.headers.get("cross-origin-resource-policy"), "same-origin");
  }
});

Deno.test("watch: a port that is taken is refused by name, and passed over where none was named", async () => {
  await using first = LivePage.open("a"), second = LivePage.open("b");
  assert.notEqual(first.url, second.url);
  const port = Number(new URL(first.url).port);
  assert.throws(() => LivePage.open("c", port), {
    name: "UsageError",
    message: `--watch-port ${port} is taken by another program; name another.`,
  });
});
