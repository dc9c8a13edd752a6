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
    add({ name: "adapter", ...await inspect() });
    await using engine = await Engine.open();
    const { copy, fma } = await measurePeaks(engine.stream, engine.opened.device, 3);
    add({ name: "peaks", copy_gb_per_s: copy, fma_gflops: fma });
  },
};
