import type { Parameter } from "../../engine/tensors/parameter.ts";
import { Tensor } from "../../engine/tensors/tensor.ts";
import { histogramValue, type SummaryValue } from "./events.ts";
import { histogramOf } from "./histogram.ts";

/**
 * Histograms of parameters, and of their gradients in the last step, before clipping.
 *
 * @param parameters by path
 */
export async function parameterHistograms(parameters: ReadonlyMap<string, Parameter>): Promise<SummaryValue[]> {
  const values: SummaryValue[] = [];
  for (const [path, parameter] of parameters) {
    values.push(...await tensorValues(`weights/${path}`, parameter));
    if (parameter.hasGrad) values.push(...await gradientValues(`gradients/${path}`, parameter));
  }
  return values;
}

async function gradientValues(tag: string, parameter: Parameter): Promise<SummaryValue[]> {
  const { factors, engine, shape } = parameter;
  if (!factors) return await tensorValues(tag, parameter.grad);
  // `grad` would keep the memory that the factors are there to save.
  const whole = new Tensor(engine, shape, engine.allocateFor(shape, tag), "f32", tag);
  factors.multiplyOut({ tensor: whole, accumulate: false });
  const values = await tensorValues(tag, whole);
  whole.dispose();
  return values;
}

async function tensorValues(tag: string, tensor: Tensor): Promise<SummaryValue[]> {
  const histogram = await histogramOf(async function* () {
    for await (const { buffer, byteOffset, byteLength } of tensor.engine.readInPieces(tensor)) {
      yield new Float32Array(buffer, byteOffset, byteLength / 4);
    }
  });
  return histogram === null ? [] : [histogramValue(tag, histogram)];
}
