import { backward } from "../../engine/autograd.ts";
import type { Engine } from "../../engine/engine.ts";
import { heteroscedasticLoss } from "../../engine/ops/losses.ts";
import { Adam } from "../../engine/optim/adam.ts";
import { GradScaler } from "../../engine/optim/grad_scaler.ts";
import { Philox } from "../../kernels/philox.ts";
import { bilinearTable } from "../../recipes/bilinear/config.ts";
import { BilinearNetwork } from "../../recipes/bilinear/network.ts";
import { resolve } from "../../recipes/settings/table.ts";
import type { Case, PreparedCase } from "../case.ts";
import { uniform } from "./numbers.ts";

const width = 768;

/** Training steps of the recipe `bilinear` with its default settings, on embeddings of 768 numbers. */
export const bilinearSteps: readonly Case[] = [
  { name: "bilinear-step", prepare: (engine) => prepare(engine, false) },
  { name: "bilinear-step mixed", onlyByName: true, prepare: (engine) => prepare(engine, true) },
];

function prepare(engine: Engine, mixed: boolean): PreparedCase {
  const { model, optimizer: { lr, weightDecay, clip }, training: { batchSize } } = resolve(bilinearTable, {});
  const options = { engine, random: new Philox(1) };
  const network = new BilinearNetwork(options, { metric: width, text: width, ...model, outputs: 2 });
  const optimizer = new Adam(network.parameters(), { lr, weightDecay });
  const scaler = mixed ? new GradScaler(engine) : null;
  const metric = engine.tensor([batchSize, width], uniform(batchSize * width, 2));
  const text = engine.tensor([batchSize, width], uniform(batchSize * width, 3));
  const target = engine.tensor([batchSize], uniform(batchSize, 4));
  return {
    round: () =>
      engine.step(() => {
        const forward = () => heteroscedasticLoss({ prediction: network.forward(metric, text), target });
        const loss = scaler ? engine.autocast(forward) : forward();
        optimizer.zeroGrad();
        backward(loss, scaler?.upstream(loss));
        optimizer.clipGradNorm(clip, scaler);
        optimizer.step();
      }),
    dispose() {
      for (const owned of [network, optimizer, scaler, metric, text, target]) owned?.dispose();
    },
  };
}
