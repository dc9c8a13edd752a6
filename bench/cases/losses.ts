import { crossEntropy } from "../../kernels/loss/softmax_loss.ts";
import { ordinal } from "../../kernels/loss/ordinal.ts";
import type { Case } from "../case.ts";
import { uniform } from "./numbers.ts";

/** A loss of rows of logits: reads them, writes their gradients. */
function classCase(name: string, launch: typeof crossEntropy, count: number, classes: number): Case {
  return {
    name: `${name} ${count}x${classes}`,
    bytes: 2 * 4 * count * classes,
    prepare(engine) {
      const logits = engine.tensor([count, classes], uniform(count * classes, 1));
      const target = engine.indices([count], Array.from({ length: count }, (_, row) => row % classes));
      const loss = engine.empty([]), gradient = engine.empty([count, classes]);
      const slices = { logits: logits.slice, target: target.slice, loss: loss.slice, gradient: gradient.slice };
      return {
        round: () => launch(engine.stream, { ...slices, count, classes }),
        dispose: () => [logits, target, loss, gradient].forEach((tensor) => tensor.dispose()),
      };
    },
  };
}

/** Losses of classes. */
export const lossCases: readonly Case[] = [
  classCase("cross entropy", crossEntropy, 65536, 11),
  classCase("cross entropy", crossEntropy, 256, 4096),
  classCase("ordinal loss", ordinal, 65536, 11),
];
