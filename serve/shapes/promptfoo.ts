import { z } from "zod";
import { promptOf, responseOf } from "../../data/formats/texts.ts";
import type { ScoreRange } from "../../data/scores.ts";
import { Refusal } from "../http/refusal.ts";
import { post } from "../http/route.ts";
import type { ServedScore } from "../model/score_step.ts";
import { refusing } from "../service.ts";
import { chooseMetric, metricParameter, scoreOfShare, shareOf } from "./choose.ts";

const request = z.looseObject({
  output: z.unknown().describe("What was answered: text, messages or any JSON."),
  context: z.looseObject({
    prompt: z.unknown().describe("What was asked: text, or messages, also as JSON text."),
    vars: z.unknown(),
  }).nullish(),
}).meta({ id: "PromptfooRequest" });

const response = z.strictObject({
  pass: z.boolean().describe("True where each metric reaches the threshold."),
  score: z.number().min(0).max(1).describe("The mean of the metrics."),
  reason: z.string(),
  namedScores: z.record(z.string(), z.number().min(0).max(1)),
}).meta({ id: "PromptfooResponse" });

/** Share of the scale from which an answer passes. */
const standardThreshold = 0.5;

/** promptfoo's webhook assertion. @see https://www.promptfoo.dev/docs/configuration/expected-outputs/ */
export const promptfooRoute = post({
  paths: ["/promptfoo"],
  summary: "Judges an answer by one metric or several, in the shape of promptfoo's webhook assertion.",
  query: [
    { ...metricParameter, description: `${metricParameter.description} May be given several times.` },
    { name: "model", description: "Name of a run; the first by default." },
    { name: "threshold", description: `Score, from 0 to 1, from which an answer passes: ${standardThreshold}.` },
  ],
  request,
  response,
  async answer({ service, body, query, ...call }): Promise<z.infer<typeof response>> {
    const threshold = Number(query.get("threshold") || standardThreshold);
    if (!(threshold >= 0 && threshold <= 1)) {
      throw new Refusal(
        400,
        `threshold is ${JSON.stringify(query.get("threshold"))}; a number from 0 to 1 is expected.`,
      );
    }
    const { served, metric } = chooseMetric(service, { model: query.get("model") }, query);
    const named = [...new Set(query.getAll(metricParameter.name))], metrics = named.length > 0 ? named : [metric];
    const { system_prompt: systemPrompt, user_prompt: userPrompt } = refusing(() =>
      promptOf(body.context?.prompt, "context.prompt")
    );
    const output = refusing(() => responseOf(body.output, "output"));
    const wanted = metrics.map((metric) => ({
      record: { metric, systemPrompt, userPrompt, response: output },
      definition: null,
    }));
    const { results } = await service.score(served, wanted, call), { scoreRange } = served.model.run;
    const shares = results.map(({ score }) => shareOf(score, scoreRange));
    return {
      pass: shares.every((share) => share >= threshold),
      score: shares.reduce((sum, share) => sum + share, 0) / shares.length,
      reason: `${results.map((result, i) => reasonOf(metrics[i]!, result, scoreRange)).join("; ")}; ` +
        `${figure(scoreOfShare(threshold, scoreRange))} is needed`,
      namedScores: Object.fromEntries(shares.map((share, i) => [metrics[i]!, share])),
    };
  },
});

const figure = (value: number) => String(Number(value.toFixed(2)));

/** "clarity: 7.2 of 0 to 10, between 5.1 and 9". */
function reasonOf(metric: string, { score, interval }: ServedScore, [low, high]: ScoreRange): string {
  const between = interval ? `, between ${figure(interval[0])} and ${figure(interval[1])}` : "";
  return `${metric}: ${figure(score)} of ${low} to ${high}${between}`;
}
