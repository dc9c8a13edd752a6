import { Engine } from "../../../engine/engine.ts";
import { costliestKernels, gpuTime } from "../../../engine/profile/costliest.ts";
import { Profile } from "../../../engine/profile/profile.ts";
import { bilinearSteps } from "../../cases/bilinear_step.ts";
import { mlpStep } from "../../cases/mlp_step.ts";
import { summary } from "../../measure.ts";
import type { Stage } from "../stage.ts";

/** Where the time of training steps goes, kernel by kernel. */
export const profiling: Stage = {
  name: "profile",
  about: "where the time of training steps goes",
  seconds: 20,
  async run({ small, add, left }) {
    const rounds = small ? 2 : 20;
    for (const one of [mlpStep, bilinearSteps[0]!]) {
      if (left() < 3) {
        add({ name: one.name, skipped: "no time was left" });
        continue;
      }
      const profile = new Profile();
      let warm = 0;
      {
        await using engine = await Engine.open({ profile });
        const prepared = await one.prepare(engine);
        await prepared.round(); // Compiles.
        await engine.finish();
        warm = performance.now();
        for (let round = 0; round < rounds; round++) await prepared.round();
        await engine.finish();
        prepared.dispose();
      }
      const { hasTimestamps, peaks } = profile;
      const steady = { peaks, dispatches: profile.dispatches.filter(({ sent }) => sent > warm) };
      const steps = profile.spans.filter(({ name, start }) => name === "step" && start > warm);
      add({
        ...{ name: one.name, rounds, timestamps: hasTimestamps, peaks, dispatches: steady.dispatches.length / rounds },
        gpu_ms: gpuTime(steady) / rounds,
        host_ms: summary(steps.map(({ duration }) => duration)).median,
        kernels: costliestKernels(steady, 20),
      });
    }
  },
};
