/** `deno task bench:serve`: loads `serve` by loopback; see docs/performance.md. */
import { parseArgs } from "node:util";
import { MetrogradError, UsageError } from "../../kernels/errors.ts";
import { runCommand } from "../command.ts";
import { ask, load, type LoadFigures, loadRecords } from "./load.ts";

const help = `Usage: deno task bench:serve --run FOLDER [--requests N] [--clients N,N,...] [--records N] [--alone]

Serves a run on a free port of this machine, asks for scores, checks each answer, and prints requests a second, the times
within which 50 and 99 of 100 are answered, and the service's memory.

  --run FOLDER    a trained run
  --requests N    requests at each number of clients (1000)
  --clients N,N   requests that are open at the same time (1,16,256)
  --records N     records of a request (1)
  --alone         also with one record in a step, as without micro-batches
  --help          this text`;

/** Records that requests draw from. */
const recordCount = 64;

async function main(args: readonly string[]): Promise<void> {
  const { values: given } = parseArgs({
    args: [...args],
    options: {
      ...{ run: { type: "string" }, requests: { type: "string" }, clients: { type: "string" } },
      ...{ records: { type: "string" }, alone: { type: "boolean" }, help: { type: "boolean" } },
    },
  });
  if (given.help) return console.log(help);
  if (given.run === undefined) throw new UsageError("--run is missing; the folder of a trained run is expected.");
  const requests = count("--requests", given.requests ?? "1000"), records = count("--records", given.records ?? "1");
  const clients = (given.clients ?? "1,16,256").split(",").map((word) => count("--clients", word));
  for (const flags of [[], ...(given.alone ? [["--batch-records", "1"]] : [])]) {
    await withService(given.run, flags, async (url) => {
      console.log(`\n${flags.length > 0 ? "one record in a step" : "micro-batches"}, ${records} in a request`);
      console.log("clients  requests  requests/s  p50 ms  p99 ms  wrong  MiB early, late");
      const info = await (await fetch(`${url}/info`)).json() as { runs: { metrics: string[] }[] };
      const pool = loadRecords(info.runs[0]!.metrics, recordCount), expected: number[] = [];
      for (const record of pool) expected.push((await ask(url, [record]))![0]!);
      for (const count of clients) {
        console.log(line(await load({ url, clients: count, requests, records }, pool, expected)));
      }
    });
  }
}

function count(option: string, word: string): number {
  const value = Number(word);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new UsageError(`${option} is "${word}"; a whole number from 1 on is expected.`);
}

function line({ clients, requests, perSecond, p50, p99, wrong, memory: [early, late] }: LoadFigures): string {
  const cells = [
    ...[String(clients), String(requests), perSecond.toFixed(0), p50.toFixed(1), p99.toFixed(1), String(wrong)],
    `${early.toFixed(0)}, ${late.toFixed(0)}`,
  ];
  return cells.map((cell, i) => cell.padStart([7, 8, 10, 6, 6, 5, 15][i]!)).join("  ");
}

/** A service in a process of its own. @throws MetrogradError where it does not come to listen */
async function withService(run: string, flags: readonly string[], body: (url: string) => Promise<void>): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "serve", "--run", run, "--port", "0", "--no-access-log", ...flags],
    ...{ stdout: "null", stderr: "piped", env: { NO_COLOR: "1" } },
  }).spawn();
  try {
    let said = "";
    for await (const part of child.stderr.pipeThrough(new TextDecoderStream()).values({ preventCancel: true })) {
      said += part;
      const [url] = /http:[^;\s]+/.exec(said) ?? [];
      if (url) return await body(url);
    }
    throw new MetrogradError(`The service did not begin: ${said.trim()}`);
  } finally {
    // Where it has ended already there is nothing to end.
    try {
      child.kill("SIGTERM");
    } catch { /* empty */ }
    await child.status;
  }
}

await runCommand(main);
