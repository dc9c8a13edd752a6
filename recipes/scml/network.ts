import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import { concat } from "../../engine/ops/concat.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { Batch, LabelledBatch } from "../training/batch.ts";
import type { Widths } from "../recipe.ts";
import type { ScmlSettings } from "./config.ts";
import { LocalNearestRows } from "./local_neighbours.ts";
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
  readonly head: ScmlRegressor | NearestRows | LocalNearestRows;

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
    // The one metric of nearest neighbours depends on nothing; weights that are learnt by triplets follow kernel PCA.
    const kernelled = head === "local-knn" || head === "mlp" && projection === "kernel-pca";
    const rows = Math.min(kernelRows, trainRows);
    this.kernel = kernelled ? new KernelProjection(engine, { rows, inputs, projection: projectionSize }) : null;
    const neighbours = { inputs, bases, rows: fittedRows, neighbors };
    if (head === "knn") this.head = new NearestRows(engine, neighbours);
    else if (head === "local-knn") {
      this.head = new LocalNearestRows(options, { ...neighbours, projection: projectionSize });
    } else {
      this.head = new ScmlRegressor(options, {
        inputs,
        projection: projectionSize,
        projects: !kernelled,
        bases,
        learnsBasis: basis === "learned",
        hidden: mlp.hidden,
        dropout: mlp.dropout,
      });
    }
  }

  /** x: principal components of [metric | text], or those themselves, [batch, inputs]. */
  place({ metric, text }: Pick<Batch, "metric" | "text">): Tensor {
    const features = concat([metric, text]);
    return this.input ? this.input.forward(features) : features;
  }

  /** Coordinates under the metric: of each row's own, √w s, or of the one for all, L x; [batch, bases]. */
  embed(batch: Pick<Batch, "metric" | "text">): Tensor {
    const x = this.place(batch), { head } = this;
    if (head instanceof NearestRows) return head.transform(x);
    return head instanceof LocalNearestRows ? head.embed(x, this.#z(x)) : head.embed(x, this.kernel?.forward(x));
  }

  /** Weights of the directions in each row's own metric, [batch, bases]; null where one metric is for all. */
  directionWeights(batch: Pick<Batch, "metric" | "text">): Tensor | null {
    const x = this.place(batch), { head } = this;
    if (head instanceof NearestRows) return null;
    if (head instanceof LocalNearestRows) return head.weights(this.#z(x));
    return head.weights(x, this.kernel?.forward(x));
  }

  /** `batch` → scores, [batch]. */
  forward(batch: Pick<Batch, "metric" | "text">): Tensor {
    const x = this.place(batch), { head } = this;
    if (head instanceof NearestRows) return head.forward(x);
    return head instanceof LocalNearestRows ? head.forward(x, this.#z(x)) : head.forward(x, this.kernel?.forward(x));
  }

  /** Hinge loss of a batch of triplets, see `LocalNearestRows.loss`. */
  tripletLoss(head: LocalNearestRows, batch: Pick<LabelledBatch, "metric" | "text" | "weight">, beta: number): Tensor {
    const x = this.place(batch);
    return head.loss(x, this.#z(x), batch.weight, beta);
  }

  /** Kernel PCA of x, where the head needs it. */
  #z(x: Tensor): Tensor {
    return this.kernel!.forward(x);
  }
}
