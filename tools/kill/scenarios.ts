import { join } from "node:path";
import { put } from "../../tests/temporary.ts";
import { writeTinyEncoder } from "../../tests/encoders/network/tiny_encoder.ts";
import { writeInputs } from "../../tests/runs/runs.ts";
import { readNpyMatrix, writeNpy } from "../../data/files/npy.ts";
import { runToEnd } from "./process.ts";

/** A command that is killed and then goes on. */
export interface Scenario {
  readonly name: string;
  /** Writes what the command reads, besides the inputs of all. */
  prepare?(): Promise<unknown>;
  /** The command line that writes to `out`, relative to the folder. */
  command(out: string): string[];
  /** File in the folder whose presence tells that `resume` can go on; null where the same command does. */
  readonly begun: ((out: string) => string) | null;
  /** The command line that goes on. */
  resume(out: string): string[];
  /** True where the folder `out` is there only once all is done. */
  readonly isWhole?: boolean;
  /** True for a file of the result whose bytes may differ: times, or where the work was stopped. */
  differs(file: string): boolean;
}

/** Events for TensorBoard have times, and so have their names. */
export const events = /(^|\/)events\.out\.tfevents\.[^/]*$/;
/** Times, and where the work was stopped; a README links a folder by its path. */
const differing =
  /(^|\/)(timings\.jsonl|environment\.json|checkpoint\.previous\.safetensors|README\.md|events\.out\.tfevents\.[^/]*)$/;

type Inputs = Awaited<ReturnType<typeof writeInputs>>;

/** Writes the inputs of all scenarios into a folder. */
export async function prepareScenarios(folder: string): Promise<readonly Scenario[]> {
  const files = await writeInputs(folder, 120);
  const base = join(folder, "base");
  await writeTinyEncoder(base, "bert");
  const texts = ["a b c", "c b a", "b a c a", "the answer", "short ?", "is the answer short"];
  const records = texts.map((response) => ({ metric_name: "clarity", user_prompt: "", response, score: 9 }));
  const texted = await put(folder, "texts.json", JSON.stringify(records));
  const definitions = await put(folder, "definitions.json", JSON.stringify({ clarity: "the answer" }));
  const metrics = ["--metric-names", files.metricNames, "--metric-embeddings", files.metricEmbeddings];
  const data = ["--data", files.data, "--embeddings", files.embeddings];
  const tiny = ["--set", "model.hidden=16,8", "--epochs", "12", "--set", "training.earlyStopping=12"];
  const run = join(folder, "scorer");
  const scorer = ["train", ...data, ...metrics, "--recipe", "bilinear", ...tiny, "--epochs", "1", "--out", run];
  const again = (command: (out: string) => string[]) => ({ begun: null, resume: command });
  const embed = (out: string) => [
    ...["embed", "--data", texted, "--encoder", `gpu:${base}`, "--batch-size", "1", "--out", out],
    ...["--cache", `${out}.cache/vectors.sqlite`],
  ];
  const many = { data: join(folder, "many.json"), embeddings: join(folder, "many") };
  const predict = (out: string) => [
    ...["predict", "--run", run, "--data", many.data, "--embeddings", many.embeddings],
    ...["--out", join(out, "scores.csv")],
  ];
  return [
    {
      name: "train",
      command: (out) => ["train", ...data, ...metrics, "--recipe", "bilinear", ...tiny, "--no-report", "--out", out],
      begun: (out) => join(out, "config.json"),
      resume: (out) => ["train", "--resume", out, "--no-report"],
      differs: (file) => differing.test(file),
    },
    {
      name: "ensemble",
      command: (out) => [
        ...[
          "train",
          ...data,
          ...metrics,
          "--no-report",
          "--out",
          out,
          "--member",
          "bilinear model.hidden=8 training.epochs=4",
        ],
        ...["--member", "residual-mlp features.texts=combined model.hidden=8 training.epochs=4"],
      ],
      begun: (out) => join(out, "ensemble.json"),
      resume: (out) => ["train", "--resume", out, "--no-report"],
      differs: (file) => differing.test(file),
    },
    {
      name: "finetune",
      command: (out) => [
        ...["finetune", "--data", texted, "--metric-definitions", definitions, "--encoder", `gpu:${base}`],
        ...["--epochs", "6", "--batch", "2", "--pairs", "definitions", "--no-report", "--out", out],
      ],
      isWhole: true,
      begun: (out) => join(`${out}.unfinished`, "finetune.json"),
      resume: (out) => ["finetune", "--resume", out, "--no-report"],
      differs: (file) => events.test(file),
    },
    { name: "embed", isWhole: true, command: embed, ...again(embed), differs: () => false },
    {
      name: "predict",
      async prepare() {
        await runToEnd(scorer);
        await writeMany(files, many);
      },
      command: predict,
      ...again(predict),
      differs: () => false,
    },
  ];
}

/** Copies of the same records and their embeddings, as many as make several blocks of scores. */
async function writeMany(files: Inputs, many: { readonly data: string; readonly embeddings: string }): Promise<void> {
  const copies = Array.from({ length: 50 }), records: unknown[] = JSON.parse(await Deno.readTextFile(files.data));
  await Deno.writeTextFile(many.data, JSON.stringify(copies.flatMap(() => records)));
  const { data, rows, columns } = await readNpyMatrix(join(files.embeddings, "text.npy"));
  const all = new Float32Array(copies.length * data.length);
  copies.forEach((_, i) => all.set(data, i * data.length));
  await writeNpy(join(many.embeddings, "text.npy"), all, [copies.length * rows, columns]);
}
