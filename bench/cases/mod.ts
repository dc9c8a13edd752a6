import type { Case } from "../case.ts";
import { attentionCases } from "./attention.ts";
import { bilinearFullSteps } from "./bilinear_full_step.ts";
import { bilinearSteps } from "./bilinear_step.ts";
import { classicalCases } from "./classical.ts";
import { distanceCases } from "./distances.ts";
import { elementCases } from "./elements.ts";
import { encoderCases } from "./encoder.ts";
import { kernelCases } from "./kernels.ts";
import { lossCases } from "./losses.ts";
import { matmulCases } from "./matmul.ts";
import { mlpStep } from "./mlp_step.ts";
import { optimizerCases } from "./optimizers.ts";
import { shapeCases } from "./shapes.ts";

/** All benchmarks, in the order in which they run. */
export const cases: readonly Case[] = [
  ...matmulCases,
  ...elementCases,
  ...kernelCases,
  ...optimizerCases,
  ...lossCases,
  ...shapeCases,
  ...distanceCases,
  ...attentionCases,
  ...encoderCases,
  ...classicalCases,
  mlpStep,
  ...bilinearSteps,
  ...bilinearFullSteps,
];
