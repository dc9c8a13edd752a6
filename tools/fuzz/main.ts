/**
 * `deno task fuzz [--runs COUNT] [--seed NUMBER] [--only NAME,NAME]`: gives the readers of files generated inputs, 100,000
 * of each kind by default. Each kind runs in a worker, so that one that hangs is ended and told of.
 */
import { parseArgs } from "node:util";
import { targets } from "./targets.ts";
import type { FuzzJob } from "./worker.ts";

/** The longest that a hundred inputs may take. */
const patienceMilliseconds = 60_000;

const { values: words } = parseArgs({
  args: Deno.args,
  options: {
    runs: { type: "string", default: "100000" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    only: { type: "string", default: targets.map(({ name }) => name).join() },
  },
});
const names = words.only.split(","), runs = Number(words.runs), seed = Number(words.seed);
const unknown = names.find((name) => !targets.some((target) => target.name === name));
if (unknown !== undefined) fail(`--only names "${unknown}"; there are ${targets.map(({ name }) => name).join(", ")}.`);
if (!Number.isSafeInteger(runs) || runs < 1) fail(`--runs is "${words.runs}"; a whole number from 1 is expected.`);
if (!Number.isSafeInteger(seed)) fail(`--seed is "${words.seed}"; a whole number is expected.`);

console.log(`seed ${seed}`);
for (const name of names) {
  const start = performance.now(), failure = await inWorker({ name, runs, seed });
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  if (failure === null) console.log(`${name}: ${runs} inputs in ${seconds} s, nothing found`);
  else {
    console.log(`${name}: ${failure}\nAgain: deno task fuzz --only ${name} --runs ${runs} --seed ${seed}`);
    Deno.exitCode = 1;
  }
}

/** What was found; null for nothing. */
function inWorker(job: FuzzJob): Promise<string | null> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  return new Promise<string | null>((settle) => {
    let inputs = 0, timer: ReturnType<typeof setTimeout> | undefined;
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(
        () => settle(`no answer for ${patienceMilliseconds / 1000} s after ${inputs} inputs`),
        patienceMilliseconds,
      );
    };
    worker.onmessage = ({ data }: MessageEvent<{ inputs?: number; done?: true; failure?: string }>) => {
      inputs = data.inputs ?? inputs;
      if (data.done) settle(data.failure ?? null);
      wait();
      if (data.done) clearTimeout(timer);
    };
    worker.onerror = ({ message }) => {
      clearTimeout(timer);
      settle(message);
    };
    wait();
    worker.postMessage(job);
  }).finally(() => worker.terminate());
}

function fail(sentence: string): never {
  console.error(sentence);
  Deno.exit(2);
}
