import { delimiter, dirname, join } from "node:path";
import { type Project, run } from "./project.ts";

/**
 * Trains an ensemble with the package's command, `npx metrograd`, and scores records by it. Its threads are modules of the
 * package too. @returns the scores
 */
export async function scoreByCommand({ folder }: Project): Promise<number[]> {
  // The command looks for Deno on the PATH.
  const env = { NO_COLOR: "1", PATH: [dirname(Deno.execPath()), Deno.env.get("PATH")].join(delimiter) };
  const metrograd = (...words: string[]) => run("npx", ["--no-install", "metrograd", ...words], { cwd: folder, env });
  await metrograd("sample", "--out", "sample");
  const records = JSON.parse(await Deno.readTextFile(join(folder, "sample/test.json")));
  await Deno.writeTextFile(join(folder, "few.json"), JSON.stringify(records.slice(0, 20)));
  const data = ["--data", "sample/train.json", "--metric-names", "sample/metric_names.json"];
  const metrics = ["--metric-embeddings", "sample/metric_embeddings.npy", "--max-rows", "120"];
  const recipe = ["--recipe", "ensemble", "--member", "bilinear training.seed=1|2", "--jobs", "2", "--epochs", "1"];
  await metrograd("train", ...data, ...metrics, ...recipe, "--no-report", "--out", "run");
  await metrograd("predict", "--run", "run", "--data", "few.json", "--out", "scores.jsonl");
  const lines = (await Deno.readTextFile(join(folder, "scores.jsonl"))).trim().split("\n");
  return lines.map((line) => JSON.parse(line).score);
}
