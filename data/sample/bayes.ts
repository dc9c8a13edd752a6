import { driftStart, type SampleTexts } from "./draw.ts";
import { type ParsedSentence, SentenceParser, splitSentences } from "./parse.ts";
import { movesAt } from "./qualities.ts";
import { expectedScore, type ScoreMap } from "./score_map.ts";
import { normalCdf } from "../normal_distribution.ts";
import { type LengthLaw, metricGivenText, plantedValue, type World } from "./world.ts";

/** Probability that a text has this many sentences; the law that `drawLength` draws from. */
export function lengthProbability({ median, deviation, most }: LengthLaw, sentences: number): number {
  const upTo = (bound: number) => normalCdf(Math.log(bound / median) / deviation);
  const below = sentences === 1 ? 0 : upTo(sentences - 0.5);
  return (sentences === most ? 1 : upTo(sentences + 0.5)) - below;
}

/**
 * The best any scorer can do that knows how the sample set is made: E[score | record's metric, texts], exactly.
 *
 * It knows the `World` (priors of text metrics, qualities and languages, templates, the probability of every word in a
 * slot, the share of foreign sentences, how a metric that does not fit is drawn), the map from planted values to
 * scores, the judge's noise, and how many of all records do not fit (0.4 in the test set). It sees a record's texts
 * and its metric, nothing that was planted: it reads the sentences back into templates and words and sums over every
 * text metric, quality, family drifted to and source of each sentence. Numbers of sentences in prompts and the choice of
 * the system prompt's language tell nothing about these and drop out.
 */
export class BayesPredictor {
  readonly #parser: SentenceParser;
  readonly #familyWeight: Float64Array;
  readonly #metricGiven: { fits: Float64Array; misfits: Float64Array }[];
  readonly #lengths: Float64Array[];
  readonly #expected = new Map<number, number>();

