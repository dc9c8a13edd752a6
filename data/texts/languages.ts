/** Texts whose word frequencies have at most this cosine are in different languages: topics of one share its small words. */
const mostAlike = 0.5;

/** A language has at least this share of the texts that it is parted from. */
const leastShare = 0.02;

/** Words that may tell where to part texts. */
const frequentWords = 200;

const steps = 20, smoothing = 0.1;

/**
 * Finds the languages of some texts by their words alone: texts are parted in two by a mixture of word frequencies (EM), as
 * long as the parts share few words. Words that never stand in one text, though both are frequent, tell where to begin.
 */
export class Languages {
  /** log of each word's rate in each language, [languages][words]. */
  readonly #logRates: readonly Float64Array[];

  /**
   * @param texts different words of each text, by number
   * @param words how many words there are
   */
  constructor(texts: readonly (readonly number[])[], words: number) {
    this.#logRates = parts(texts, words).map((part) => logRates(part, words));
  }

  /** How many there are. */
  get count(): number {
    return this.#logRates.length;
  }

  /** The language that words are likeliest in, by number. */
  of(words: readonly number[]): number {
    let best = 0, most = -Infinity;
    this.#logRates.forEach((rates, language) => {
      const sum = words.reduce((total, word) => total + rates[word]!, 0);
      if (sum > most) [best, most] = [language, sum];
    });
    return best;
  }
}

type Texts = readonly (readonly number[])[];

/** Texts of one language each. */
function parts(texts: Texts, words: number): Texts[] {
  const halves = halve(texts, words);
  return halves ? halves.flatMap((half) => parts(half, words)) : [texts];
}

/** Texts parted in two languages; null where they are in one. */
function halve(texts: Texts, words: number): [Texts, Texts] | null {
  const seeds = strangers(texts, words);
  if (!seeds) return null;
  let second = Float64Array.from(texts, (text) => {
    const has = seeds.map((seed) => text.includes(seed));
    return has[0] === has[1] ? 0.5 : has[1] ? 1 : 0;
  });
  for (let step = 0; step < steps; step++) {
    const rates = [logRates(texts, words, second.map((weight) => 1 - weight)), logRates(texts, words, second)];
    const share = second.reduce((sum, one) => sum + one, 0) / texts.length;
    second = Float64Array.from(texts, (text) => {
      const logOdds = text.reduce(
        (sum, word) => sum + rates[1]![word]! - rates[0]![word]!,
        Math.log(share / (1 - share)),
      );
      return 1 / (1 + Math.exp(-logOdds));
    });
  }
  const halves: [Texts, Texts] = [texts.filter((_, i) => second[i]! < 0.5), texts.filter((_, i) => second[i]! >= 0.5)];
  const frequencies = halves.map((half) => frequencyOf(half, words));
  const few = halves.some((half) => half.length < leastShare * texts.length);
  return few || cosine(frequencies[0]!, frequencies[1]!) > mostAlike ? null : halves;
}

/** Of the frequent words the two that are missed most in each other's texts; null where none are. */
function strangers(texts: Texts, words: number): [number, number] | null {
  const frequency = frequencyOf(texts, words);
  const frequent = [...frequency.keys()].sort((a, b) => frequency[b]! - frequency[a]! || a - b).slice(0, frequentWords);
  const place = new Map(frequent.map((word, i) => [word, i]));
  const together = frequent.map(() => new Float64Array(frequent.length));
  for (const text of texts) {
    const present = text.flatMap((word) => place.get(word) ?? []);
    for (const a of present) for (const b of present) together[a]![b]!++;
  }
  let most = 0, pair: [number, number] | null = null;
  frequent.forEach((a, i) =>
    frequent.forEach((b, j) => {
      const expected = frequency[a]! * frequency[b]! / texts.length;
      const missed = expected - together[i]![j]!;
      if (together[i]![j]! < 0.3 * expected && missed > most) [most, pair] = [missed, [a, b]];
    })
  );
  return pair;
}

function frequencyOf(texts: Texts, words: number): Float64Array {
  const frequency = new Float64Array(words);
  for (const text of texts) for (const word of text) frequency[word]!++;
  return frequency;
}

/** log of each word's rate in texts. @param weights how much each text counts; by default all count alike */
function logRates(texts: Texts, words: number, weights?: Float64Array): Float64Array {
  const counts = new Float64Array(words).fill(smoothing);
  texts.forEach((text, i) => {
    const weight = weights ? weights[i]! : 1;
    for (const word of text) counts[word]! += weight;
  });
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => Math.log(count / total));
}

function cosine(a: Float64Array, b: Float64Array): number {
  const dot = (x: Float64Array, y: Float64Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / (Math.sqrt(dot(a, a) * dot(b, b)) || 1);
}
