import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import { concat } from "../../engine/ops/concat.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { Batch } from "../training/batch.ts";
import type { Widths } from "../recipe.ts";
import type { ScmlSettings } from "./config.ts";
import { NearestRows } from "./neighbours.ts";
import { KernelProjection, PrincipalComponents } from "./projections.ts";
import { ScmlRegressor } from "./regressor.ts";

/** System D whole: principal components of metric and text, a projection of those, and a head. */
export class ScmlNetwork extends Module {
  /** What x is made by; null where it is the embeddings themselves. */
  readonly input: PrincipalComponents | null;
  /** What z is made by where it is not learnt. */
  readonly kernel: KernelProjection | null;
  /** From x, and z, to the score. */
  readonly head: ScmlRegressor | NearestRows;

  /** Draws all first values. */
  constructor(
    options: ModuleOptions,
    { head, pca, basis, bases: wanted, projection, projectionSize, kernelRows, neighbors, ...mlp }:
      ScmlSettings["model"],
    { metric, text, fields, trainRows, fittedRows }: Widths,
  ) {
    super();
    const { engine } = options;
    const features = metric + text * fields;
    const inputs = pca === 0 ? features : Math.min(pca, features, trainRows);
    const bases = basis === "identity" ? inputs : wanted;
    this.input = pca === 0 ? null : new PrincipalComponents(engine, inputs, features);
    const projects = projection === "linear" || head === "knn";
    const rows = Math.min(kernelRows, trainRows);
    this.kernel = projects ? null : new KernelProjection(engine, { rows, inputs, projection: projectionSize });
    this.head = head === "knn"
      ? new NearestRows(engine, { inputs, bases, rows: fittedRows, neighbors })
      : new ScmlRegressor(options, {
        inputs,
        projection: projectionSize,
        projects,
        bases,
        learnsBasis: basis === "learned",
        hidden: mlp.hidden,
        dropout: mlp.dropout,
      });
  }

  /** x: principal components of [metric | text], or those themselves, [batch, inputs]. */
  place({ metric, text }: Pick<Batch, "metric" | "text">): Tensor {
    const features = concat([metric, text]);
    return this.input ? this.input.forward(features) : features;
  }

  /** Coordinates under the metric: of each row's own, sqrt(w) s, or of the one for all, L x; [batch, bases]. */
  embed(batch: Pick<Batch, "metric" | "text">): Tensor {
    const x = this.place(batch);
    if (this.head instanceof NearestRows) return this.head.transform(x);
    return this.head.embed(x, this.kernel?.forward(x));
  }

  /** `batch` → scores, [batch]. */
  forward(batch: Pick<Batch, "metric" | "text">): Tensor {
    const x = this.place(batch);
    return this.kernel ? (this.head as ScmlRegressor).forward(x, this.kernel.forward(x)) : this.head.forward(x);
  }
}
