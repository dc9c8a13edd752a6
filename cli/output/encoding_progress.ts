import type { EncodingProgress, Observer } from "../../data/observer.ts";
import { bar, duration } from "./bar.ts";
import type { Terminal } from "./terminal.ts";

/** Least time between two drawings of the progress line, and between two lines where there is no screen. */
const redrawMilliseconds = 100, lineMilliseconds = 30_000;

/**
 * Shows the encoding of texts: on a screen one line that is written over, else a line every half minute; at the end what
 * it came to, where there was anything to encode.
 *
 * @param now a clock in milliseconds
 */
export function createEncodingReporter(
  terminal: Terminal,
  now: () => number = () => performance.now(),
): Required<Pick<Observer, "encoding" | "encoded">> {
  let began = NaN, shownAt = NaN, first: EncodingProgress | null = null, rateFrom = NaN;
  return {
    encoding(progress) {
      const { texts, done, share } = progress;
      if (done === 0) {
        began = shownAt = now();
        first = null;
      } else if (!first) {
        // The first batch waits for the model to be loaded: the rate is counted from its end.
        first = progress;
        rateFrom = now();
      }
      const since = now() - shownAt;
      if (done > 0 && since < (terminal.interactive ? redrawMilliseconds : lineMilliseconds)) return;
      shownAt = now();
      const words = [
        `${done}/${texts} texts encoded ${bar(share)}`,
        ...first ? pace(first, progress, now() - rateFrom) : [],
      ];
      if (terminal.interactive) terminal.status(words);
      else if (done > 0) terminal.note(words.join("  "));
    },
    encoded({ texts, cached, encoded }) {
      terminal.status("");
      if (encoded === 0) return terminal.note(`${texts} different texts, all of them in the cache.`);
      const seconds = (now() - began) / 1000;
      const rate = `${duration(seconds)}, ${number(encoded / seconds)} texts/s`;
      terminal.note(`${texts} different texts: ${cached} in the cache, ${encoded} encoded in ${rate}.`);
    },
  };
}

/** The time left and texts a second; nothing before they can be told. */
function pace(first: EncodingProgress, { done, share }: EncodingProgress, milliseconds: number): string[] {
  const seconds = milliseconds / 1000;
  if (!(seconds > 0) || share <= first.share) return [];
  const left = (1 - share) / (share - first.share) * seconds;
  return [`${duration(left)} left`, `${number((done - first.done) / seconds)} texts/s`];
}

const number = (rate: number) => rate.toFixed(rate < 10 ? 1 : 0);
