/** Work that other engines can do as well, in a form that is sent to their processes. */
export type SharedWork =
  | {
    readonly kind: "matmul";
    readonly m: number;
    readonly n: number;
    readonly k: number;
    readonly transposeA: boolean;
    readonly transposeB: boolean;
  }
  | {
    readonly kind: "elements";
    readonly operation: ElementsOperation;
    readonly rows: number;
    readonly columns: number;
  }
  | { readonly kind: "mlp-step" }
  | { readonly kind: "bilinear-full-step"; readonly width: number; readonly batch: number }
  | RowWork
  | AttentionWork
  | EncodeWork
  | EncoderWork;

/** The rows of a real encoder, its tokens' mean scaled to length 1, for sequences of tokens of one length. */
export interface EncodeWork {
  readonly kind: "encode";
  /** With `config.json` and `onnx/model.onnx`. */
  readonly folder: string;
  readonly sequences: readonly (readonly number[])[];
}

/** The same, by an encoder of this shape with random weights. */
export interface EncoderWork {
  readonly kind: "encoder";
  readonly batch: number;
  readonly tokens: number;
  readonly vocabulary: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly inner: number;
}

/** Softmax or layer norm, with scale and shift, of each row. */
export interface RowWork {
  readonly kind: "softmax" | "layer-norm";
  readonly rows: number;
  readonly columns: number;
}

/**
 * Attention among the tokens of each sequence, forward and backward: alone, for heads that are given with their gradients
 * asked for, or as a layer with its projections (biases included), for a given input and all parameters.
 */
export interface AttentionWork {
  readonly kind: "attention" | "attention-layer";
  readonly batch: number;
  readonly tokens: number;
  readonly width: number;
  readonly heads: number;
}

/** What is done to a matrix; along its rows, where it is done along an axis. */
export type ElementsOperation =
  | "logsumexp"
  | "max"
  | "row sums"
  | "sum"
  | "gelu"
  | "multiply";

const widths = [2304, 1024, 512, 256] as const;
const batch = 256;
const weights = widths.slice(1).reduce((sum, width, i) => sum + width * widths[i]!, 0) + widths[0] * widths[3] +
  widths[3];

/**
 * The perceptron of `mlp-step`: layers of these widths with rectifiers, a linear skip from the first width to the last,
 * and one output; mean squared error, Adam.
 */
export const mlp = {
  widths,
  batch,
  learningRate: 1e-3,
  /** Of a training step's products: forward, and backward for the weights and (counted for all layers) the inputs. */
  flops: 3 * 2 * batch * weights,
};
