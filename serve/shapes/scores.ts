import { z } from "zod";
import { parseRecord } from "../../data/records.ts";
import { post } from "../http/route.ts";
import { refusing } from "../service.ts";
import { chooseRun } from "./choose.ts";

const text = z.string().nullish();

const record = z.looseObject({
  metric_name: z.string().min(1).describe("The metric that the response is judged by."),
  metric_definition: text.describe("What it means, where the run does not know it; its name by default."),
  system_prompt: text,
  user_prompt: text.describe("What was asked."),
  prompt: text.describe("The same as user_prompt."),
  response: text.describe("What is judged."),
  expected_response: text.describe("The same as response."),
}).describe("A record, in the fields that files of records have; others are passed over.");

const request = z.looseObject({
  model: z.string().nullish().describe("Name of a run; the first by default."),
  records: z.array(record).min(1),
}).meta({ id: "ScoresRequest" });

const score = z.strictObject({
  score: z.number().describe("On the scale."),
  standard_deviation: z.number().nullable().describe("As the model gives it; null where it gives none."),
  interval: z.tuple([z.number(), z.number()]).nullable().describe("Holds such a share of the true scores."),
  fit: z.number().min(0).max(1).nullable().describe(
    "Probability that the metric fits the texts; null where no fit model judges it.",
  ),
  unseen_metric: z.boolean().describe("True where training lacked the metric."),
});

const response = z.strictObject({
  model: z.string(),
  scale: z.tuple([z.number(), z.number()]).describe("The lowest and the highest score."),
  interval_share: z.number().nullable().describe("Share of the true scores that intervals hold; null without any."),
  scores: z.array(score).describe("One for each record, in their order."),
  usage: z.strictObject({ tokens: z.int().describe("About how many tokens the records have.") }),
}).meta({ id: "ScoresResponse" });

/** The service's own route: records in, scores out. */
export const scoresRoute = post({
  paths: ["/v1/scores"],
  summary: "Scores records.",
  request,
  response,
  async answer({ service, body, ...call }): Promise<z.infer<typeof response>> {
    const { name, served } = chooseRun(service, body.model), { run, level } = served.model;
    const wanted = body.records.map((fields, i) => ({
      record: refusing(() => parseRecord(fields, `Record ${i + 1}`, "ignored")),
      definition: fields.metric_definition || null,
    }));
    const { results, tokens } = await service.score(served, wanted, call);
    return {
      model: name,
      scale: [run.scoreRange[0], run.scoreRange[1]],
      interval_share: level,
      scores: results.map(({ score, standardDeviation, interval, fit }, i) => ({
        score,
        standard_deviation: standardDeviation,
        interval: interval && [interval[0], interval[1]],
        fit,
        unseen_metric: !run.trained.has(wanted[i]!.record.metric),
      })),
      usage: { tokens },
    };
  },
});
