import bengali from "./words_bengali.json" with { type: "json" };
import english from "./words_english.json" with { type: "json" };
import hindi from "./words_hindi.json" with { type: "json" };
import nepali from "./words_nepali.json" with { type: "json" };
import tamil from "./words_tamil.json" with { type: "json" };
import metricNames from "./metric_names.json" with { type: "json" };
import metricStatistics from "./metric_statistics.json" with { type: "json" };
import { FAMILY_GROUPS } from "./families.ts";
import { QUALITIES, type Quality } from "./qualities.ts";

/** What a sentence template is for. */
export type Kind = "system" | "ask" | "answer" | "vague" | "rude" | "refusal" | "closing";

/** The literal pieces of a sentence around its slots: n + 1 pieces for n slots. */
export type Template = readonly string[];

/** A metric of the sample set; `weight` is its share of the records, `offset` what it adds to planted values. */
export interface WorldMetric {
  readonly name: string;
  readonly family: number;
  readonly weight: number;
  readonly offset: number;
}

/** Metrics that share a topic. Families of one group are close. */
export interface Family {
  readonly name: string;
  readonly group: string;
  readonly metrics: readonly number[];
}

/** Templates and words of one language, with the probability of each word in a slot, per metric. */
export interface Language {
  readonly name: string;
  /** Probability that a prompt is in this language. */
  readonly share: number;
  readonly templates: Readonly<Record<Kind, readonly Template[]>>;
  readonly words: readonly string[];
  /** `slot[metric][word]`: probability of the word in a slot of a sentence about the metric; rows sum to 1. */
  readonly slot: readonly Float64Array[];
}

/** A number of sentences: exp(N(ln median, deviation²)) rounded, held to 1 .. most. */
export interface LengthLaw {
  readonly median: number;
  readonly deviation: number;
  readonly most: number;
}

/** The generator's whole probability model. Everything the Bayes predictor knows stands here. */
export interface World {
  readonly metrics: readonly WorldMetric[];
  readonly families: readonly Family[];
  readonly languages: readonly Language[];
  readonly qualities: readonly Quality[];
  /** Probability that a sentence belongs to another family than its text. */
  readonly foreignShare: number;
  /** Probability that a fitting record carries another metric of the text's own family. */
  readonly siblingShare: number;
  /** Share of the metrics that do not fit that come from a close family. */
  readonly closeShare: number;
  /** Probability that a record has no system prompt, and that a system prompt is in the prompt's language. */
  readonly systemAbsent: number;
  readonly systemSameLanguage: number;
  readonly promptLength: LengthLaw;
  /** Its median is the quality's. */
  readonly responseLength: Omit<LengthLaw, "median">;
  /** Planted values before quality, by how the record's metric stands to the text. */
  readonly fitValue: Readonly<Record<Relation, number>>;
  /** How much of a quality's effect is left where the metric does not fit. */
  readonly misfitQualityWeight: number;
  /** Standard deviation of the judge's noise on planted values. */
  readonly noise: number;
}

/** How a record's metric stands to the metric its text was written for. */
export type Relation = "exact" | "sibling" | "close" | "far";

/** Share of slots that take a topic word of the sentence's family; the others take a general word. */
export const TOPIC_SHARE = 0.35;
/** How much likelier a metric's own words are than the other words of its family. */
const EMPHASIS = 4;
const MEAN_OF_MEANS = 9.12;

interface Words {
  language: string;
  templates: Record<Kind, string[]>;
  general: string[];
  shared: Record<string, string[]>;
  families: Record<string, string[]>;
}

const LANGUAGES: readonly [Words, number][] = [[english, 0.27], [hindi, 0.28], [tamil, 0.16], [bengali, 0.17], [
  nepali,
  0.12,
]];

const mainOf = (name: string) => name.split("/")[0]!;

function places(): { metrics: WorldMetric[]; families: Family[] } {
  const families: Family[] = [];
  const metrics: WorldMetric[] = [];
  const familyOf = new Map<string, number>();
  for (const [group, members] of Object.entries(FAMILY_GROUPS)) {
    for (const [name, mains] of Object.entries(members)) {
      for (const main of mains) familyOf.set(main, families.length);
      const own = metricNames.flatMap((metric, index) => mains.includes(mainOf(metric)) ? [index] : []);
      families.push({ name, group, metrics: own });
    }
  }
  const rows = Object.values(metricStatistics).reduce((sum, { count }) => sum + count, 0);
  const statistics = metricStatistics as Record<string, { count: number; mean: number }>;
  for (const name of metricNames) {
    const main = mainOf(name);
    const { count, mean } = statistics[main]!;
    const parts = metricNames.filter((other) => mainOf(other) === main).length;
    metrics.push({ name, family: familyOf.get(main)!, weight: count / parts / rows, offset: mean - MEAN_OF_MEANS });
  }
  return { metrics, families };
}

