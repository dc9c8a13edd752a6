import { drawRows } from "../pairs/negatives.ts";
import { Philox } from "../../kernels/philox.ts";
import type { MetricRecord } from "../records.ts";

/** Whether a response does what its metric asks for. */
export const behaviours = ["compliant", "non-compliant"] as const;
/** Name of whether a response does what its metric asks for. */
export type Behaviour = (typeof behaviours)[number];

/** What a language model is asked: to write records under a metric. A line of a file of prompts. */
export interface SyntheticPrompt {
  readonly metric_name: string;
  readonly behaviour: Behaviour;
  /** As chat completions take them. */
  readonly messages: readonly { readonly role: "system" | "user"; readonly content: string }[];
}

/** Scores that a reply's records may have, by behaviour. */
export const behaviourScores: Record<Behaviour, readonly [lowest: number, highest: number]> = {
  compliant: [8, 10],
  "non-compliant": [0, 5],
};

const promptStream = 0x11a6;

/**
 * Two prompts a metric, for records that do what it asks for and for such that do not, each with some train records as
 * examples.
 *
 * @param records train records alone, so that no validation text is shown to a model that writes train rows
 * @param options.samples records that a reply should hold
 * @param options.examples records shown
 * @see document 001, section 2
 */
export function syntheticPrompts(
  metrics: readonly string[],
  records: readonly MetricRecord[],
  { samples, examples, seed }: { readonly samples: number; readonly examples: number; readonly seed: number },
): SyntheticPrompt[] {
  const random = new Philox(seed, promptStream);
  const byMetric = Map.groupBy(records, ({ metric }) => metric);
  return metrics.flatMap((metric) => {
    const known = byMetric.get(metric) ?? [];
    const shown = drawRows(known.length, Math.min(examples, known.length), random).map((row) => known[row]!);
    return behaviours.map((behaviour) => ({
      metric_name: metric,
      behaviour,
      messages: [{ role: "user" as const, content: content(metric, behaviour, shown, samples) }],
    }));
  });
}

function content(metric: string, behaviour: Behaviour, examples: readonly MetricRecord[], samples: number): string {
  const [lowest, highest] = behaviourScores[behaviour];
  const words = metric.replaceAll("/", ": ").replaceAll(/_+/g, " ");
  const does = behaviour === "compliant"
    ? "do well what the metric asks for"
    : "fail at what the metric asks for, each in another way";
  const shown = examples.map(({ systemPrompt, userPrompt, response, score }) =>
    JSON.stringify({ system_prompt: systemPrompt, user_prompt: userPrompt, response, score })
  );
  return [
    `A judge scores responses of an assistant from 0 to 10 under the metric "${words}".`,
    ...(shown.length > 0 ? [`Records that were judged under it:\n${shown.join("\n")}`] : []),
    `Write ${samples} new records whose responses ${does}, with scores from ${lowest} to ${highest}, in the languages ` +
    "of the records above or in any others. Answer with nothing but a JSON array of objects with the fields " +
    "system_prompt (text or null), user_prompt (text), response (text) and score (a number).",
  ].join("\n\n");
}
