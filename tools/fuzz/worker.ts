import { targets } from "./targets.ts";

/** What `main.ts` asks for. */
export interface FuzzJob {
  readonly name: string;
  readonly runs: number;
  readonly seed: number;
}

/** How often the number of inputs is told. */
const every = 100;

self.onmessage = async ({ data: { name, runs, seed } }: MessageEvent<FuzzJob>) => {
  let inputs = 0;
  const onInput = () => ++inputs % every === 0 && self.postMessage({ inputs });
  try {
    await targets.find((target) => target.name === name)!.fuzz({ runs, seed, onInput });
    self.postMessage({ done: true });
  } catch (error) {
    self.postMessage({ done: true, failure: reasonOf(error) });
  }
};

/** The words of an error, and of what broke on the smallest input. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause === undefined ? error.message : `${error.message}\n${cause instanceof Error ? cause.stack : cause}`;
}