function language(source: Words, share: number, metrics: readonly WorldMetric[], families: readonly Family[]) {
  const words = [...source.general, ...Object.values(source.shared).flat(), ...Object.values(source.families).flat()];
  const position = new Map(words.map((word, index) => [word, index]));
  const slot = metrics.map((metric, index) => {
    const { name, group, metrics: siblings } = families[metric.family]!;
    const topic = [...source.shared[group]!, ...source.families[name]!];
    const place = siblings.indexOf(index);
    // A metric that has sub-metrics covers the whole family; each other one has every n-th of its words.
    const whole = metrics.some((other) => other.name.startsWith(`${metric.name}/`));
    const weights = topic.map((_, i) => !whole && i % siblings.length === place ? EMPHASIS : 1);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const row = new Float64Array(words.length);
    for (const word of source.general) row[position.get(word)!] = (1 - TOPIC_SHARE) / source.general.length;
    topic.forEach((word, i) => row[position.get(word)!] = TOPIC_SHARE * weights[i]! / total);
    return row;
  });
  const split = (templates: string[]) => templates.map((template) => template.split("{}"));
  const templates = {
    system: split(source.templates.system),
    ask: split(source.templates.ask),
    answer: split(source.templates.answer),
    vague: split(source.templates.vague),
    rude: split(source.templates.rude),
    refusal: split(source.templates.refusal),
    closing: split(source.templates.closing),
  };
  return { name: source.language, share, templates, words, slot };
}

let built: World | undefined;

/** The sample set's world: the 145 real metric names in their families, five languages, eight qualities. */
export function sampleWorld(): World {
  if (built) return built;
  const { metrics, families } = places();
  return built = {
    metrics,
    families,
    languages: LANGUAGES.map(([source, share]) => language(source, share, metrics, families)),
    qualities: QUALITIES,
    foreignShare: 0.2,
    siblingShare: 0.15,
    closeShare: 0.4,
    systemAbsent: 1 / 3,
    systemSameLanguage: 0.7,
    promptLength: { median: 2, deviation: 0.8, most: 24 },
    responseLength: { deviation: 1, most: 160 },
    fitValue: { exact: 9, sibling: 8.4, close: 2.6, far: 0.6 },
    misfitQualityWeight: 0.2,
    noise: 0.7,
  };
}

/** How a record's metric stands to the metric its text was written for. */
export function relation(world: World, textMetric: number, metric: number): Relation {
  if (textMetric === metric) return "exact";
  const text = world.metrics[textMetric]!.family, own = world.metrics[metric]!.family;
  if (text === own) return "sibling";
  return world.families[text]!.group === world.families[own]!.group ? "close" : "far";
}

/** The planted value of a record, before the judge's noise. */
export function plantedValue(world: World, textMetric: number, metric: number, quality: Quality): number {
  const { family, offset } = world.metrics[metric]!;
  const how = relation(world, textMetric, metric);
  const effect = quality.effect * (quality.weighedBy[world.families[family]!.name] ?? 1);
  if (how === "close" || how === "far") return world.fitValue[how] + world.misfitQualityWeight * quality.effect;
  return world.fitValue[how] + offset + effect;
}

/** Whether a record's metric fits its text; one that does not is of a close family or of a far one. */
export type Fit = "fits" | "close" | "far";

/**
 * Probability of each metric of a record whose text was written for `textMetric`. Where it fits: the same metric, or with
 * `siblingShare` another of its family; where it does not: any metric of the close, or of the far, families. By
 * frequency each time.
 *
 * @returns probabilities, [metrics]
 */
export function metricGivenText(world: World, textMetric: number, fit: Fit): Float64Array {
  const how = fit === "fits" ? "sibling" : fit;
  const result = Float64Array.from(
    world.metrics,
    ({ weight }, metric) => relation(world, textMetric, metric) === how ? weight : 0,
  );
  const total = result.reduce((sum, weight) => sum + weight, 0);
  const share = fit === "fits" && total > 0 ? world.siblingShare : 1;
  result.forEach((weight, metric) => result[metric] = total > 0 ? share * weight / total : 0);
  if (fit === "fits") result[textMetric] = total > 0 ? 1 - share : 1;
  return result;
}
