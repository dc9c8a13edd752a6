import { labelPairs as launch } from "../../kernels/mining/label_pairs.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { shapeText } from "../tensors/shapes.ts";
import type { Tensor } from "../tensors/tensor.ts";

/** Which pairs of a batch's rows have the same label, [b, b] each; constant. */
export interface LabelPairs {
  /** 1 for two rows with the same label, else 0. */
  readonly positive: Tensor;
  /** 1 for rows whose labels differ, else 0. */
  readonly negative: Tensor;
}

/** The pairs of a batch. @throws ShapeError when there is not one label for each row */
export function labelPairs(op: string, x: Tensor, label: Tensor): LabelPairs {
  const [rows] = x.shape;
  if (x.shape.length !== 2 || label.shape.length !== 1 || label.size !== rows || label.type === "f16") {
    throw new ShapeError(
      `${op}: rows [b, d] and a label for each [b] (u32 or f32) are expected, but got ${shapeText(x.shape)} and ${
        shapeText(label.shape)
      } (${label.type}).`,
    );
  }
  const positive = x.engine.empty([rows!, rows!]), negative = x.engine.empty([rows!, rows!]);
  launch(x.engine.stream, {
    label: label.slice,
    positive: positive.slice,
    negative: negative.slice,
    count: rows!,
  });
  return { positive, negative };
}

/** How much more than b the distance a is; for similarities how much less. */
export function gapOf(inverted: boolean, a: Tensor, b: Tensor | number): Tensor {
  return inverted ? a.neg().add(b) : a.sub(b);
}

/** 1 where x is at least 0, else 0. */
export function fromZero(x: Tensor): Tensor {
  return x.neg().step().neg().add(1);
}
