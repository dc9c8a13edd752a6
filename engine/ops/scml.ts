import { scmlFeatures as launchFeatures, scmlLocal as launchLocal } from "../../kernels/distance/scml.ts";
import { type Op, op } from "../autograd.ts";
import { expectShape, lastAxis } from "../tensors/shapes.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { subtract } from "./arithmetic.ts";
import { combine } from "./broadcast.ts";
import { linear } from "./linear.ts";
import { matmul } from "./matmul.ts";
import { rowGradient, rowShape } from "./row_gradient.ts";

/** What a sparse compositional metric is made of. */
export interface ScmlMetric {
  /** Basis vectors as columns, [d, k]. */
  readonly basis: Tensor;
  /** How the weight of each basis vector follows from z, [k, p]. */
  readonly weight: Tensor;
  /** The same at z = 0, [k]. */
  readonly bias: Tensor;
}

/** Inputs of `scmlLocalDistance`. */
export interface ScmlLocalInputs extends ScmlMetric {
  /** [n, d] */
  readonly x: Tensor;
  /** [n, d] */
  readonly y: Tensor;
  /** Where x lies, [n, p]: a projection of x, or what else the metric should depend on. */
  readonly z: Tensor;
}

/** Σ_i (u_i s_i)² of rows. */
const sumOfSquaredProducts: Op<{ readonly u: Tensor; readonly s: Tensor }> = op("scml_local", {
  forward(
    { u, s }: { readonly u: Tensor; readonly s: Tensor },
    _: void,
    save: (gradients: { readonly u: Tensor; readonly s: Tensor }) => void,
  ) {
    const { engine } = u;
    const distance = engine.empty(rowShape(u));
    const gradients = { u: engine.empty(u.shape), s: engine.empty(s.shape) };
    launchLocal(engine.stream, {
      u: u.slice,
      s: s.slice,
      distance: distance.slice,
      gradientU: gradients.u.slice,
      gradientS: gradients.s.slice,
      ...lastAxis(u),
    });
    save(gradients);
    return distance;
  },
  backward: ({ saved: gradients }, dy) => ({
    u: () => rowGradient(gradients.u, dy),
    s: () => rowGradient(gradients.s, dy),
  }),
});

/**
 * Local distance of sparse compositional metric learning, Σ_i w_i ((x - y) . b_i)² with w_i = (a_i . z + c_i)². The weights
 * are those of x, so the distance is not symmetric. → [n]
 *
 * @throws ShapeError when the sizes do not fit together
 * @see Shi, Bellet, Sha, "Sparse compositional metric learning" (2014), section 3.3
 */
export function scmlLocalDistance({ x, y, z, basis, weight, bias }: ScmlLocalInputs): Tensor {
  expectShape("scml_local", "y", y, x.shape);
  const u = linear({ x: z, weight, bias });
  const s = matmul({ a: subtract({ a: x, b: y }), b: basis });
  expectShape("scml_local", "basis vectors' weights", u, s.shape);
  return sumOfSquaredProducts({ u, s });
}

interface WeightedCoordinates {
  readonly t: Tensor;
  readonly s: Tensor;
}

/** sqrt(softplus(t)) s, element by element. */
const weightedCoordinates: Op<WeightedCoordinates> = op("scml_features", {
  forward(
    { t, s }: WeightedCoordinates,
    _: void,
    save: (gradients: WeightedCoordinates) => void,
  ) {
    const { engine } = t;
    const phi = engine.empty(t.shape);
    const gradients = { t: engine.empty(t.shape), s: engine.empty(t.shape) };
    launchFeatures(engine.stream, {
      t: t.slice,
      s: s.slice,
      phi: phi.slice,
      gradientT: gradients.t.slice,
      gradientS: gradients.s.slice,
      count: t.size,
    });
    save(gradients);
    return phi;
  },
  backward: ({ saved: gradients }, dy) => ({
    t: () => combine("multiply", gradients.t, dy),
    s: () => combine("multiply", gradients.s, dy),
  }),
});

/** Inputs of `scmlFeatures`. */
export interface ScmlFeatureInputs extends ScmlMetric {
  /** [n, d] */
  readonly x: Tensor;
  /** Where x lies, [n, p], such as a projection of x. */
  readonly z: Tensor;
}

/**
 * A point's coordinates under its own sparse compositional metric: phi = sqrt(softplus(W z + c)) (x B), [n, k], with `weight`
 * W, `bias` c and `basis` B.
 *
 * @throws ShapeError when the sizes do not fit together
 * @see Shi, Bellet, Sha, "Sparse compositional metric learning" (2014)
 */
export function scmlFeatures({ x, z, basis, weight, bias }: ScmlFeatureInputs): Tensor {
  const t = linear({ x: z, weight, bias });
  const s = matmul({ a: x, b: basis });
  expectShape("scml_features", "basis vectors' weights", t, s.shape);
  return weightedCoordinates({ t, s });
}
