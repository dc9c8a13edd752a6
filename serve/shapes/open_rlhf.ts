import { z } from "zod";
import { Refusal } from "../http/refusal.ts";
import { post } from "../http/route.ts";
import { choiceFields, chooseMetric, metricParameter, shareOf } from "./choose.ts";

const request = z.looseObject({
  ...choiceFields,
  query: z.union([z.string(), z.array(z.string()).min(1)], { error: "text or a list of texts is" })
    .describe("Prompts with their responses, as the policy's template puts them together."),
  prompts: z.array(z.string()).nullish().describe("The prompts alone, one for each query."),
}).meta({ id: "RewardRequest" });

const response = z.strictObject({
  rewards: z.array(z.number()).describe("On the run's scale."),
  scores: z.array(z.number()).describe("From 0 to 1, for the filter of prompts that are too easy or too hard."),
  extra_logs: z.strictObject({}).describe("What else the training should log: nothing."),
}).meta({ id: "RewardResponse" });

/** The remote reward model of OpenRLHF's `--remote_rm_url`. @see https://openrlhf.readthedocs.io */
export const rewardRoute = post({
  paths: ["/get_reward"],
  summary: "Rewards responses, in OpenRLHF's shape.",
  query: [metricParameter],
  request,
  response,
  async answer({ service, body, query, ...call }): Promise<z.infer<typeof response>> {
    const queries = [body.query].flat(), { prompts } = body;
    if (prompts && prompts.length !== queries.length) {
      throw new Refusal(
        400,
        `prompts has ${prompts.length} texts, but query has ${queries.length}; as many are expected.`,
      );
    }
    const { served, metric } = chooseMetric(service, body, query), { scoreRange } = served.model.run;
    const wanted = queries.map((whole, i) => {
      const userPrompt = prompts?.[i] ?? "";
      const response = whole.startsWith(userPrompt) ? whole.slice(userPrompt.length) : whole;
      return { record: { metric, systemPrompt: null, userPrompt, response }, definition: null };
    });
    const { results } = await service.score(served, wanted, call);
    return {
      rewards: results.map(({ score }) => score),
      scores: results.map(({ score }) => shareOf(score, scoreRange)),
      extra_logs: {},
    };
  },
});
