import type { Tensor } from "../tensors/tensor.ts";
import { Module } from "./module.ts";

/** A module of one input and one output, or a function such as `(x) => x.relu()`. */
export type Layer = (Module & { forward(x: Tensor): Tensor }) | ((x: Tensor) => Tensor);

/** Layers one after the other. Their weights are named by their place, as in PyTorch: `0.weight`, `2.weight`, and so on. */
export class Sequential extends Module {
  /** The layers by their place: functions count too. */
  readonly [place: number]: Layer;
  readonly #layers: readonly Layer[];

  /** Takes the layers over: they are freed with this module. */
  constructor(...layers: readonly Layer[]) {
    super();
    this.#layers = layers;
    Object.assign(this, Object.fromEntries(layers.entries()));
  }

  /** Number of layers. */
  get length(): number {
    return this.#layers.length;
  }

  /** What the last layer gives when each is given what the one before it gives. */
  forward(x: Tensor): Tensor {
    return this.#layers.reduce((x, layer) => layer instanceof Module ? layer.forward(x) : layer(x), x);
  }
}
