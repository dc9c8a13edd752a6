/** `deno task bench`: times kernels and training steps on the adapter at hand, beside other engines where asked to. */
import { parseArgs } from "node:util";
import { Engine } from "../engine/engine.ts";
import { nearestName } from "../data/nearest_name.ts";
import { MetrogradError, UsageError } from "../kernels/errors.ts";
import type { Case } from "./case.ts";
import { cases } from "./cases/mod.ts";
import { type Contender, measure } from "./measure.ts";
import { Peer, startPeers } from "./peers/peer.ts";
import { jsonReport, type Result, tableHead, tableLine } from "./report.ts";

const help = `Usage: deno task bench [NAME...] [--runs N] [--peers] [--json]

Times kernels and training steps. NAME: only those whose name contains it.

  --runs N   runs that the median is taken of (5)
  --peers    also jax-js and tf.js on the same adapter, fetched from npm the first time, and PyTorch on the CPU where
             python3 has it; all take turns
  --json     one JSON object on stdout instead of a table
  --help     this text`;

async function main(args: readonly string[]): Promise<void> {
  const { names, runs, peers: wantsPeers, json, help: wantsHelp } = parse(args);
  if (wantsHelp) return console.log(help);
  const chosen = choose(names);
  await using engine = await Engine.open();
  const { description, backend } = engine.opened.adapter;
  const adapter = `${description}, ${backend}`;
  const peers = wantsPeers && chosen.some((one) => one.shared) ? await startPeers() : [];
  const peerNames = peers.map((peer) => peer.name);
  if (!json) console.log(`${adapter}\n${tableHead(peerNames)}`);
  const results: Result[] = [];
  try {
    for (const one of chosen) {
      const result = await measureCase(engine, one, peers, runs);
      results.push(result);
      if (!json) console.log(tableLine(result, peerNames));
    }
  } finally {
    await Promise.all(peers.map((peer) => peer.close()));
  }
  if (json) console.log(jsonReport(adapter, results));
}

function parse(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        runs: { type: "string", default: "5" },
        peers: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    const runs = Number(values.runs);
    if (!(Number.isInteger(runs) && runs > 0)) {
      throw new UsageError(`--runs is "${values.runs}"; a whole number from 1 is expected.`);
    }
    return { ...values, names: positionals, runs };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError((error as Error).message.split(". ")[0] + "; see --help.");
  }
}

function choose(names: readonly string[]): Case[] {
  for (const name of names) {
    if (cases.some((one) => one.name.includes(name))) continue;
    const nearest = nearestName(name, cases.map((one) => one.name));
    throw new UsageError(`No benchmark is called "${name}"; the nearest is "${nearest}".`);
  }
  return cases.filter(({ name, onlyByName }) =>
    onlyByName ? names.includes(name) : names.length === 0 || names.some((part) => name.includes(part))
  );
}

async function measureCase(engine: Engine, one: Case, peers: readonly Peer[], runs: number): Promise<Result> {
  const prepared = one.prepare(engine);
  const ours: Contender = {
    name: "metrograd",
    async run(rounds) {
      const start = performance.now();
      for (let i = 0; i < rounds; i++) await prepared.round();
      await engine.finish();
      return performance.now() - start;
    },
  };
  const rivals: Peer[] = [];
  if (one.shared) {
    for (const peer of peers) {
      if (one.peers && !one.peers.includes(peer.name)) continue;
      await peer.prepare(one.shared);
      rivals.push(peer);
    }
  }
  const [first, ...others] = await measure([ours, ...rivals], runs);
  prepared.dispose();
  engine.pool.trim();
  return { case: one, ours: first!, peers: others };
}

try {
  await main(Deno.args);
} catch (error) {
  if (!(error instanceof MetrogradError)) throw error;
  console.error(error.message);
  Deno.exitCode = error instanceof UsageError ? 2 : 1;
}
