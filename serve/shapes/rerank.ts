import { z } from "zod";
import { post } from "../http/route.ts";
import type { Call } from "../http/route.ts";
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

const query = textSchema.describe("The prompt.");

const documentsRequest = z.looseObject({
  ...choiceFields,
  query,
  documents: z.union([textSchema, z.array(textSchema).min(1)], { error: "a list of texts is" })
    .describe("The responses."),
  top_n: z.int().min(0).nullish().describe("How many of the best are answered; all by default, and for 0."),
  return_documents: z.boolean().nullish().describe("false leaves the texts out of the answer."),
  use_activation: z.boolean().nullish().describe("false gives scores on the run's scale instead of from 0 to 1."),
});

/** What text-embeddings-inference takes. */
const textsRequest = z.looseObject({
  ...choiceFields,
  query: z.string(),
  texts: z.array(z.string()).min(1).describe("The responses."),
  raw_scores: z.boolean().nullish().describe("true gives scores on the run's scale instead of from 0 to 1."),
  return_text: z.boolean().nullish().describe("true puts the texts into the answer."),
});

const request = z.union([documentsRequest, textsRequest]).meta({ id: "RerankRequest" });

/** One answer for the clients of Cohere, Jina and vLLM, each of which reads what it knows. */
const documentsResponse = z.strictObject({
  id: z.string(),
  model: z.string(),
  results: z.array(z.strictObject({
    index: z.int().describe("Place of the document in the request."),
    relevance_score: z.number(),
    document: z.strictObject({ text: z.string() }).optional(),
  })).describe("The best first."),
  usage: usageSchema,
  meta: z.strictObject({
    api_version: z.strictObject({ version: z.string() }),
    billed_units: z.strictObject({ search_units: z.int() }),
  }),
});

const textsResponse = z.array(z.strictObject({ index: z.int(), score: z.number(), text: z.string().optional() }));

const response = z.union([documentsResponse, textsResponse]).meta({ id: "RerankResponse" });

/**
 * Reranking: the responses to a prompt, the best first by one metric.
 *
 * @see https://docs.cohere.com/reference/rerank and https://huggingface.github.io/text-embeddings-inference/
 */
export const rerankRoute = post({
  paths: ["/rerank", "/v1/rerank", "/v2/rerank"],
  summary: "Ranks responses to a prompt, in the shapes of Cohere, Jina and vLLM, and of text-embeddings-inference.",
  query: [metricParameter],
  request,
  response,
  async answer({ body, ...call }): Promise<z.infer<typeof response>> {
    if (isTextsRequest(body)) {
      const { ranked } = await rank(body, body.query, body.texts, body.raw_scores === true, call);
      return ranked.map(({ index, score, text }) => ({ index, score, ...(body.return_text ? { text } : {}) }));
    }
    const documents = (Array.isArray(body.documents) ? body.documents : [body.documents]).map(textOf);
    const isRaw = body.use_activation === false;
    const { name, ranked, tokens } = await rank(body, textOf(body.query), documents, isRaw, call);
    return {
      id: answerId("rerank"),
      model: name,
      results: ranked.slice(0, body.top_n || undefined).map(({ index, score, text }) => ({
        index,
        relevance_score: score,
        ...(body.return_documents === false ? {} : { document: { text } }),
      })),
      usage: { prompt_tokens: tokens, total_tokens: tokens },
      meta: {
        api_version: { version: call.path.startsWith("/v2") ? "2" : "1" },
        billed_units: { search_units: 1 },
      },
    };
  },
});

const isTextsRequest = (body: z.infer<typeof request>): body is z.infer<typeof textsRequest> => !("documents" in body);

/** The texts from the best to the worst; those with the same score in their order. */
async function rank(
  choice: z.infer<typeof request>,
  userPrompt: string,
  texts: readonly string[],
  isRaw: boolean,
  { service, query, ...call }: Omit<Call<unknown>, "body">,
) {
  const { name, served, metric } = chooseMetric(service, choice, query);
  const wanted = texts.map((response) => ({
    record: { metric, systemPrompt: null, userPrompt, response },
    definition: null,
  }));
  const { results, tokens } = await service.score(served, wanted, call), { scoreRange } = served.model.run;
  const ranked = results.map(({ score }, index) => ({
    index,
    score: isRaw ? score : shareOf(score, scoreRange),
    text: texts[index]!,
  })).sort((a, b) => b.score - a.score);
  return { name, ranked, tokens };
}
