/** The package's modules, by the names of the files that they become. Each thread is started from a module of its own. */
export const entries = {
  engine: "engine/mod.ts",
  kernels: "kernels/mod.ts",
  encoders: "encoders/network/mod.ts",
  metrograd: "mod.ts",
  cli: "cli/main.ts",
  job_thread: "runs/ensemble/job_thread.ts",
  measure_thread: "runs/prepare/measure_thread.ts",
  products_thread: "scoring/fit/products_thread.ts",
  ridge_thread: "scoring/ridge_thread.ts",
} as const;
