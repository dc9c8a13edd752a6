import { callOf } from "../../data/files/called_as.ts";
import { describeSample } from "../../data/sample/report.ts";
import { generateSample } from "../../data/sample/generate.ts";
import { writeSample } from "../../data/sample/write.ts";
import { command } from "../command.ts";
import { describe, number, text } from "../options/options.ts";
import { refuseExisting } from "../output/out.ts";
import type { Terminal } from "../output/terminal.ts";

/** What `sample` is asked for. */
export interface SampleCall {
  readonly out: string;
  readonly seed: number;
  readonly force: boolean;
}

/** `sample`: writes the built-in sample set as files. */
export function sampleCommand(act: (call: SampleCall) => Promise<void>) {
  return command("sample", "Write the built-in sample set as files, and say what can be reached on it.", [
    ["sample --out sample", "Write it"],
    ["sample --seed 2 --out sample-2", "Another draw"],
  ])
    .requiredOption("--out <folder>", "folder to write", text("--out"))
    .option("--seed <number>", describe("seed of every record", 1), number("--seed", [0, 2 ** 32 - 1, true]))
    .option("--force", "replace the sample set that is in --out")
    .action(({ out, seed, force }) => act({ out, seed: seed ?? 1, force: force ?? false }));
}

export async function sample({ out, seed, force }: SampleCall, terminal: Terminal): Promise<void> {
  await refuseExisting(out, "--out", force);
  const set = generateSample(seed);
  const description = describeSample(set);
  await writeSample(out, set, description);
  terminal.print(description);
  terminal.note(`\nWritten to ${out}. Train on it:`);
  terminal.note(
    `  ${callOf("train")} --data ${out}/train.json --metric-names ${out}/metric_names.json ` +
      `--metric-embeddings ${out}/metric_embeddings.npy`,
  );
}
