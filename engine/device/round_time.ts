/** Milliseconds that rounds fill, so that waiting for the GPU, which is accurate to some 10 ms, hardly counts. */
const leastTime = 300;
const mostRounds = 4096;

/**
 * Milliseconds that a round of work takes, over as many as fill a third of a second. One before them is not counted, since
 * it may compile.
 *
 * @param finish waits until everything is done
 */
export async function roundTime(round: () => void, finish: () => Promise<void>): Promise<number> {
  const run = async (rounds: number) => {
    const start = performance.now();
    for (let i = 0; i < rounds; i++) round();
    await finish();
    return performance.now() - start;
  };
  await run(1);
  for (let rounds = 2;; rounds *= 2) {
    const milliseconds = await run(rounds);
    if (milliseconds > leastTime || rounds >= mostRounds) return milliseconds / rounds;
  }
}
