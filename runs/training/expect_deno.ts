import { platform } from "../../engine/platform/here.ts";
import { UsageError } from "../../kernels/errors.ts";

/** @throws UsageError in Node and in browsers, which have neither the threads nor the functions that runs use */
export function expectDeno(): void {
  if (platform.name === "Deno") return;
  throw new UsageError(
    `Recipes, runs and scorers need Deno, and this is ${platform.name}: use the command, npx metrograd, or ask a service.`,
  );
}
