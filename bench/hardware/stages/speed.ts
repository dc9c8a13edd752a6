import { Engine } from "../../../engine/engine.ts";
import type { EngineOptions } from "../../../engine/engine_options.ts";
import { MetrogradError } from "../../../kernels/errors.ts";
import type { Case } from "../../case.ts";
import { attentionCase, attentionLayerCase } from "../../cases/attention.ts";
import { bilinearFullStep } from "../../cases/bilinear_full_step.ts";
import { bilinearSteps } from "../../cases/bilinear_step.ts";
import { elementCases } from "../../cases/elements.ts";
import { encoderShapeCase } from "../../cases/encoder.ts";
import { kernelCases } from "../../cases/kernels.ts";
import { matmulCase } from "../../cases/matmul.ts";
import { mlpStep } from "../../cases/mlp_step.ts";
import { measureCase } from "../../measure_case.ts";
import { startPeers } from "../../peers/peer.ts";
import { jsonResult, type Result } from "../../report.ts";
import type { Stage, StageContext } from "../stage.ts";

/** PyTorch on the same GPU; on the CPU in a rehearsal. */
const pytorch = ({ small }: StageContext) =>
  small ? ["PyTorch CPU", "PyTorch CPU compiled"] : ["PyTorch", "PyTorch compiled"];

const runs = 3;
/** Seconds below which a case is not begun. */
const leastTime = 3;

/** Matrix products from small ones to 4096 cubed. */
export const products: Stage = {
  name: "products",
  about: "matrix products, small to large, beside PyTorch",
  seconds: 40,
  run(context) {
    const sides = context.small ? [128, 256] : [1024, 4096, 2048, 512];
    const cases = sides.map((side) => matmulCase(side, side, side, "nn"));
    const side = context.small ? 128 : 2048;
    const layouts = (["nt", "tn"] as const).map((layout) => matmulCase(side, side, side, layout));
    // A product alone is nothing to compile.
    return timeCases([...cases, ...layouts], context, pytorch(context).slice(0, 1));
  },
};

/** A training step of a perceptron. */
export const mlp: Stage = {
  name: "mlp-step",
  about: "a training step of a perceptron, beside PyTorch",
  seconds: 40,
  run: (context) => timeCases([mlpStep, ...bilinearSteps.slice(0, 1)], context, pytorch(context)),
};

/** A training step of a full bilinear form. */
export const bilinear: Stage = {
  name: "bilinear-full-step",
  about: "a training step of a full bilinear form, beside PyTorch",
  seconds: 35,
  run: (context) => timeCases([bilinearFullStep(context.small ? 32 : 768)], context, pytorch(context)),
};

/** Attention forward and backward. */
export const attention: Stage = {
  name: "attention",
  about: "attention forward and backward, beside PyTorch",
  seconds: 35,
  run(context) {
    const { small } = context;
    const sizes = small
      ? [{ batch: 2, tokens: 32, width: 64, heads: 4 }]
      : [{ batch: 8, tokens: 512, width: 768, heads: 12 }, { batch: 256, tokens: 4, width: 768, heads: 8 }];
    return timeCases(
      sizes.flatMap((size) => [attentionLayerCase(size), attentionCase(size)]),
      context,
      pytorch(context),
    );
  },
};

/** An encoder of texts. */
export const encoder: Stage = {
  name: "encoder",
  about: "tokens a second of an encoder, beside PyTorch",
  seconds: 30,
  run(context) {
    const sizes = context.small ? [{ batch: 2, tokens: 16 }] : [{ batch: 64, tokens: 128 }, { batch: 64, tokens: 32 }];
    return timeCases(sizes.map(({ batch, tokens }) => encoderShapeCase(batch, tokens)), context, pytorch(context));
  },
};

/** Kernels that memory bounds, those first that most trainings spend time in. */
export const elements: Stage = {
  name: "bound by memory",
  about: "kernels that memory bounds, beside PyTorch where it has them",
  seconds: 30,
  run(context) {
    const all = [...kernelCases, ...elementCases];
    const first = ["softmax 1024x1024", "layer norm 1024x1024", "adam 10M", "row sums 1024x1024", "multiply 1024x1024"];
    const named = first.map((name) => all.find((one) => one.name === name)!);
    const others = all.filter((one) => !named.includes(one));
    return timeCases(context.small ? named.slice(0, 2) : [...named, ...others], context, pytorch(context).slice(0, 1));
  },
};

/** The same products and step in the tiles that the sweep has found fastest. */
export const tuned: Stage = {
  name: "tuned",
  about: "products and steps in the fastest tiles",
  seconds: 25,
  run(context) {
    const sides = context.small ? [128] : [4096, 2048, 1024];
    const cases = sides.map((side) => matmulCase(side, side, side, "nn"));
    return timeCases(context.small ? cases : [...cases, mlpStep], context, [], { tuned: true });
  },
};

/** Times cases in turn with those of these peers that can do them, as long as time is left. */
async function timeCases(
  cases: readonly Case[],
  context: StageContext,
  peerNames: readonly string[],
  options: EngineOptions = {},
): Promise<void> {
  const { left, add } = context;
  const [engine, peers] = await Promise.all([Engine.open(options), startPeers(new Set(peerNames), left() / 3)]);
  try {
    for (const one of cases) {
      if (left() < leastTime) {
        add({ name: one.name, skipped: "no time was left" });
        continue;
      }
      try {
        const patience = Math.max(left() / 2, leastTime);
        // Compiling may take PyTorch until the end: what is known by then is kept.
        const onAlone = peers.length > 0
          ? { onAlone: (result: Result) => add({ ...jsonResult(result), alone: true }) }
          : {};
        const result = await measureCase(engine, { ...one, peers: peerNames }, peers, { runs, patience, ...onAlone });
        add(jsonResult(result));
      } catch (error) {
        // What goes wrong in one case is worth knowing, and so are the others.
        if (!(error instanceof MetrogradError)) throw error;
        add({ name: one.name, problem: error.message });
      }
    }
  } finally {
    await Promise.all(peers.map((peer) => peer.close()));
    await engine[Symbol.asyncDispose]();
  }
}
