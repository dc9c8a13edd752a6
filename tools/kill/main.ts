/**
 * `deno task test:kill [--runs 50] [--seed 1] [NAME...]`: kills each command at random moments, as `kill -9` does, lets it
 * go on, and compares the bits of what it writes with those of an unbroken run.
 */
import { parseArgs } from "node:util";
import { join } from "node:path";
import { Philox } from "../../kernels/philox.ts";
import { killOnce } from "./kill.ts";
import { runToEnd } from "./process.ts";
import { prepareScenarios } from "./scenarios.ts";

const { values, positionals } = parseArgs({
  options: { runs: { type: "string", default: "50" }, seed: { type: "string", default: "1" } },
  allowPositionals: true,
});
const runs = Number(values.runs), random = new Philox(Number(values.seed));
const folder = await Deno.makeTempDir({ prefix: "metrograd_kill_" });
let failures = 0;
try {
  for (const scenario of await prepareScenarios(folder)) {
    if (positionals.length > 0 && !positionals.includes(scenario.name)) continue;
    await scenario.prepare?.();
    const whole = join(folder, `${scenario.name}-whole`), began = performance.now();
    const duration = await runToEnd(scenario.command(whole));
    let killed = 0, resumed = 0, failed = 0;
    for (let i = 0; i < runs; i++) {
      const out = join(folder, `${scenario.name}-${i}`), milliseconds = Math.round(random.uniform() * duration);
      try {
        const outcome = await killOnce(scenario, { whole, out, milliseconds });
        killed += Number(outcome.killed);
        resumed += Number(outcome.resumed);
      } catch (error) {
        failed++;
        console.log(`${scenario.name}: ${(error as Error).message}`);
      }
      for (const path of [out, `${out}.unfinished`, `${out}.cache`]) {
        await Deno.remove(path, { recursive: true }).catch(() => {});
      }
    }
    const minutes = ((performance.now() - began) / 60_000).toFixed(1);
    console.log(
      `${scenario.name}: ${killed} of ${runs} killed within ${
        Math.round(duration)
      } ms, ${resumed} resumed, the others begun again, ` +
        `${failed} failed; ${minutes} minutes`,
    );
    failures += failed;
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.exitCode = failures > 0 ? 1 : 0;
