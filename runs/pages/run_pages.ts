import { nameData } from "../../data/files/data_paths.ts";
import type { StreamedTensor } from "../../engine/files/write_safetensors.ts";
import { writeAtomically } from "../../engine/files/files.ts";
import { curvesSvg } from "./curves.ts";
import type { EpochFigures } from "../../data/observer.ts";
import type { PreparedRun } from "../prepare/prepared_run.ts";
import { recipeNamed } from "../../recipes/registry.ts";
import type { RunFolder } from "../run_folder.ts";
import { runReadme } from "./run_readme.ts";
import { callOf } from "./train_call.ts";
import type { TrainSummary } from "../train_summary.ts";

/** Writes what a person looks at: `README.md`, and `curves.svg` where there were epochs. */
export async function writePages(
  folder: RunFolder,
  { counts, metrics, inputs, refitted, fit }: PreparedRun,
  history: readonly EpochFigures[],
  { config, fitted, figures, shifts, directions, best }: TrainSummary,
  state: ReadonlyMap<string, StreamedTensor>,
): Promise<void> {
  const { recipe, settings } = config;
  const constantOn = (set: string) => figures.find((figure) => figure.set === set)?.constant;
  const validation = constantOn("validation");
  const title = `${recipe}, seed ${settings.training.seed}`;
  const constant = validation === undefined
    ? null
    : { validation, mismatched: constantOn("mismatched validation") ?? null };
  if (!fitted) await writeAtomically(folder.curves, curvesSvg(history, { title, constant }));
  const builtIn = inputs.texts === "hash", givenEmbeddings = config.files ? config.files.embeddings !== null : false;
  await writeAtomically(
    folder.readme,
    runReadme({
      run: folder.path,
      recipe,
      call: callOf(config, folder.path),
      data: [
        ["records", config.files ? nameData(config.files.data) : "the built-in sample set"],
        ...(inputs.scoreRange ? [["their scores", `${inputs.scoreRange.join(" to ")}, here 0 to 10`] as const] : []),
        ["train rows", String(counts.train)],
        ["validation rows", String(counts.validation)],
        ...counts.added.map(([stage, rows]) => [`${stage} added to the train rows`, String(rows)] as const),
        ["sample weights", settings.weights.kind],
        ["metrics", `${metrics.names.length}, ${metrics.dimension} numbers each`],
        [
          "texts",
          `${builtIn ? "built-in encoder" : givenEmbeddings ? "given embeddings" : settings.features.encoder}, ${
            inputs.textFields === 1 ? "" : `${inputs.textFields} fields, `
          }${inputs.textDimension} numbers each`,
        ],
        ...(inputs.encoder ? [["fingerprint of the encoder", inputs.encoder.fingerprint] as const] : []),
      ],
      builtInEncoder: builtIn,
      fit: fit !== null,
      directions: directions !== null,
      givenEmbeddings,
      onSample: config.files === null,
      trained: fitted ? null : { epochs: history.length, bestEpoch: best?.epoch ?? 0 },
      refitted: refitted !== null,
      figures,
      shifts,
      pytorch: recipeNamed(recipe).pytorch?.(settings) ?? null,
      tensors: [...state].map(([name, { shape }]) => ({ name, shape, dtype: "F32" })),
    }),
  );
}
