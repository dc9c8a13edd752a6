import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { Case } from "../case.ts";
import type { ElementsOperation } from "../peers/work.ts";
import { uniform } from "./numbers.ts";

export const million = 1 << 20;

type Prepare = (engine: Engine, numbers: (count: number, zero?: "zero") => Tensor) => () => void;

/**
 * A case that is bound by memory: `words` numbers of four bytes are read or written a round.
 *
 * @param prepare makes the operands with `numbers` (uniform, or 0 where `zero`) and returns the launch
 */
export function memoryCase(name: string, words: number, prepare: Prepare): Case {
  return {
    name,
    bytes: 4 * words,
    prepare(engine) {
      const made: Tensor[] = [];
      const round = prepare(engine, (count, zero) => {
        const tensor = zero ? engine.full([count], 0) : engine.tensor([count], uniform(count, made.length + 1));
        made.push(tensor);
        return tensor;
      });
      return { round, dispose: () => made.forEach((tensor) => tensor.dispose()) };
    },
  };
}

/** A case of a matrix of 1024 x 1024 that peers can do as well. */
export function sharedCase(operation: ElementsOperation, words: number, prepare: Prepare): Case {
  const shared = { kind: "elements", operation, rows: 1024, columns: 1024 } as const;
  return { ...memoryCase(`${operation} 1024x1024`, words, prepare), shared };
}
