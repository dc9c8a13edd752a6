import singleCode from "./element_single.wgsl" with { type: "text" };
import vectorCode from "./element_vector.wgsl" with { type: "text" };
import mainCode from "./elementwise_loss.wgsl" with { type: "text" };
import eachCode from "./losses_each.wgsl" with { type: "text" };
import summedCode from "./losses_summed.wgsl" with { type: "text" };
import { chooseWidth, type ElementWidths } from "../element_width.ts";
import { type BufferSlice, defineKernel, elementGrid, type Kernel, type Launcher } from "../launcher.ts";
import { type ReducedLossOptions, withReduction } from "./reduction.ts";

/** What every loss's kernel binds and is told, besides its own. */
type LossKernel<Bindings extends string, Uniforms extends string> = Kernel<
  Bindings | "weight" | "loss",
  Uniforms | "count" | "gradient_scale"
>;
type LossWidths<Bindings extends string, Uniforms extends string> = ElementWidths<
  Bindings | "weight" | "loss",
  Uniforms | "count" | "gradient_scale"
>;

/** Kernels of a loss of samples, each without and with weights. */
export interface ElementwiseLoss<Bindings extends string, Uniforms extends string> {
  /** Keep every loss. */
  readonly each: readonly LossWidths<Bindings, Uniforms>[];
  /** Keep the sums of four. */
  readonly summed: readonly LossWidths<Bindings, Uniforms>[];
}

/** States the kernels of a loss, whose shader has `evaluate` for elementwise_loss.wgsl and the override `weighted`. */
export function defineElementwiseLoss<Bindings extends string, Uniforms extends string>(
  kernel: LossKernel<Bindings, Uniforms>,
): ElementwiseLoss<Bindings, Uniforms> {
  const form = (weighted: number, ...preludes: string[]) =>
    defineKernel({
      ...kernel,
      code: [...preludes, kernel.code, mainCode].join("\n"),
      constants: { ...kernel.constants, weighted },
    });
  const singles = [0, 1].map((weighted) => form(weighted, singleCode, eachCode));
  const widths = (keepCode: string) =>
    singles.map((single, weighted) => ({ single, vector: form(weighted, vectorCode, keepCode) }));
  return { each: widths(eachCode), summed: widths(summedCode) };
}

/** Runs a loss on all samples and reduces it. */
export function dispatchElementwiseLoss<Bindings extends string, Uniforms extends string>(
  launcher: Launcher,
  { each, summed }: ElementwiseLoss<Bindings, Uniforms>,
  bindings: Readonly<Record<Bindings | "weight", BufferSlice>>,
  uniforms: Readonly<Record<Uniforms, number>>,
  options: ReducedLossOptions,
): void {
  const forms = options.reduction === "none" ? each : summed;
  const { kernel, width } = chooseWidth(forms[options.weight ? 1 : 0]!, options.count);
  const count = options.count / width;
  withReduction(launcher, { ...options, partials: count }, (loss, gradient_scale) => {
    const common = { count, gradient_scale };
    launcher.dispatch(kernel, { ...bindings, loss }, { ...uniforms, ...common }, elementGrid(count));
  });
}
