import assert from "node:assert/strict";
import { asking, fakeModel, fakeScore, fakeService } from "./fake_service.ts";

const service = fakeService([fakeModel("tiny"), fakeModel("open", {}, true)]);
const { post } = asking(service);

/** What the fake run makes of a record, on its scale from 1 to 5. */
function scoreOf(metric: string, userPrompt: string, response: string, definition: string | null = null): number {
  const record = { metric, systemPrompt: null, userPrompt, response, score: null, extra: {} };
  return fakeScore({ record, definition }).score;
}
const shareOf = (metric: string, prompt: string, response: string) => (scoreOf(metric, prompt, response) - 1) / 4;

/** A text without what differs from answer to answer. */
const plain = (text: string) =>
  JSON.parse(text.replace(/"(rerank|score)-[\w-]{36}"/, '"$1-id"').replace(/"created":\d+/, '"created":0'));

const query = "What is asked?", documents = ["Short.", "An answer of some more words.", "Mid-sized."];

Deno.test("shapes: records come back in their order with score, standard deviation, interval, fit and scale", async () => {
  const records = [
    { metric_name: "tone", system_prompt: null, user_prompt: "a", response: "bcd", id: 7 },
    { metric_name: "clarity", prompt: "ab", expected_response: "" },
  ];
  const { text } = await post("/v1/scores", { records });
  const score = (value: number, unseen_metric: boolean) => ({
    ...{ score: value, standard_deviation: 0.5, interval: [value - 0.5, value + 0.5], fit: 0.75, unseen_metric },
  });
  assert.deepEqual(JSON.parse(text), {
    ...{ model: "tiny", scale: [1, 5], interval_share: 0.9 },
    scores: [score(scoreOf("tone", "a", "bcd"), true), score(scoreOf("clarity", "ab", ""), false)],
    usage: { tokens: 3 },
  });
});

Deno.test("shapes: a metric that the run does not know is scored by its definition, else by its name", async () => {
  const texts = { prompt: "a", response: "b" };
  const records = [
    { metric_name: "new", metric_definition: "what is new", ...texts },
    { metric_name: "new", ...texts },
    { metric_name: "tone", metric_definition: "is known", ...texts },
  ];
  const { json } = await post("/v1/scores", { model: "open", records });
  const named = (definition: string) => scoreOf(JSON.stringify(["new", definition]), "a", "b", definition);
  assert.deepEqual(json.scores.map(({ score }) => score), [
    named("what is new"),
    named("new"),
    scoreOf("tone", "a", "b"),
  ]);
});

Deno.test("shapes: vLLM's score API, one prompt for all or one for each, under each of its names, as a share or on the scale", async () => {
  // As `curl` in vLLM's documentation has it, with the metric behind the run's name.
  const { text } = await post("/v1/score", {
    model: "tiny:tone",
    encoding_format: "float",
    text_1: query,
    text_2: documents,
  });
  const shares = documents.map((document) => shareOf("tone", query, document));
  assert.deepEqual(plain(text), {
    ...{ id: "score-id", object: "list", created: 0, model: "tiny" },
    data: shares.map((score, index) => ({ index, object: "score", score })),
    usage: { prompt_tokens: 25, total_tokens: 25 },
  });
  const scores = async (body: object) => (await post("/score?metric=tone", body)).json.data.map(({ score }) => score);
  assert.deepEqual(await scores({ queries: [query], documents }), shares);
  assert.deepEqual(await scores({ data_1: { content: [{ type: "text", text: query }] }, data_2: documents }), shares);
  assert.deepEqual(await scores({ queries: ["a", "b"], items: ["c", { text: "d" }] }), [
    shareOf("tone", "a", "c"),
    shareOf("tone", "b", "d"),
  ]);
  assert.deepEqual(await scores({ text_1: "a", text_2: "b", use_activation: false }), [scoreOf("tone", "a", "b")]);
});

const ranked = (metric: string) =>
  documents.map((text, index) => ({ index, relevance_score: shareOf(metric, query, text), document: { text } }))
    .sort((a, b) => b.relevance_score - a.relevance_score);

Deno.test("shapes: rerank as litellm, cohere, Jina and vLLM ask for it", async () => {
  // As litellm 1.110.2 sends it for hosted_vllm/tiny.
  const body = { model: "tiny", query, top_n: 2, documents, return_documents: true, instruction: "tone" };
  assert.deepEqual(plain((await post("/rerank", body)).text), {
    ...{ id: "rerank-id", model: "tiny", results: ranked("tone").slice(0, 2) },
    usage: { prompt_tokens: 25, total_tokens: 25 },
    meta: { api_version: { version: "1" }, billed_units: { search_units: 1 } },
  });
  // As cohere 7.3.1 sends it, by Client and by ClientV2.
  for (const path of ["/v1/rerank", "/v2/rerank"]) {
    const { text } = await post(path, { model: "tiny:clarity", query, documents });
    assert.deepEqual(plain(text).results, ranked("clarity"));
    assert.equal(plain(text).meta.api_version.version, path[2]);
  }
  const results = async (more: object) =>
    plain((await post("/v1/rerank", { model: "tiny", query, documents, ...more })).text).results;
  // vLLM's extra parameters; Cohere's and Jina's documents may be objects.
  const kwargs = { chat_template_kwargs: { instruction: "tone" }, top_n: 0, truncate_prompt_tokens: -1 };
  assert.deepEqual(await results(kwargs), ranked("tone"));
  assert.deepEqual(await results({ metric: "tone", documents: documents.map((text) => ({ text })) }), ranked("tone"));
  assert.deepEqual(
    await results({ instruction: "tone", return_documents: false }),
    ranked("tone").map(({ index, relevance_score }) => ({ index, relevance_score })),
  );
});

