import { backward } from "../../engine/autograd.ts";
import { Bilinear } from "../../engine/nn/bilinear.ts";
import { mseLoss } from "../../engine/ops/losses.ts";
import { Adam } from "../../engine/optim/adam.ts";
import { Philox } from "../../kernels/philox.ts";
import type { Case } from "../case.ts";
import { uniform } from "./numbers.ts";

const batch = 64;

/**
 * A training step of the full bilinear form with Adam and clipping: forward, mean squared error, backward, update. The
 * products are two of 64 x `width`^3: forward, and the weight's gradient, which is measured and used without being kept.
 */
export const bilinearFullStep = (width: number): Case => ({
  name: `bilinear-full-step ${width}`,
  flops: 2 * 2 * batch * width ** 3,
  peers: ["PyTorch CPU"],
  shared: { kind: "bilinear-full-step", width, batch },
  prepare(engine) {
    const form = new Bilinear({ engine, random: new Philox(1) }, width, width, width);
    const optimizer = new Adam(form.parameters(), { lr: 1e-4, weightDecay: 1e-5 });
    const [x1, x2, target] = [2, 3, 4].map((seed) =>
      engine.tensor([batch, width], uniform(batch * width, seed).map((value) => value / Math.sqrt(width)))
    );
    return {
      round: () =>
        engine.step(() => {
          const loss = mseLoss({ prediction: form.forward(x1!, x2!), target: target! });
          optimizer.zeroGrad();
          backward(loss);
          optimizer.clipGradNorm(1);
          optimizer.step();
        }),
      dispose() {
        for (const owned of [form, optimizer, x1!, x2!, target!]) owned.dispose();
      },
    };
  },
});

/** 768 takes 5.4 GB, so the wide ones run only where they are asked for. */
export const bilinearFullSteps: readonly Case[] = [
  bilinearFullStep(128),
  ...[384, 768].map((width) => ({ ...bilinearFullStep(width), onlyByName: true })),
];
