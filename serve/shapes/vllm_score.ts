import { z } from "zod";
import { Refusal } from "../http/refusal.ts";
import { post } from "../http/route.ts";
import {
  answerId,
  choiceFields,
  chooseMetric,
  metricParameter,
  shareOf,
  textOf,
  textSchema,
  usageSchema,
} from "./choose.ts";

const texts = z.union([textSchema, z.array(textSchema).min(1)], { error: "text or a list of texts is" });

const flag = z.boolean().nullish();

/** The first texts are prompts, the second ones responses; each under the names that vLLM has given them in turn. */
const request = z.looseObject({
  ...choiceFields,
  text_1: texts.optional().describe("A prompt for all responses, or one for each."),
  text_2: texts.optional().describe("The responses."),
  queries: texts.optional().describe("The same as text_1."),
  documents: texts.optional().describe("The same as text_2."),
  items: texts.optional().describe("The same as text_2."),
  data_1: texts.optional().describe("The same as text_1."),
  data_2: texts.optional().describe("The same as text_2."),
  use_activation: flag.describe("false gives scores on the run's scale instead of from 0 to 1."),
  activation: flag.describe("The same, as it was called before."),
  softmax: flag.describe("The same, as it was called before."),
}).meta({ id: "VllmScoreRequest" });

const response = z.strictObject({
  id: z.string(),
  object: z.literal("list"),
  created: z.int().describe("Seconds since 1970."),
  model: z.string(),
  data: z.array(z.strictObject({ index: z.int(), object: z.literal("score"), score: z.number() })),
  usage: usageSchema,
}).meta({ id: "VllmScoreResponse" });

type Texts = z.infer<typeof texts>;

const listOf = (value: Texts) => (Array.isArray(value) ? value : [value]).map(textOf);

/** vLLM's score API. @see https://docs.vllm.ai/en/latest/models/pooling_models/ */
export const vllmScoreRoute = post({
  paths: ["/score", "/v1/score"],
  summary: "Scores responses to prompts, in vLLM's shape.",
  query: [metricParameter],
  request,
  response,
  async answer({ service, body, query, ...call }): Promise<z.infer<typeof response>> {
    const prompts = body.text_1 ?? body.queries ?? body.data_1;
    const responses = body.text_2 ?? body.documents ?? body.items ?? body.data_2;
    if (prompts === undefined || responses === undefined) {
      throw new Refusal(400, "The body lacks text_1 or text_2; a prompt and responses are expected.");
    }
    const asked = listOf(prompts), answered = listOf(responses);
    if (asked.length !== 1 && asked.length !== answered.length) {
      throw new Refusal(
        400,
        `text_1 has ${asked.length} texts, but text_2 has ${answered.length}; one prompt, or one for each, is expected.`,
      );
    }
    const { name, served, metric } = chooseMetric(service, body, query);
    const wanted = answered.map((response, i) => ({
      record: { metric, systemPrompt: null, userPrompt: asked[asked.length === 1 ? 0 : i]!, response },
      definition: null,
    }));
    const { results, tokens } = await service.score(served, wanted, call);
    const isRaw = (body.use_activation ?? body.activation ?? body.softmax) === false;
    const { scoreRange } = served.model.run;
    return {
      id: answerId("score"),
      object: "list",
      created: Math.floor(Date.now() / 1000),
      model: name,
      data: results.map(({ score }, index) => ({
        index,
        object: "score",
        score: isRaw ? score : shareOf(score, scoreRange),
      })),
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    };
  },
});
