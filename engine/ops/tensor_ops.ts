import { backward } from "../autograd.ts";
import type { Tensor } from "../tensors/tensor.ts";
import type { TensorOps } from "../tensors/tensor_methods.ts";
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
import { clamp, elementwise, gelu } from "./unary.ts";

/** The ops that tensors have as methods. */
export const tensorOps: TensorOps<Tensor> = {
  ...elementwise,
  ...{ add, argmax, backward, clamp, divide, expand, gather, gelu, indexSelect, logSoftmax, logsumexp, matmul, max },
  ...{ mean, multiply, normalize, permute, reshape, slice, softmax, subtract, sum, transpose },
};
