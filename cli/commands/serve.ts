import type { ServeRequest } from "../../serve/serve.ts";
import type { AccessLine } from "../../serve/watch/access_log.ts";
import { counted } from "../../data/texts/counted.ts";
import { MetrogradError, UsageError } from "../../kernels/errors.ts";
import { command } from "../command.ts";
import { interruptible } from "../interruption.ts";
import { describe, intervalLevel, number, text } from "../options/options.ts";
import * as scoring from "../options/scoring_options.ts";
import { warnUnfinished } from "../score_with.ts";
import type { Terminal } from "../output/terminal.ts";

/** What `serve` is asked for. */
export interface ServeCall extends Omit<ServeRequest, "token"> {
  /** File of the bearer token that requests need; null for none. */
  readonly tokenFile: string | null;
  /** A line for each request. */
  readonly accessLog: boolean;
  /** The bodies of requests in them. */
  readonly logBodies: boolean;
}

/** What is taken where it is not asked for otherwise. */
const standard = {
  host: "127.0.0.1",
  port: 8000,
  interval: 0.9,
  maxBody: 32,
  maxRecords: 4096,
  maxTokens: 32_768,
  maxWaiting: 512,
  batchTokens: 65_536,
  batchRecords: 512,
  drain: 30,
} as const;

const mebibyte = 1 << 20;

const count = (option: string, from = 1) => number(option, [from, 1e9, true]);

/** `serve`: answers HTTP requests for scores. */
export function serveCommand(act: (call: ServeCall) => Promise<void>) {
  return command("serve", "Serve scores of trained runs by HTTP.", [
    ["serve --run runs/a", "On http://127.0.0.1:8000, with a description at /openapi.json"],
    ["serve --run runs/a --run strict=runs/b --port 9000", "Two runs, called a and strict"],
    ["serve --run runs/a --host 0.0.0.0 --token-file token.txt", "For other machines, with a token"],
  ])
    .requiredOption(
      "--run <folder>",
      "folder of a trained run, or NAME=FOLDER; several serve several, the first by default",
      oneMoreRun,
    )
    .option("--host <address>", describe("address to listen on", standard.host), text("--host"))
    .option(
      "--port <number>",
      describe("port; 0 for any that is free", standard.port),
      number("--port", [0, 65535, true]),
    )
    .option("--token-file <file>", "bearer token that requests have to carry", text("--token-file"))
    .option(
      "--interval <share>",
      describe("share of the true scores that intervals hold", standard.interval),
      intervalLevel,
    )
    .addOption(scoring.calibrate)
    .addOption(scoring.encoder)
    .option("--max-body <mebibytes>", describe("largest body", standard.maxBody), count("--max-body"))
    .option("--max-records <count>", describe("most records of a request", standard.maxRecords), count("--max-records"))
    .option("--max-tokens <count>", describe("most tokens of a record", standard.maxTokens), count("--max-tokens"))
    .option(
      "--max-waiting <count>",
      describe("most requests that wait; others are answered 429", standard.maxWaiting),
      count("--max-waiting"),
    )
    .option(
      "--batch-tokens <count>",
      describe("tokens of a step on the GPU", standard.batchTokens),
      count("--batch-tokens"),
    )
    .option("--batch-records <count>", describe("records of a step", standard.batchRecords), count("--batch-records"))
    .option(
      "--drain <seconds>",
      describe("time that requests have to be answered after SIGTERM", standard.drain),
      number("--drain", [0, 3600, false]),
    )
    .option("--no-access-log", "print no line for each request")
    .option("--log-bodies", "print the bodies of requests too")
    .action(({ run, host, port, tokenFile, interval, calibrate, encoder, drain, accessLog, logBodies, ...limits }) =>
      act({
        runs: run,
        hostname: host ?? standard.host,
        port: port ?? standard.port,
        tokenFile: tokenFile ?? null,
        interval: interval ?? standard.interval,
        calibrate: calibrate ?? "none",
        encoder: encoder ?? null,
        limits: {
          bodyBytes: (limits.maxBody ?? standard.maxBody) * mebibyte,
          records: limits.maxRecords ?? standard.maxRecords,
          tokens: limits.maxTokens ?? standard.maxTokens,
          waiting: limits.maxWaiting ?? standard.maxWaiting,
          batchTokens: limits.batchTokens ?? standard.batchTokens,
          batchItems: limits.batchRecords ?? standard.batchRecords,
        },
        drainSeconds: drain ?? standard.drain,
        accessLog,
        logBodies: logBodies ?? false,
      })
    );
}

/** Reads `runs/a` or `a=runs/b`. @throws UsageError */
function oneMoreRun(word: string, before: ServeRequest["runs"] = []): ServeRequest["runs"] {
  const [, name = null, path = ""] = /^(?:([\w.-]+)=)?(.*)$/s.exec(word) ?? [];
  if (path.trim() === "") throw new UsageError(`--run is "${word}"; a folder, or NAME=FOLDER, is expected.`);
  return [...before, { name, path }];
}

const ending = "Ending as soon as what waits is answered; Ctrl-C again ends at once.";

export async function serveRuns(
  { tokenFile, accessLog, logBodies, ...request }: ServeCall,
  terminal: Terminal,
): Promise<void> {
  // What HTTP needs is loaded by this command alone.
  const { serve } = await import("../../serve/serve.ts");
  const { readToken } = await import("../../serve/http/authorize.ts");
  const token = tokenFile === null ? null : await readToken(tokenFile);
  for (const { path } of request.runs) await warnUnfinished(path, terminal);
  const names = request.runs.map(({ path }) => path).join(", ");
  const { dropped } = await interruptible(terminal, (signal) =>
    serve({ ...request, token }, {
      signal,
      onNote: (sentence) => terminal.note(sentence),
      onWarning: (sentence) => terminal.warn(sentence),
      onError: (error) => terminal.warn(error instanceof MetrogradError ? error.message : Deno.inspect(error)),
      onListen({ hostname, port }) {
        const host = hostname.includes(":") ? `[${hostname}]` : hostname;
        terminal.note(`${names} served on http://${host}:${port}; /openapi.json describes it.`);
        const isLocal = /^(127\.|localhost$|::1$)/.test(hostname);
        if (!isLocal && token === null) {
          terminal.warn("Whoever reaches this address can ask; --token-file asks for a token.");
        }
      },
      log: accessLog ? (line: AccessLine) => terminal.print(JSON.stringify(line)) : null,
      logBodies,
    }), ending);
  if (dropped > 0) {
    throw new MetrogradError(`${counted(dropped, "request")} could not be answered in ${request.drainSeconds} s.`);
  }
}
