import type { MetricRecord } from "../../data/records.ts";
import type { SampleRecord } from "../../data/sample/generate.ts";

/** Seed of the sample set that runs train on, whatever their own seed: runs stay comparable. */
export const sampleSeed = 1;

/** A record of the sample set as a file of records would give it. */
export function recordOf({ metric_name, system_prompt, user_prompt, response, score }: SampleRecord): MetricRecord {
  return {
    metric: metric_name,
    systemPrompt: system_prompt,
    userPrompt: user_prompt,
    response,
    score: score === undefined ? null : Number(score),
    extra: {},
  };
}
