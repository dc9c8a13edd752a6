import { Engine } from "../../../engine/engine.ts";
import { costliestKernels, gpuTime } from "../../../engine/profile/costliest.ts";
import { Profile } from "../../../engine/profile/profile.ts";
import { bilinearSteps } from "../../cases/bilinear_step.ts";
import { mlpStep } from "../../cases/mlp_step.ts";
import type { Stage } from "../stage.ts";

/** Where the time of training steps goes, kernel by kernel. */
export const profile: Stage = {
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
      const watched = new Profile();
      {
        await using engine = await Engine.open({ profile: watched });
        const prepared = await one.prepare(engine);
        for (let round = 0; round < rounds; round++) await prepared.round();
        await engine.finish();
        prepared.dispose();
      }
      const { hasTimestamps, dispatches, peaks } = watched;
      const steps = watched.spans.filter(({ name }) => name === "step").map(({ duration }) => duration).toSorted((
        a,
        b,
      ) => a - b);
      add({
        ...{ name: one.name, rounds, timestamps: hasTimestamps, peaks, dispatches: dispatches.length / rounds },
        ...{
          gpu_ms: gpuTime(watched) / rounds,
          host_ms: steps[steps.length >> 1],
          kernels: costliestKernels(watched, 20),
        },
      });
    }
  },
};
