/**
 * How much each word counts as evidence: 1 / (1 + Σ_v c(w, v)²) over all other words v, with c² the squared cosine of the
 * sentences that the two stand in. A word that comes and goes on its own counts as 1; of k words that always stand
 * together, as in a set phrase, each counts as 1/k: together they say no more than one of them.
 *
 * @param sentences different words of each, by number
 * @param words how many there are
 */
export function wordWeights(sentences: readonly (readonly number[])[], words: number): Float64Array {
  const places: number[][] = Array.from({ length: words }, () => []);
  sentences.forEach((sentence, at) => sentence.forEach((word) => places[word]!.push(at)));
  const together = new Float64Array(words);
  return Float64Array.from(places, (own, word) => {
    const met: number[] = [];
    for (const at of own) {
      for (const other of sentences[at]!) {
        if (together[other]!++ === 0) met.push(other);
      }
    }
    let squares = 0;
    for (const other of met) {
      const count = together[other]!;
      // n (n - 1) instead of n², so that to meet once by chance does not count.
      if (other !== word) squares += count * (count - 1) / (own.length * places[other]!.length);
      together[other] = 0;
    }
    return 1 / (1 + squares);
  });
}