  /** @param misfitShare prior probability that a record's metric does not fit its text */
  constructor(readonly world: World, readonly map: ScoreMap, readonly misfitShare: number) {
    this.#parser = new SentenceParser(world);
    this.#familyWeight = Float64Array.from(
      world.families,
      ({ metrics }) => metrics.reduce((sum, m) => sum + world.metrics[m]!.weight, 0),
    );
    this.#metricGiven = world.metrics.map((_, t) => {
      const close = metricGivenText(world, t, "close"), far = metricGivenText(world, t, "far");
      return {
        fits: metricGivenText(world, t, "fits"),
        misfits: close.map((value, m) => world.closeShare * value + (1 - world.closeShare) * far[m]!),
      };
    });
    this.#lengths = world.qualities.map(({ sentences: median }) =>
      Float64Array.from(
        { length: world.responseLength.most + 1 },
        (_, n) => n === 0 ? 0 : lengthProbability({ median, ...world.responseLength }, n),
      )
    );
  }

  /** @returns E[score | metric, texts] */
  predict(texts: SampleTexts): number {
    const { world } = this;
    const prompt = splitSentences(texts.userPrompt);
    const parsedPrompt = prompt.map((sentence) => this.#parser.parse(sentence));
    const system = texts.systemPrompt === null ? [] : splitSentences(texts.systemPrompt);
    const before = this.#logTopic([...parsedPrompt, ...system.map((sentence) => this.#parser.parse(sentence))]);
    const response = this.#response(splitSentences(texts.response), prompt, parsedPrompt[0]!.language);

    const logs = world.metrics.flatMap((_, t) => response.map((logOf) => before[t]! + logOf[t]!));
    const highest = Math.max(...logs);
    let total = 0, weighted = 0;
    world.metrics.forEach(({ weight }, t) => {
      const given = this.#metricGiven[t]!;
      const metricGiven = (1 - this.misfitShare) * given.fits[texts.metric]! +
        this.misfitShare * given.misfits[texts.metric]!;
      world.qualities.forEach((quality, q) => {
        const likelihood = Math.exp(logs[t * world.qualities.length + q]! - highest);
        const joint = weight * quality.share * metricGiven * likelihood;
        total += joint;
        weighted += joint * this.#expectedScore(t, texts.metric, q);
      });
    });
    return weighted / total;
  }

  /** log P(response | text metric, quality) up to a constant, [qualities][metrics]. */
  #response(sentences: string[], prompt: string[], promptLanguage: number): Float64Array[] {
    const { world } = this;
    const copies = sentences.map((sentence) => prompt.filter((asked) => asked === sentence).length / prompt.length);
    const parsed = sentences.map((sentence, i) => copies[i]! > 0 ? null : this.#parser.parse(sentence));
    const written = (from: number, to: number) => parsed.slice(from, to).filter((sentence) => sentence !== null);
    const start = driftStart(sentences.length);
    const first = this.#logTopic(written(0, start));
    const second = this.#logTopic(written(start, sentences.length));
    const drifted = this.#logDrifted(second);
    const language = written(0, sentences.length)[0]?.language;

    return world.qualities.map((quality, q) => {
      let log = Math.log(this.#lengths[q]![sentences.length]!);
      if (language !== undefined && world.languages.length > 1) {
        const other = quality.otherLanguage / (world.languages.length - 1);
        log += Math.log(language === promptLanguage ? 1 - quality.otherLanguage : other);
      }
      parsed.forEach((sentence, i) => {
        const moves = movesAt(quality, i, sentences.length);
        log += Math.log(sentence === null ? moves.echo * copies[i]! : moves[sentence.kind as keyof typeof moves]);
      });
      return first.map((value, t) => value + log + (quality.drifts ? drifted[t]! : second[t]!));
    });
  }

  /** Log-probability of the sentences' words for each metric the text may be about, [metrics]. */
  #logTopic(sentences: readonly ParsedSentence[]): Float64Array {
    const { world } = this;
    const log = new Float64Array(world.metrics.length);
    for (const { language, readings } of sentences) {
      const { slot } = world.languages[language]!;
      const likelihood = Float64Array.from(
        slot,
        (row) => readings.reduce((sum, words) => sum + wordsProbability(row, words), 0),
      );
      const foreign = this.#outside(likelihood);
      world.metrics.forEach(({ family }, t) =>
        log[t]! += Math.log((1 - world.foreignShare) * likelihood[t]! + world.foreignShare * foreign[family]!)
      );
    }
    return log;
  }

  /** Log of the average over the metrics a response may have drifted to, for each text metric, [metrics]. */
  #logDrifted(second: Float64Array): Float64Array {
    const highest = Math.max(...second);
    const outside = this.#outside(second.map((value) => Math.exp(value - highest)));
    return Float64Array.from(this.world.metrics, ({ family }) => Math.log(outside[family]!) + highest);
  }

  /** Weighted mean of a value over the metrics outside each family, [families]. */
  #outside(values: Float64Array): Float64Array {
    const { metrics, families } = this.world;
    const inside = new Float64Array(families.length);
    metrics.forEach(({ family, weight }, m) => inside[family]! += weight * values[m]!);
    const total = inside.reduce((sum, value) => sum + value, 0);
    const weight = this.#familyWeight.reduce((sum, value) => sum + value, 0);
    return inside.map((value, f) => Math.max(0, total - value) / (weight - this.#familyWeight[f]!));
  }

  #expectedScore(textMetric: number, metric: number, quality: number): number {
    const { world, map } = this;
    const value = plantedValue(world, textMetric, metric, world.qualities[quality]!);
    let expected = this.#expected.get(value);
    if (expected === undefined) this.#expected.set(value, expected = expectedScore(map, value, world.noise));
    return expected;
  }
}

/** Probability of words drawn one after another from a row, none of them twice. */
export function wordsProbability(row: Float64Array, words: readonly number[]): number {
  let probability = 1, left = 1;
  for (const word of words) {
    probability *= row[word]! / left;
    left -= row[word]!;
  }
  return probability;
}
