import assert from "node:assert/strict";
import { join } from "node:path";
import { writeNpy } from "../../data/files/npy.ts";
import { main } from "../../cli/main.ts";
import { small, widths, writeInputs } from "../runs/runs.ts";
import { withFolder } from "../temporary.ts";
import { recordingTerminal } from "./harness.ts";

/** The files of a small set, and calls with them. */
export interface Files {
  readonly folder: string;
  /** Options of `train`, by name. */
  readonly train: Record<string, string>;
  /** Options of `predict` on the same records with a trained run. */
  readonly predict: Record<string, string>;
}

/** Calls a command with options; true stands for an option without a value. */
export async function call(command: string, options: Record<string, string | true>) {
  const args = Object.entries(options).flatMap(([name, value]) => value === true ? [name] : [name, value]);
  const { terminal, written } = recordingTerminal();
  return { code: await main([command, ...args], terminal), ...written };
}

/** Asserts that a command fails with one sentence, and that nothing is written where it was to write. */
export async function refused(
  command: string,
  options: Record<string, string | true>,
  sentence: RegExp,
  code = 1,
): Promise<void> {
  const [out] = /^.*[\\/]out\b/.exec((options["--out"] ?? options["--resume"]) as string)!;
  const there = () => [...Deno.readDirSync(out)].map(({ name }) => name).sort();
  const before = there();
  const result = await call(command, options);
  const errors = result.err.split("\n").filter((line) => line.startsWith("Error: "));
  assert.equal(errors.length, 1, result.err);
  assert.match(errors[0]!, sentence);
  assert.match(errors[0]!, /^Error: [^\n]*[.?]$/);
  assert.ok(result.err.trimEnd().endsWith(errors[0]!), `something follows the sentence: ${result.err}`);
  assert.doesNotMatch(result.err, /\bat \S+:\d+:\d+|bug in metrograd/);
  assert.equal(result.code, code, result.err);
  assert.deepEqual(there(), before, "nothing half-written");
}

/** A test on a folder with a small set. */
export function withFiles(body: (files: Files) => Promise<void>): () => Promise<void> {
  return withFolder(async (folder) => {
    const { data, metricNames, metricEmbeddings, embeddings } = await writeInputs(folder);
    const inputs = { "--data": data, "--embeddings": embeddings! };
    await Deno.mkdir(join(folder, "out"));
    const train = {
      ...inputs,
      "--metric-names": metricNames,
      "--metric-embeddings": metricEmbeddings,
      "--hidden": small.model.hidden.join(),
      "--rank": "4",
      "--epochs": "1",
      "--out": join(folder, "out/run"),
    };
    const predict = { ...inputs, "--run": join(folder, "out/run"), "--out": join(folder, "out/scores.csv") };
    await body({ folder, train, predict });
  });
}

/** The bytes of a text. */
export const bytesOf = (text: string) => new TextEncoder().encode(text);

/** The value of a JSON file's bytes. */
export const parse = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));

/** Makes a folder of text embeddings of a number of rows, with a value put into the ninth row. */
export const embeddings = (rows: number, value = 1) => async (folder: string) => {
  const data = new Float32Array(rows * widths.text).fill(1);
  data[8 * widths.text] = value;
  await Deno.mkdir(join(folder, "bad"));
  await writeNpy(join(folder, "bad/text.npy"), data, [rows, widths.text]);
  return join(folder, "bad");
};
