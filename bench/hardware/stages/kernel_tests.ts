import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { childPermissions } from "../child.ts";
import type { Stage, StageContext } from "../stage.ts";

const folder = fileURLToPath(new URL("../../../tests/kernels", import.meta.url));

/** Files that a rehearsal has time for. */
const quick = ["reduction_test.ts", "shape_test.ts"];

/** Every kernel at edge sizes against its float64 reference: the project's own tests. */
export const kernelTests: Stage = {
  name: "kernel tests",
  about: "every kernel at edge sizes, against float64",
  seconds: 45,
  async run(context) {
    const files = Array.from(Deno.readDirSync(folder), ({ name }) => name)
      .filter((name) => name.endsWith("_test.ts") && (!context.small || quick.includes(name))).sort();
    const next = files.values();
    const worker = async () => {
      for (const file of next) await runFile(file, context);
    };
    const atOnce = context.small ? 1 : Math.min(4, navigator.hardwareConcurrency);
    await Promise.all(Array.from({ length: atOnce }, worker));
  },
};

async function runFile(file: string, { left, add }: StageContext): Promise<void> {
  if (left() < 1) return add({ name: file, skipped: "no time was left" });
  const start = performance.now();
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-check", "--reporter=tap", ...childPermissions, join(folder, file)],
    stderr: "null",
  }).output();
  const lines = new TextDecoder().decode(stdout).split("\n");
  const names = (pattern: RegExp) => lines.flatMap((line) => pattern.exec(line)?.slice(1) ?? []);
  const passed = names(/^ok \d+ - (.*)/).length, failures = names(/^not ok \d+ - (.*)/);
  add({
    ...{ name: file, passed, failed: failures.length, seconds: (performance.now() - start) / 1000 },
    ...(failures.length > 0 ? { failures } : {}),
    ...(success || failures.length > 0 ? {} : { problem: "the tests did not run to their end" }),
  });
}
