import { measurePeaks } from "../../../engine/device/peaks.ts";
import { inspect } from "../../../engine/device/report.ts";
import { Engine } from "../../../engine/engine.ts";
import type { Stage } from "../stage.ts";

/** What the adapter is, whether it multiplies matrices right, and what it can do at best. */
export const doctor: Stage = {
  name: "doctor",
  about: "the adapter, and its peaks",
  seconds: 30,
  async run({ add }) {
    await using engine = await Engine.open();
    const { adapter: { description, backend, driver, software }, features, subgroupSize } = engine.opened;
    add({ name: "adapter", description, backend, driver, software, features: [...features], subgroupSize });
    const { copy, fma } = await measurePeaks(engine.stream, engine.opened.device, 3);
    add({ name: "peaks", copy_gb_per_s: copy, fma_gflops: fma });
    add({ name: "report", ...await inspect() });
  },
};
