import { backward } from "../autograd.ts";
import type { Tensor } from "../tensor.ts";
import type { TensorOps } from "../tensor_methods.ts";
import { add, divide, multiply, subtract } from "./arithmetic.ts";
import { normalize } from "./cosine.ts";
import { expand } from "./expand.ts";
import { gather, indexSelect } from "./gather.ts";
import { matmul } from "./matmul.ts";
import { permute, transpose } from "./permute.ts";
import { argmax, logsumexp, max, mean, sum } from "./reductions.ts";
import { reshape } from "./reshape.ts";
import { slice } from "./slice.ts";
import { logSoftmax, softmax } from "./softmax.ts";
import { abs, clamp, exp, gelu, log, relu, sigmoid, silu, softplus, sqrt, square, tanh } from "./unary.ts";

/** The ops that tensors have as methods. */
export const tensorOps: TensorOps<Tensor> = {
  ...{ abs, add, argmax, backward, clamp, divide, exp, expand, gather, gelu, indexSelect, log, logSoftmax, logsumexp },
  ...{ matmul, max, mean, multiply, normalize, permute, relu, reshape, sigmoid, silu, slice, softmax, softplus, sqrt },
  ...{ square, subtract, sum, tanh, transpose },
};
