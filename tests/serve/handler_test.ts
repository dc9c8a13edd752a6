import assert from "node:assert/strict";
import { DeviceLostError } from "../../kernels/errors.ts";
import { authorizeBy, readToken } from "../../serve/http/authorize.ts";
import type { ScoreItem } from "../../serve/model/served_run.ts";
import { put, withFolder } from "../temporary.ts";
import { asking, fakeModel, fakeScore, fakeService, requestFor } from "./fake_service.ts";

const one = { records: [{ metric_name: "clarity", prompt: "a secret question", response: "yes" }] };

Deno.test("handler: what is wrong with a request is said in a sentence, with the status for it", async () => {
  const { post, get, handler, errors } = asking(fakeService());
  const refused = async (status: number, message: string, answered: ReturnType<typeof get>) => {
    const { status: found, json } = await answered;
    assert.deepEqual([found, json.error.message, json.error.code], [status, message, status]);
  };
  const records = (fields: object) => post("/v1/scores", { records: [one.records[0], fields] });
  await refused(400, "records is missing; a list is expected.", post("/v1/scores", {}));
  await refused(400, "records is an empty list; at least 1 is expected.", post("/v1/scores", { records: [] }));
  await refused(400, "The body is a list; an object is expected.", post("/v1/scores", [1]));
  await refused(400, "records[1].response is 5; text is expected.", records({ metric_name: "tone", response: 5 }));
  await refused(400, "records[1].metric_name is missing; text is expected.", records({ response: "" }));
  await refused(
    400,
    'Record 2: the metric "tones" has no embedding; the nearest name that has one is "tone".',
    records({ metric_name: "tones" }),
  );
  await refused(404, 'No run is called "b"; a is expected.', post("/v1/scores", { ...one, model: "b" }));
  await refused(
    400,
    'The request names no metric; instruction, ?metric=clarity or the model "a:clarity" is expected.',
    post("/rerank", { query: "?", documents: ["a"] }),
  );
  await refused(
    400,
    "text_1 has 2 texts, but text_2 has 3; one prompt, or one for each, is expected.",
    post("/score?metric=tone", { text_1: ["a", "b"], text_2: ["a", "b", "c"] }),
  );
  await refused(405, "/v1/scores is asked for with POST.", get("/v1/scores"));
  await refused(
    415,
    "The body is not said to be JSON; the header Content-Type: application/json is expected.",
    post("/v1/scores", one, { headers: { "content-type": "text/plain" } }),
  );
  await refused(
    413,
    "The request has 21 records; at most 20 are expected.",
    post("/score?metric=tone", { text_1: "", text_2: Array(21).fill("a") }),
  );
  await refused(
    413,
    "Record 2 has about 1250 tokens; at most 1000 are expected.",
    records({ metric_name: "tone", response: "x".repeat(5000) }),
  );
  await refused(
    413,
    "The body has more than 20000 bytes; send fewer records at once.",
    post("/v1/scores", one, { headers: { "content-length": "20001" } }),
  );
  assert.match((await get("/nowhere")).json.error.message, /^There is nothing at this path; \/v1\/scores, \/score,/);
  const { status, body } = await handler(requestFor("POST", "/v1/scores", { body: "{" }));
  assert.equal(status, 400);
  assert.match(body, /"The body is not JSON: .*\."/);
  assert.deepEqual(errors, []);
});

Deno.test("handler: above so many waiting requests it answers 429 with Retry-After, for one record and for many alike", async () => {
  const open = Promise.withResolvers<void>();
  const service = fakeService([fakeModel("a", {
    score: async (items) => {
      await open.promise;
      return items.map(fakeScore);
    },
  })]);
  const { post, get } = asking(service);
  const many = { records: Array(15).fill(one.records[0]) };
  const waiting = [
    post("/v1/scores", one),
    post("/v1/scores", many),
    post("/v1/scores", many),
    post("/v1/scores", one),
  ];
  for (const body of [one, many]) {
    const { status, headers, json } = await post("/v1/scores", body);
    assert.deepEqual([status, headers["Retry-After"], json.error.type], [429, "1", "rate_limit_error"]);
  }
  assert.match(
    (await get("/metrics")).text,
    /^metrograd_waiting_requests 4\nmetrograd|^metrograd_waiting_requests 4$/m,
  );
  open.resolve();
  assert.deepEqual((await Promise.all(waiting)).map(({ status, json }) => [status, json.scores.length]), [
    [200, 1],
    [200, 15],
    [200, 15],
    [200, 1],
  ]);
  assert.equal((await post("/v1/scores", one)).status, 200);
  const { text } = await get("/metrics");
  assert.match(text, /^metrograd_requests_total\{route="\/v1\/scores",status="429"\} 2$/m);
  assert.match(text, /^metrograd_records_total\{run="a"\} 33$/m);
  assert.match(text, /^metrograd_waiting_records 0$/m);
});

