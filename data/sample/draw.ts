import type { Philox } from "../../kernels/philox.ts";
import { movesAt, type Quality } from "./qualities.ts";
import {
  type Fit,
  type Kind,
  type Language,
  type LengthLaw,
  metricGivenText,
  plantedValue,
  type World,
} from "./world.ts";

/** The texts of a record, with its metric. */
export interface SampleTexts {
  metric: number;
  systemPrompt: string | null;
  userPrompt: string;
  response: string;
}

/** What the generator planted in a record; never written to a file. */
export interface Planted {
  /** Index of the metric the text was written for. */
  textMetric: number;
  /** How the record's metric stands to it. */
  fit: Fit;
  /** Index of the answer's quality. */
  quality: number;
  /** Index of the prompt's language. */
  promptLanguage: number;
  /** Index of the response's language. */
  responseLanguage: number;
  /** The planted value before the judge's noise. */
  value: number;
  /** The planted value with the judge's noise. */
  noisy: number;
  /** Number of sentences that were written from a topic (all but copies of the prompt). */
  sentences: number;
  /** How many of these belong to another family than their text. */
  foreign: number;
}

/** Sums of weights, each from the first on. */
function endsOf(weights: ArrayLike<number>): Float64Array {
  const ends = new Float64Array(weights.length);
  let sum = 0;
  for (let i = 0; i < ends.length; i++) ends[i] = sum += weights[i]!;
  return ends;
}

const known = new WeakMap<ArrayLike<number>, Float64Array>();

/** The same for weights that are drawn from often. */
function keptEnds(weights: ArrayLike<number>): Float64Array {
  let ends = known.get(weights);
  if (!ends) known.set(weights, ends = endsOf(weights));
  return ends;
}

/** An index drawn by weight, from the sums of the weights, which need not end in 1. */
function choose(random: Philox, ends: Float64Array): number {
  const at = random.uniform() * ends.at(-1)!;
  let low = 0, high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]! > at) high = middle;
    else low = middle + 1;
  }
  // Rounding may lead to the end: the last index that has any weight is taken.
  while (low > 0 && ends[low] === ends[low - 1]) low--;
  return low;
}

/** The number of sentences of a text. */
export function drawLength(random: Philox, { median, deviation, most }: LengthLaw): number {
  const length = Math.round(median * Math.exp(deviation * random.normal()));
  return Math.min(most, Math.max(1, length));
}

/** Index of the first sentence of a response that has gone over to another topic. */
export const driftStart = (sentences: number) => Math.ceil(sentences / 2);

const repeat = (count: number, one: (index: number) => string) => Array.from({ length: count }, (_, i) => one(i));

/** Sentences as a text: a blank line after every fourth. */
const join = (sentences: readonly string[]) =>
  sentences.map((sentence, i) => i === 0 ? sentence : (i % 4 === 0 ? "\n\n" : " ") + sentence).join("");

/** Draws records of a world, one after another, from one random stream each. */
export class RecordSource {
  readonly #weights: number[];
  /** Metric weights outside the family, per family. */
  readonly #outside: number[][];
  readonly #metrics = new Map<string, Float64Array>();

  constructor(readonly world: World) {
    this.#weights = world.metrics.map(({ weight }) => weight);
    this.#outside = world.families.map((_, f) => world.metrics.map(({ family, weight }) => family === f ? 0 : weight));
  }

  /** One record whose metric fits its text or is of a close or a far family. */
  draw(random: Philox, fit: Fit): { texts: SampleTexts; planted: Planted } {
    const { world } = this;
    const textMetric = choose(random, keptEnds(this.#weights));
    const metric = choose(random, keptEnds(this.#metricsFor(textMetric, fit)));
    const quality = choose(random, endsOf(world.qualities.map(({ share }) => share)));
    const promptLanguage = choose(random, endsOf(world.languages.map(({ share }) => share)));
    const writer = new Writer(random, world, this.#outside);

    let systemPrompt: string | null = null;
    if (random.uniform() >= world.systemAbsent) {
      const same = random.uniform() < world.systemSameLanguage;
      const language = world.languages[same ? promptLanguage : this.#otherLanguage(random, promptLanguage)]!;
      const sentences = 1 + random.integer(2);
      systemPrompt = join(repeat(sentences, () => writer.sentence(language, "system", textMetric)));
    }

    const asked = drawLength(random, world.promptLength);
    const prompt = repeat(asked, () => writer.sentence(world.languages[promptLanguage]!, "ask", textMetric));

    const how = world.qualities[quality]!;
    const responseLanguage = random.uniform() < how.otherLanguage
      ? this.#otherLanguage(random, promptLanguage)
      : promptLanguage;
    const response = writer.response(world.languages[responseLanguage]!, textMetric, how, prompt);

    const value = plantedValue(world, textMetric, metric, how);
    return {
      texts: { metric, systemPrompt, userPrompt: join(prompt), response: join(response) },
      planted: {
        textMetric,
        fit,
        quality,
        promptLanguage,
        responseLanguage,
        value,
        noisy: value + world.noise * random.normal(),
        sentences: writer.written,
        foreign: writer.foreign,
      },
    };
  }

  #otherLanguage(random: Philox, language: number): number {
    const others = this.world.languages.length - 1;
    return others === 0 ? language : (language + 1 + random.integer(others)) % (others + 1);
  }

  #metricsFor(textMetric: number, fit: Fit): Float64Array {
    const key = `${textMetric} ${fit}`;
    let known = this.#metrics.get(key);
    if (!known) this.#metrics.set(key, known = metricGivenText(this.world, textMetric, fit));
    return known;
  }
}

class Writer {
  written = 0;
  foreign = 0;

  constructor(readonly random: Philox, readonly world: World, readonly outside: readonly number[][]) {}

  /** A sentence about the metric, or, with `foreignShare`, about one of another family; no word comes twice. */
  sentence(language: Language, kind: Kind, metric: number): string {
    const { random, world } = this;
    const foreign = random.uniform() < world.foreignShare;
    if (foreign) metric = choose(random, keptEnds(this.outside[world.metrics[metric]!.family]!));
    this.written++;
    if (foreign) this.foreign++;
    const templates = language.templates[kind];
    const template = templates[random.integer(templates.length)]!;
    const words: number[] = [], ends = keptEnds(language.slot[metric]!);
    let text = template[0]!;
    for (let slot = 1; slot < template.length; slot++) {
      let word = choose(random, ends);
      while (words.includes(word)) word = choose(random, ends);
      words.push(word);
      text += language.words[word]! + template[slot]!;
    }
    return text;
  }

  response(language: Language, textMetric: number, quality: Quality, prompt: readonly string[]): string[] {
    const { random, world } = this;
    const count = drawLength(random, { median: quality.sentences, ...world.responseLength });
    const elsewhere = quality.drifts
      ? choose(random, keptEnds(this.outside[world.metrics[textMetric]!.family]!))
      : textMetric;
    return repeat(count, (i) => {
      const metric = i >= driftStart(count) ? elsewhere : textMetric;
      const moves = movesAt(quality, i, count);
      const move = (Object.keys(moves) as (keyof typeof moves)[])[choose(random, endsOf(Object.values(moves)))]!;
      return move === "echo" ? prompt[random.integer(prompt.length)]! : this.sentence(language, move, metric);
    });
  }
}
