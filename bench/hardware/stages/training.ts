import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { childPermissions } from "../child.ts";
import type { Stage, StageContext } from "../stage.ts";

const cli = fileURLToPath(new URL("../../../cli/main.ts", import.meta.url));

/** Whole trainings on the sample set, as the command line does them. */
export const training: Stage = {
  name: "train",
  about: "whole trainings on the sample set, from the command line",
  seconds: 50,
  async run(context) {
    const few = context.small ? ["--max-rows", "300", "--epochs", "1"] : [];
    await train(["--recipe", "residual-mlp", ...few], context);
    if (!context.small) await train([], context);
  },
};

async function train(words: readonly string[], { left, add }: StageContext): Promise<void> {
  const name = ["train", ...words].join(" ");
  if (left() < 5) return add({ name, skipped: "no time was left" });
  const folder = await Deno.makeTempDir(), run = join(folder, "run");
  try {
    const start = performance.now();
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", ...childPermissions, cli, "train", ...words, "--out", run],
      stdout: "null",
    }).output();
    const seconds = (performance.now() - start) / 1000;
    if (!success) {
      const [problem] = new TextDecoder().decode(stderr).trim().split("\n").slice(-1);
      return add({ name, seconds, problem });
    }
    const epochs = (await Deno.readTextFile(join(run, "timings.jsonl"))).trim().split("\n")
      .filter((line) => line).map((line) => JSON.parse(line));
    add({ name, seconds, epochs, figures: JSON.parse(await Deno.readTextFile(join(run, "figures.json"))) });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
