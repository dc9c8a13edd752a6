import { z } from "zod";
import { fromStandard, type ScoreRange, scoreRange, toStandard } from "../../data/scores.ts";
import { Refusal } from "../http/refusal.ts";
import type { Service, ServiceRun } from "../service.ts";

/** The fields by which a request in another tool's shape names a run and a metric. */
export const choiceFields = {
  model: z.string().nullish().describe("Name of a run, maybe with a metric: a:clarity. The first run by default."),
  instruction: z.string().nullish().describe("The metric: its name, or a text that defines it."),
  metric: z.string().nullish().describe("The same as instruction."),
  chat_template_kwargs: z.looseObject({ instruction: z.string().nullish() }).nullish().describe(
    "The instruction, as clients of vLLM hand it on.",
  ),
};

/** The query parameter that names a metric where a client cannot send more fields. */
export const metricParameter = { name: "metric", description: "The metric: its name, or a text that defines it." };

/** What a request says of its run and its metric. */
export interface Choice {
  readonly model?: string | null | undefined;
  readonly instruction?: string | null | undefined;
  readonly metric?: string | null | undefined;
  readonly chat_template_kwargs?: { readonly instruction?: string | null | undefined } | null | undefined;
}

/** A run, what requests call it, and what stood behind its name. */
export interface ChosenRun {
  readonly name: string;
  readonly served: ServiceRun;
  /** "clarity" of the model "a:clarity"; null where there is none. */
  readonly metric: string | null;
}

/** The run that a request names; the first one where it names none. @throws Refusal 404 */
export function chooseRun({ runs }: Service, model: string | null | undefined): ChosenRun {
  const names = [...runs.keys()], name = model || names[0]!, colon = name.indexOf(":");
  const known = runs.get(name);
  if (known) return { name, served: known, metric: null };
  const run = name.slice(0, colon), suffixed = colon > 0 ? runs.get(run) : undefined;
  if (suffixed) return { name: run, served: suffixed, metric: name.slice(colon + 1) };
  throw new Refusal(404, `No run is called ${JSON.stringify(model)}; ${names.join(", ")} is expected.`);
}

/** The run and the metric that a request in another tool's shape names. @throws Refusal where it names none */
export function chooseMetric(
  service: Service,
  choice: Choice,
  query: URLSearchParams,
): ChosenRun & { readonly metric: string } {
  const chosen = chooseRun(service, choice.model), { metrics } = chosen.served.model.run;
  const [only] = metrics.names;
  const metric = choice.instruction || choice.chat_template_kwargs?.instruction || choice.metric ||
    query.get(metricParameter.name) || chosen.metric || (metrics.names.length === 1 ? only : null);
  if (metric) return { ...chosen, metric };
  const named = only ?? "METRIC";
  throw new Refusal(
    400,
    `The request names no metric; instruction, ?metric=${encodeURIComponent(named)} or the model ` +
      `${JSON.stringify(`${chosen.name}:${named}`)} is expected.`,
  );
}

/** A score of a run as a share of its scale, from 0 to 1. */
export function shareOf(score: number, range: ScoreRange): number {
  return toStandard(score, range) / scoreRange[1];
}

/** The score that a share of a scale stands for. */
export function scoreOfShare(share: number, range: ScoreRange): number {
  return fromStandard(share * scoreRange[1], range);
}

/** A text, or parts of one, as requests in other tools' shapes have it. */
export const textSchema = z.union([
  z.string(),
  z.looseObject({ text: z.string() }),
  z.looseObject({ content: z.array(z.looseObject({ type: z.literal("text"), text: z.string() })) }),
], { error: "text or an object with text is" });

/** The text itself. */
export function textOf(value: z.infer<typeof textSchema>): string {
  if (typeof value === "string") return value;
  if ("text" in value && typeof value.text === "string") return value.text;
  return (value.content as readonly { readonly text: string }[]).map(({ text }) => text).join("\n");
}

/** Tokens as other tools' answers count them. */
export const usageSchema = z.object({ prompt_tokens: z.int(), total_tokens: z.int() });

/** An identifier for an answer. */
export const answerId = (kind: string) => `${kind}-${crypto.randomUUID()}`;