Deno.test("handler: a request whose client goes away is not scored, and the log has it as 499", async () => {
  const steps: (readonly ScoreItem[])[] = [], open = Promise.withResolvers<void>();
  const service = fakeService([fakeModel("a", {
    score: async (items) => {
      steps.push(items);
      await open.promise;
      return items.map(fakeScore);
    },
  })]);
  const { post, lines } = asking(service), gone = new AbortController();
  const first = post("/v1/scores", { records: Array(4).fill(one.records[0]) });
  const second = post("/v1/scores", one, { signal: gone.signal }), third = post("/v1/scores", one);
  await new Promise((resume) => setTimeout(resume, 5));
  gone.abort();
  await second;
  open.resolve();
  assert.deepEqual([(await first).status, (await third).status], [200, 200]);
  assert.deepEqual(steps.map(({ length }) => length), [4, 1]);
  assert.deepEqual(lines.map(({ status }) => status), [499, 200, 200]);
});

Deno.test("handler: the log has a line for each request with nothing of what was sent, unless it was asked for", async () => {
  const { post, get, lines } = asking(fakeService());
  await post("/v1/scores", one, { headers: { "x-request-id": "mine-1" } });
  await post("/v1/scores", { records: [{ metric_name: "secret metric" }] }, {
    headers: { "x-request-id": "a secret" },
  });
  await get("/secret?secret=1");
  assert.deepEqual(lines.map(({ route, status, run, records }) => [route, status, run, records]), [
    ["/v1/scores", 200, "a", 1],
    ["/v1/scores", 400, undefined, undefined],
    ["unknown", 404, undefined, undefined],
  ]);
  assert.equal(lines[0]!.id, "mine-1");
  assert.doesNotMatch(JSON.stringify(lines), /secret/);
  const told = asking(fakeService(), { logBodies: true });
  await told.post("/v1/scores", one);
  assert.deepEqual(told.lines[0]!.body, one);
});

Deno.test("handler: a GPU that is gone is 503 and a bug 500, neither with what the machine says of it", async () => {
  for (
    const [error, status, message] of [
      [new DeviceLostError("The GPU at /dev/secret was lost."), 503, "The GPU is lost."],
      [new TypeError("secret is undefined"), 500, "This is a bug in metrograd; the service's own output says more."],
    ] as const
  ) {
    const { post, errors } = asking(fakeService([fakeModel("a", { score: () => Promise.reject(error) })]));
    const answered = await post("/v1/scores", one);
    assert.deepEqual([answered.status, answered.json.error.message], [status, message]);
    assert.deepEqual(errors, [error]);
  }
});

Deno.test(
  "handler: with a token only health and readiness are open to all; a file without one is refused",
  withFolder(async (folder) => {
    const token = await readToken(await put(folder, "token", "s3cret-token\n"));
    const { post, get } = asking(fakeService(), { authorize: authorizeBy(token) });
    const bearing = (words: string) => ({ headers: { authorization: words } });
    for (const given of [{}, bearing("Bearer s3cret-toke"), bearing("s3cret-token"), bearing("Basic s3cret-token")]) {
      const { status, headers } = await post("/v1/scores", one, given);
      assert.deepEqual([status, headers["WWW-Authenticate"]], [401, "Bearer"]);
      assert.equal((await get("/metrics", given)).status, 401);
      assert.deepEqual([(await get("/health", given)).status, (await get("/ready", given)).status], [200, 200]);
    }
    assert.equal((await post("/v1/scores", one, bearing("bearer s3cret-token"))).status, 200);
    for (const content of ["", "\n", "two words"]) {
      await assert.rejects(readToken(await put(folder, "empty", content)), /empty holds no token; one word/);
    }
    await assert.rejects(readToken(`${folder}/none`), { name: "DataError" });
  }),
);

Deno.test("handler: once it ends it is not ready and takes nothing more", async () => {
  const service = fakeService(), { post, get } = asking(service);
  assert.equal((await get("/ready")).status, 200);
  service.isDraining = true;
  assert.deepEqual([(await get("/ready")).status, (await get("/health")).status], [503, 200]);
  assert.equal((await post("/v1/scores", one)).status, 503);
});
