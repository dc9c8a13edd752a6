import type { Stage } from "./stage.ts";
import { doctor } from "./stages/doctor.ts";
import { fixtures } from "./stages/fixtures.ts";
import { kernelTests } from "./stages/kernel_tests.ts";
import { attention, bilinear, elements, encoder, mlp, products, tuned } from "./stages/speed.ts";
import { profiling } from "./stages/profiling.ts";
import { sweep } from "./stages/sweep.ts";
import { training } from "./stages/training.ts";

/** All stages, the most telling first: a run that is cut off has what matters most. */
export const stages: readonly Stage[] = [
  doctor,
  fixtures,
  products,
  mlp,
  profiling,
  training,
  sweep,
  tuned,
  bilinear,
  attention,
  encoder,
  elements,
  kernelTests,
];
