import fmaCode from "./fma_peak.wgsl" with { type: "text" };
import type { Engine } from "../engine/engine.ts";
import { addScaled } from "../kernels/elementwise/add_scaled.ts";
import { defineKernel } from "../kernels/launcher.ts";
import type { Case } from "./case.ts";
import { memoryCase, million } from "./cases/memory_case.ts";
import { contender, measure } from "./measure.ts";

/** What an adapter can do at best, measured in the run that is compared with it. */
export interface Peaks {
  /** Bytes that a copy reads and writes, in thousand millions a second. */
  readonly copy: number;
  /** Operations of multiply-adds in registers (two each), in thousand millions a second. */
  readonly fma: number;
}

/** Copies 64 MiB. */
export const copyCase: Case = memoryCase("copy 16M", 2 * 16 * million, (engine, numbers) => {
  const count = 16 * million, x = numbers(count), y = numbers(count, "zero");
  return {
    round: () => addScaled(engine.stream, { x: x.slice, y: y.slice, count, yFactor: 0 }),
    outputs: () => [{ found: y.tensor, expected: x.values }],
  };
});

const fmaKernel = defineKernel({
  label: "bench.fma_peak",
  code: fmaCode,
  bindings: { y: "write" },
  uniforms: { count: "u32", factor: "f32" },
});

/** Multiply-adds of one invocation of fma_peak.wgsl. */
const chained = 12 * 4096;

function fmaCase({ capabilities: { software } }: Engine): Case {
  const count = software ? 1 << 12 : 1 << 19;
  return {
    name: "multiply-add",
    flops: 2 * chained * count,
    prepare(engine) {
      const y = engine.full([count], 0);
      const round = () =>
        engine.stream.dispatch(fmaKernel, { y: y.slice }, { count, factor: 0.5 }, [Math.ceil(count / 64)]);
      return { round, dispose: () => y.dispose() };
    },
  };
}

/** Measures an adapter's bandwidth and arithmetic. */
export async function measurePeaks(engine: Engine, runs: number): Promise<Peaks> {
  const fma = fmaCase(engine);
  const prepared = await Promise.all([copyCase, fma].map((one) => one.prepare(engine)));
  const [copied, multiplied] = await measure(prepared.map((one) => contender(engine, one)), runs);
  for (const one of prepared) one.dispose();
  engine.pool.trim();
  return { copy: copyCase.bytes! / copied!.median / 1e6, fma: fma.flops! / multiplied!.median / 1e6 };
}