Deno.test("shapes: rerank as text-embeddings-inference has it is a bare list", async () => {
  const body = { query, texts: documents, truncate: true };
  const rank = async (more: object) => JSON.parse((await post("/rerank?metric=tone", { ...body, ...more })).text);
  const short = ranked("tone").map(({ index, relevance_score: score }) => ({ index, score }));
  assert.deepEqual(await rank({}), short);
  assert.deepEqual(
    await rank({ raw_scores: true, return_text: true }),
    short.map(({ index }) => ({ index, score: scoreOf("tone", query, documents[index]!), text: documents[index] })),
  );
});

Deno.test("shapes: embeddings as OpenAI's clients ask for them, as numbers and packed", async () => {
  // As openai 3.57.0 and litellm 1.110.2 send it.
  const packed = await post("/v1/embeddings", { model: "tiny", input: ["one", "three"], encoding_format: "base64" });
  const plain = await post("/v1/embeddings", { model: "tiny", input: "one" });
  const bytes = Uint8Array.fromBase64(packed.json.data[1]!.embedding as string);
  assert.deepEqual([...new Float32Array(bytes.buffer)], [5, 0.5]);
  assert.deepEqual(JSON.parse(plain.text), {
    ...{ object: "list", model: "tiny", usage: { prompt_tokens: 1, total_tokens: 1 } },
    data: [{ object: "embedding", index: 0, embedding: [3, 0.5] }],
  });
  const { status, json } = await post("/v1/embeddings", { input: "one", dimensions: 3 });
  assert.deepEqual([status, json.error.message], [400, "dimensions is 3; 2 is expected of tiny."]);
  const { json: none } = await asking(fakeService([fakeModel("a", { dimension: null })])).post("/v1/embeddings", {
    input: "one",
  });
  assert.equal(none.error.message, "a has no encoder of texts.");
});

Deno.test("shapes: OpenRLHF's rewards are on the run's scale, of the answer behind the prompt where that is sent", async () => {
  const reward = async (body: object) => (await post("/get_reward?metric=tone", body)).text;
  const whole = ["<q>one</q> yes", "<q>two</q> no"];
  // As remote_rm_fn of OpenRLHF sends it, now and before it sent prompts.
  const body = { query: whole, prompts: ["<q>one</q>", "<q>two</q>"], labels: ["", ""] };
  const rewards = [scoreOf("tone", "<q>one</q>", " yes"), scoreOf("tone", "<q>two</q>", " no")];
  const scores = rewards.map((score) => (score - 1) / 4);
  assert.deepEqual(JSON.parse(await reward(body)), { rewards, scores, extra_logs: {} });
  assert.deepEqual(JSON.parse(await reward({ query: whole })).rewards, whole.map((text) => scoreOf("tone", "", text)));
});

Deno.test("shapes: promptfoo's webhook passes where each metric reaches the threshold, and understands chat prompts", async () => {
  const judge = async (search: string, body: object) => JSON.parse((await post(`/promptfoo?${search}`, body)).text);
  // As promptfoo 0.120.27 sends it.
  const body = { output: "yes", context: { prompt: "one", vars: { question: "one" } } };
  const [tone, clarity] = [shareOf("tone", "one", "yes"), shareOf("clarity", "one", "yes")];
  const score = 4 * tone + 1, figure = (value: number) => Number(value.toFixed(2));
  assert.deepEqual(await judge("metric=tone", body), {
    ...{ pass: tone >= 0.5, score: tone, namedScores: { tone } },
    reason: `tone: ${figure(score)} of 1 to 5, between ${figure(score - 0.5)} and ${figure(score + 0.5)}; 3 is needed`,
  });
  const both = await judge(`metric=tone&metric=clarity&threshold=${Math.max(tone, clarity)}`, body);
  assert.deepEqual([both.pass, both.score, both.namedScores], [false, (tone + clarity) / 2, { tone, clarity }]);
  assert.equal((await judge("metric=tone&threshold=0", body)).pass, true);
  const chat = JSON.stringify([{ role: "user", content: "one" }]);
  assert.equal((await judge("metric=tone", { output: "yes", context: { prompt: chat, vars: {} } })).score, tone);
  const { error } = await judge("metric=tone&threshold=2", body);
  assert.equal(error.message, 'threshold is "2"; a number from 0 to 1 is expected.');
});

Deno.test("shapes: a service tells of its runs, also as models of OpenAI", async () => {
  const { get } = asking(service), { runs, limits } = JSON.parse((await get("/info")).text);
  assert.deepEqual(runs[0], {
    ...{ name: "tiny", kind: "run", recipe: "bilinear", scale: [1, 5], interval_share: 0.9 },
    ...{ metrics: ["clarity", "tone"], takes_definitions: false, embedding_dimension: 2 },
  });
  assert.deepEqual([runs[1].takes_definitions, limits.waiting], [true, 4]);
  const models = JSON.parse((await get("/v1/models")).text);
  assert.deepEqual(models.data.map(({ id }: { id: string }) => id), ["tiny", "open"]);
});
