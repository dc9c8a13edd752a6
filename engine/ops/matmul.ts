import { matmul as launch } from "../../kernels/matmul/matmul.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { sumColumns } from "../../kernels/reduction/sum_columns.ts";
import { operand } from "../autocast.ts";
import { type Op, op } from "../autograd.ts";
import type { MatmulLayout } from "../tensors/op_options.ts";
import { sameShape, shapeText } from "../tensors/shapes.ts";
import { elementCount } from "../tensors/storage.ts";
import { storedAs, type Tensor } from "../tensors/tensor.ts";
import { half } from "./half.ts";

/** Inputs of `matmul`; leading axes are a batch. */
export interface MatmulInputs {
  /** [..., m, k], or [..., k, m] with `transposeA`; f32 or f16 */
  readonly a: Tensor;
  /** [..., k, n], or [..., n, k] with `transposeB`; without leading axes it serves the whole batch; f32 or f16 */
  readonly b: Tensor;
}

/** What the product read, where that were copies in f16. */
type MatmulSaved = MatmulInputs | undefined;

/**
 * C = op(A) op(B), of the last two axes; leading axes are a batch.
 *
 * `a` [..., m, k] ([..., k, m] with `transposeA`), `b` [..., k, n] ([..., n, k] with `transposeB`) or without leading
 * axes, then one B serves the whole batch → [..., m, n], f32.
 *
 * @throws ShapeError when the sizes do not fit together
 */
export const matmul: Op<MatmulInputs, MatmulLayout> = op("matmul", {
  f16: ["a", "b"],
  forward(inputs: MatmulInputs, options: MatmulLayout, save: (saved: MatmulSaved) => void) {
    const { m, n, k, batch, leading, sharedB } = sizes(inputs.a, inputs.b, options);
    const a = operand(inputs.a), b = operand(inputs.b);
    save(a.engine.halves ? { a, b } : undefined);
    const c = a.engine.empty([...leading, m, n]);
    launch(a.engine.stream, {
      ...{ ...options, a: a.slice, b: b.slice, c: c.slice, m, n, k, batch, sharedB },
      ...{ storedA: storedAs(a), storedB: storedAs(b) },
    });
    return c;
  },
  backward({ inputs, options, saved }, upstream) {
    const { a, b } = saved ?? inputs, dy = saved ? half({ x: upstream }) : upstream;
    const { engine } = a;
    const { m, n, k, batch, sharedB } = sizes(a, b, options);
    const { transposeA = false, transposeB = false } = options;
    return {
      a(into) {
        const da = into.tensor;
        const accumulate = into.accumulate;
        // dA = dC op(B)ᵀ; stored transposed, it is op(B) dCᵀ.
        launch(
          engine.stream,
          transposeA
            ? {
              a: b.slice,
              b: dy.slice,
              c: da.slice,
              m: k,
              n: m,
              k: n,
              batch,
              transposeA: transposeB,
              transposeB: true,
              sharedA: sharedB,
              storedA: storedAs(b),
              storedB: storedAs(dy),
              accumulate,
            }
            : {
              a: dy.slice,
              b: b.slice,
              c: da.slice,
              m,
              n: k,
              k: n,
              batch,
              transposeB: !transposeB,
              sharedB,
              storedA: storedAs(dy),
              storedB: storedAs(b),
              accumulate,
            },
        );
        return da;
      },
      b(into) {
        const db = into.tensor;
        const accumulate = into.accumulate;
        if (!sharedB || batch === 1) {
          launch(engine.stream, gradientOfB(batch, a, dy, db, accumulate));
          return db;
        }
        if (!transposeA) {
          // The batch is more rows of the same product.
          launch(engine.stream, gradientOfB(1, a, dy, db, accumulate, batch));
          return db;
        }
        const each = engine.empty([batch, ...b.shape]);
        launch(engine.stream, gradientOfB(batch, a, dy, each, false));
        sumColumns(engine.stream, { x: each.slice, y: db.slice, rows: batch, columns: b.size, accumulate });
        return db;
      },
    };

    // dB = op(A)ᵀ dC; stored transposed, it is dCᵀ op(A).
    function gradientOfB(
      batch: number,
      a: Tensor,
      dy: Tensor,
      db: Tensor,
      accumulate: boolean,
      rowBlocks = 1,
    ) {
      const rows = m * rowBlocks;
      return transposeB
        ? {
          a: dy.slice,
          b: a.slice,
          c: db.slice,
          m: n,
          n: k,
          k: rows,
          batch,
          transposeA: true,
          transposeB: transposeA,
          storedA: storedAs(dy),
          storedB: storedAs(a),
          accumulate,
        }
        : {
          ...{ a: a.slice, b: dy.slice, c: db.slice, m: k, n, k: rows, batch, transposeA: !transposeA, accumulate },
          ...{ storedA: storedAs(a), storedB: storedAs(dy) },
        };
    }
  },
});

function sizes(a: Tensor, b: Tensor, { transposeA, transposeB }: MatmulLayout) {
  const leading = a.shape.slice(0, -2);
  const [a0, a1] = a.shape.slice(-2), [b0, b1] = b.shape.slice(-2);
  const [m, k] = transposeA ? [a1, a0] : [a0, a1];
  const [inner, n] = transposeB ? [b1, b0] : [b0, b1];
  const sharedB = b.shape.length === 2;
  if (
    a.shape.length < 2 || b.shape.length < 2 || k !== inner || !(sharedB || sameShape(leading, b.shape.slice(0, -2)))
  ) throw new ShapeError(`matmul: ${misfit(a, b, transposeA, transposeB, k, inner)}.`);
  return { m: m!, n: n!, k: k!, batch: elementCount(leading), leading, sharedB };
}

/** What does not fit in a product. */
function misfit(a: Tensor, b: Tensor, transposeA = false, transposeB = false, columns = 0, rows = 0): string {
  for (const [name, { shape }] of Object.entries({ a, b })) {
    if (shape.length < 2) return `${name} is ${shapeText(shape)}, but two axes or more are expected`;
  }
  const left = `a ${shapeText(a.shape)}${transposeA ? "ᵀ" : ""}`;
  const right = `b ${shapeText(b.shape)}${transposeB ? "ᵀ" : ""}`;
  if (columns !== rows) return `${left} has ${columns} columns, but ${right} has ${rows} rows`;
  return `${left} and ${right} differ in the leading axes, which only b may lack`;
}
