/** `deno task bench`: times kernels and training steps on the adapter at hand, beside other engines where asked to. */
import { parseArgs } from "node:util";
import { adapterName } from "../engine/device/tuning.ts";
import { measurePeaks } from "../engine/device/peaks.ts";
import { processor } from "../engine/device/texture_reads.ts";
import { Engine } from "../engine/engine.ts";
import { nearestName } from "../data/texts/nearest_name.ts";
import { MetrogradError, UsageError } from "../kernels/errors.ts";
import type { Case } from "./case.ts";
import { checkCase, expectSmallErrors } from "./check.ts";
import { cases } from "./cases/mod.ts";
import { buffersName, measureCase, peersOf } from "./measure_case.ts";
import { startPeers } from "./peers/peer.ts";
import { explain, parseProduct } from "./explain.ts";
import { jsonReport, peaksLine, type Result, tableHead, tableLine, tokensLine } from "./report.ts";
import { tune } from "./tune.ts";

const help = `Usage: deno task bench [NAME...] [--runs N] [--peers] [--buffers] [--check] [--json] [--tuned]
       deno task bench --tune [NAME...] [--runs N]
       deno task bench --explain "MxNxK [nn|nt|tn|tt]"

Times kernels and training steps. NAME: only those whose name contains it.

  --runs N   runs that the median is taken of (5)
  --peers    also jax-js and tf.js on the same adapter, fetched from npm the first time, and PyTorch on the CPU where
             python3 has it; transformers.js for encoders; all take turns
  --buffers  also with all reads from buffers, where textures are read by default; see docs/performance.md
  --check    also compares each kernel's outputs with those of its float64 reference on the same inputs: the greatest
             difference, as a share of the greatest element; training steps and layers, made of several kernels, have none
  --json     one JSON object on stdout instead of a table
  --tuned    matrix products in the variants that --tune found fastest
  --tune     times the variants of all matrix products in the benchmarks of these names, and keeps the fastest in a file
             of the user's cache, for --tuned and for Engine.open({ tuned: true })
  --explain  says in which variant a product is computed on this adapter, and why
  --help     this text`;

async function main(args: readonly string[]): Promise<void> {
  const { names, runs, peers: wantsPeers, buffers: wantsBuffers, check, json, tuned, help: wantsHelp, ...other } =
    parse(args);
  if (wantsHelp) return console.log(help);
  if (other.explain) return await explain(parseProduct(other.explain));
  const chosen = choose(names);
  if (other.tune) return await tune(chosen, runs);
  await using engine = await Engine.open({ tuned });
  const adapter = [
    adapterName(engine.opened),
    await processor(),
    ...(engine.opened.textureReads ? ["reads from textures"] : []),
  ].filter((word) => word).join(", ");
  if (wantsPeers) { for (const one of new Set(chosen.flatMap(({ unshared }) => unshared ?? []))) console.error(one); }
  const peers = wantsPeers ? await startPeers(new Set(chosen.flatMap(peersOf))) : [];
  await using buffers = wantsBuffers ? await Engine.open({ tuned, textureReads: false }) : null;
  const peerNames = [...(buffers ? [buffersName] : []), ...peers.map((peer) => peer.name)];
  const peaks = await measurePeaks(engine.stream, engine.opened.device, runs);
  if (!json) console.log(`${adapter}\n${peaksLine(peaks)}\n${tableHead(peerNames, check)}`);
  const results: Result[] = [];
  try {
    for (const one of chosen) {
      const checked = check ? { error: await checkCase(engine, one) } : {};
      const result = { ...await measureCase(engine, one, peers, { runs, buffers }), ...checked };
      results.push(result);
      if (json) continue;
      console.log(tableLine(result, peaks, peerNames));
      const tokens = tokensLine(result);
      if (tokens) console.log(tokens);
    }
  } finally {
    await Promise.all(peers.map((peer) => peer.close()));
  }
  if (json) console.log(jsonReport(adapter, peaks, results));
  expectSmallErrors(results);
}

function parse(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        runs: { type: "string", default: "5" },
        peers: { type: "boolean", default: false },
        buffers: { type: "boolean", default: false },
        check: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        tuned: { type: "boolean", default: false },
        tune: { type: "boolean", default: false },
        explain: { type: "string" },
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

try {
  await main(Deno.args);
} catch (error) {
  if (!(error instanceof MetrogradError)) throw error;
  console.error(error.message);
  Deno.exitCode = error instanceof UsageError ? 2 : 1;
}
