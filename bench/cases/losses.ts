import {
  type ClassLoss,
  classLossReference,
  crossEntropyReference,
  ordinalReference,
} from "../../kernels/loss/class_loss.ref.ts";
import { crossEntropy } from "../../kernels/loss/softmax_loss.ts";
import { ordinal } from "../../kernels/loss/ordinal.ts";
import type { Case } from "../case.ts";
import { uniform } from "./numbers.ts";

type Sizes = readonly [count: number, classes: number];

/** A loss of rows of logits: reads them, writes their gradients. */
function classCase(name: string, launch: typeof crossEntropy, reference: ClassLoss, [count, classes]: Sizes): Case {
  return {
    name: `${name} ${count}x${classes}`,
    bytes: 2 * 4 * count * classes,
    prepare(engine) {
      const values = uniform(count * classes, 1), classOf = Array.from({ length: count }, (_, row) => row % classes);
      const logits = engine.tensor([count, classes], values), target = engine.indices([count], classOf);
      const loss = engine.empty([]), gradient = engine.empty([count, classes]);
      const slices = { logits: logits.slice, target: target.slice, loss: loss.slice, gradient: gradient.slice };
      return {
        round: () => launch(engine.stream, { ...slices, count, classes }),
        outputs() {
          const expected = classLossReference(reference, values, classOf);
          return [{ found: loss, expected: expected.loss }, { found: gradient, expected: expected.gradient }];
        },
        dispose: () => [logits, target, loss, gradient].forEach((tensor) => tensor.dispose()),
      };
    },
  };
}

/** Losses of classes. */
export const lossCases: readonly Case[] = [
  classCase("cross entropy", crossEntropy, crossEntropyReference, [65536, 11]),
  classCase("cross entropy", crossEntropy, crossEntropyReference, [256, 4096]),
  classCase("ordinal loss", ordinal, ordinalReference, [65536, 11]),
];
