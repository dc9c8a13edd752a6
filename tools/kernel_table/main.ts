/**
 * `deno task docs:kernels [BENCH.json [REMARK]]`: writes docs/kernels.md. Errors are measured anew where the fixtures are
 * at hand, speeds are taken from what `deno task bench --json` printed (the remark tells how); what is not measured is as
 * it was.
 */
import { fileURLToPath } from "node:url";
import { Engine } from "../../engine/engine.ts";
import { readCases } from "../../tests/fixtures/case.ts";
import { runCase } from "../../tests/fixtures/run_case.ts";
import { sharedPath } from "../../tests/shared.ts";
import { type Figures, kernelPage } from "./table.ts";

const kept = new URL("figures.json", import.meta.url);
const page = new URL("../../docs/kernels.md", import.meta.url);

async function measuredErrors(folder: string): Promise<Figures["errors"]> {
  await using engine = await Engine.open();
  const errors: Record<string, number> = {};
  for await (const fixture of readCases(folder)) {
    const result = await runCase(engine, fixture);
    if (result.kind === "failed") throw new Error(`${fixture.family}/${fixture.name}: ${result.problems[0]}`);
    if (result.kind === "passed") errors[fixture.op] = Math.max(errors[fixture.op] ?? 0, round(result.largest));
  }
  return errors;
}

interface BenchReport {
  readonly adapter: string;
  readonly results: readonly { readonly name: string; readonly gflops?: number; readonly gb_per_s?: number }[];
}

function readSpeeds(file: string): Pick<Figures, "adapter" | "speeds"> {
  const { adapter, results } = JSON.parse(Deno.readTextFileSync(file)) as BenchReport;
  const speeds = results.flatMap(({ name, gflops, gb_per_s }) => {
    if (gflops !== undefined) return [[name, `${gflops.toPrecision(3)} GFLOP/s`]];
    return gb_per_s === undefined ? [] : [[name, `${gb_per_s.toPrecision(3)} GB/s`]];
  });
  return { adapter, speeds: Object.fromEntries(speeds) };
}

const round = (value: number) => Math.round(value * 1000) / 1000;

let figures = JSON.parse(Deno.readTextFileSync(kept)) as Figures;
const fixtures = sharedPath("fixtures");
const golden = fileURLToPath(new URL("../../tests/golden", import.meta.url));
if (fixtures) {
  // Of what the fixtures lack, the golden cases tell.
  const measured = await measuredErrors(fixtures);
  figures = { ...figures, errors: { ...measured, ...await measuredErrors(golden), ...measured } };
}
const [bench, remark = ""] = Deno.args;
if (bench) figures = { ...figures, ...readSpeeds(bench), remark };
Deno.writeTextFileSync(kept, JSON.stringify(figures, null, 2) + "\n");
Deno.writeTextFileSync(page, kernelPage(figures));
