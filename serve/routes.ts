import { get, type Route } from "./http/route.ts";
import { describeRoutes, openApiDocument } from "./http/open_api.ts";
import { healthRoute, infoRoute, metricsRoute, modelsRoute, readyRoute } from "./shapes/about.ts";
import { embeddingsRoute } from "./shapes/embeddings.ts";
import { rewardRoute } from "./shapes/open_rlhf.ts";
import { promptfooRoute } from "./shapes/promptfoo.ts";
import { rerankRoute } from "./shapes/rerank.ts";
import { scoresRoute } from "./shapes/scores.ts";
import { vllmScoreRoute } from "./shapes/vllm_score.ts";

/** The description itself, which is made once it is asked for. */
const openApiRoute = get({
  paths: ["/openapi.json"],
  summary: "This description.",
  response: openApiDocument,
  answer: () => description ??= describeRoutes(routes),
});

let description: unknown;

/** All that can be asked for. */
export const routes: readonly Route[] = [
  scoresRoute,
  vllmScoreRoute,
  rerankRoute,
  embeddingsRoute,
  rewardRoute,
  promptfooRoute,
  modelsRoute,
  infoRoute,
  healthRoute,
  readyRoute,
  metricsRoute,
  openApiRoute,
];
