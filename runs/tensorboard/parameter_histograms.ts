import type { Parameter } from "../../engine/tensors/parameter.ts";
import { Tensor } from "../../engine/tensors/tensor.ts";
import { histogramValue, type SummaryValue } from "./events.ts";
import { HistogramCounter } from "./histogram.ts";

/**
 * Histograms of parameters, and of their gradients in the last step, before clipping.
 *
 * @param parameters by path
 */
export async function parameterHistograms(parameters: ReadonlyMap<string, Parameter>): Promise<SummaryValue[]> {
  const values: SummaryValue[] = [];
  for (const [path, parameter] of parameters) {
    values.push(...await histogramOf(`weights/${path}`, parameter));
    if (parameter.hasGrad) values.push(...await gradientHistogram(`gradients/${path}`, parameter));
  }
  return values;
}

async function gradientHistogram(tag: string, parameter: Parameter): Promise<SummaryValue[]> {
  const { factors, engine, shape } = parameter;
  if (!factors) return await histogramOf(tag, parameter.grad);
  // `grad` would keep the memory, which is there to be saved.
  const whole = new Tensor(engine, shape, engine.allocateFor(shape, tag), "f32", tag);
  factors.multiplyOut({ tensor: whole, accumulate: false });
  const values = await histogramOf(tag, whole);
  whole.dispose();
  return values;
}

async function histogramOf(tag: string, tensor: Tensor): Promise<SummaryValue[]> {
  const counter = new HistogramCounter();
  for await (const { buffer, byteOffset, byteLength } of tensor.engine.readInPieces(tensor)) {
    counter.add(new Float32Array(buffer, byteOffset, byteLength / 4));
  }
  const histogram = counter.result();
  return histogram === null ? [] : [histogramValue(tag, histogram)];
}
