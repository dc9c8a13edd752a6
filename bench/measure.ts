import type { Engine } from "../engine/engine.ts";
import type { PreparedCase } from "./case.ts";

/** One side of a comparison: does its work `rounds` times, waits for the end, and says how long it took. */
export interface Contender {
  readonly name: string;
  /** @returns milliseconds for all rounds together */
  run(rounds: number): Promise<number>;
}

/** Our side: a prepared case on an engine. */
export function contender(engine: Engine, prepared: PreparedCase): Contender {
  return {
    name: "metrograd",
    async run(rounds) {
      const start = performance.now();
      for (let i = 0; i < rounds; i++) await prepared.round();
      await engine.finish();
      return performance.now() - start;
    },
  };
}

/** What was measured of one contender. */
export interface Timing {
  readonly name: string;
  /** Median over the runs of the milliseconds a round. */
  readonly median: number;
  /** (slowest - fastest run) / median. */
  readonly spread: number;
}

/** Milliseconds that a run lasts at least, since waiting for a GPU is only accurate to some 10 ms. */
const usualRun = 300;
const mostRounds = 4096;

/**
 * Times all contenders in turn, again and again (first, second, first, second, ...), so that a change in the machine's
 * load meets all of them. What happens before the first run counts for nobody: compiling, filling caches, finding how
 * many rounds make a run.
 *
 * @param shortestRun milliseconds that a run lasts at least
 */
export async function measure(
  contenders: readonly Contender[],
  runs: number,
  shortestRun: number = usualRun,
): Promise<Timing[]> {
  const rounds: number[] = [];
  for (const contender of contenders) rounds.push(await findRounds(contender, shortestRun));
  const times = contenders.map((): number[] => []);
  for (let run = 0; run < runs; run++) {
    for (const [i, contender] of contenders.entries()) times[i]!.push(await contender.run(rounds[i]!) / rounds[i]!);
  }
  return contenders.map(({ name }, i) => ({ name, ...summary(times[i]!) }));
}

async function findRounds(contender: Contender, shortestRun: number): Promise<number> {
  await contender.run(1);
  let rounds = 1;
  while (true) {
    const milliseconds = await contender.run(rounds);
    if (milliseconds >= shortestRun / 2 || rounds >= mostRounds) {
      return Math.min(Math.ceil(rounds * shortestRun / milliseconds), mostRounds);
    }
    rounds *= milliseconds < shortestRun / 8 ? 4 : 2;
  }
}

/** Median and spread of times. */
export function summary(times: readonly number[]): { median: number; spread: number } {
  const sorted = times.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, spread: (sorted.at(-1)! - sorted[0]!) / median };
}
