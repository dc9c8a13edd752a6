import { backward } from "../../engine/autograd.ts";
import { heteroscedasticLoss } from "../../engine/ops/losses.ts";
import { Adam } from "../../engine/optim/adam.ts";
import { Philox } from "../../kernels/philox.ts";
import { bilinearTable } from "../../models/recipes/bilinear/config.ts";
import { BilinearNetwork } from "../../models/recipes/bilinear/network.ts";
import { resolve } from "../../models/settings/table.ts";
import type { Case } from "../case.ts";
import { uniform } from "./numbers.ts";

const width = 768;

/** A training step of the recipe `bilinear` with its default settings, on embeddings of 768 numbers. */
export const bilinearStep: Case = {
  name: "bilinear-step",
  prepare(engine) {
    const { model, optimizer: { lr, weightDecay, clip }, training: { batchSize } } = resolve(bilinearTable, {});
    const options = { engine, random: new Philox(1) };
    const network = new BilinearNetwork(options, { metric: width, text: width, ...model, outputs: 2 });
    const optimizer = new Adam(network.parameters(), { lr, weightDecay });
    const metric = engine.tensor([batchSize, width], uniform(batchSize * width, 2));
    const text = engine.tensor([batchSize, width], uniform(batchSize * width, 3));
    const target = engine.tensor([batchSize], uniform(batchSize, 4));
    return {
      round: () =>
        engine.step(() => {
          const loss = heteroscedasticLoss({ prediction: network.forward(metric, text), target });
          optimizer.zeroGrad();
          backward(loss);
          optimizer.clipGradNorm(clip);
          optimizer.step();
        }),
      dispose() {
        for (const owned of [network, optimizer, metric, text, target]) owned.dispose();
      },
    };
  },
};
