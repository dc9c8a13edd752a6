import { join } from "node:path";
import { MetricTable } from "../data/metrics/metric_table.ts";
import { HashEncoder } from "../encoders/hash.ts";
import type { Engine } from "../engine/engine.ts";
import { whatIsAt } from "../engine/files/files.ts";
import { readSafetensors } from "../engine/files/read_safetensors.ts";
import { type FileTensor, SafetensorsReader } from "../engine/files/safetensors_reader.ts";
import { openWeights } from "../engine/files/weights_file.ts";
import { DataError } from "../kernels/errors.ts";
import { LexicalModel } from "../recipes/features/lexical.ts";
import { makeModel } from "../recipes/model.ts";
import type { Recipe } from "../recipes/recipe.ts";
import { recipeNamed } from "../recipes/registry.ts";
import { fitFromFile } from "../scoring/fit/fit_file.ts";
import type { FitModel } from "../scoring/fit/fit_model.ts";
import { ModelScorer, widthsOf } from "../scoring/model_scorer.ts";
import { RidgeBaseline } from "../scoring/ridge_baseline.ts";
import { readClasses } from "./results/classes_file.ts";
import { RunFolder } from "./run_folder.ts";

/** A trained run, ready to score records. */
export class Scorer extends ModelScorer {
  /**
   * Loads a run's model.
   *
   * @param options.weights file of weights in place of the run's own; null for none
   * @throws DataError when the folder holds no finished run, ShapeError when its weights disagree with its config
   */
  static async load(
    engine: Engine,
    path: string,
    { weights = null }: { readonly weights?: string | null } = {},
  ): Promise<Scorer> {
    const folder = new RunFolder(path);
    const { config, inputs } = await folder.readConfig();
    if (!inputs) throw new DataError(`${path} has not begun to train; go on with train --resume ${path}.`);
    using file = weights === null
      ? await SafetensorsReader.open(folder.model, "the model of a run")
      : await openWeights(weights, "a file of weights");
    const metrics = await MetricTable.readFrom(path);
    const encoder = inputs.texts === "hash"
      ? HashEncoder.fromState((await readSafetensors(folder.encoder, "the encoder of a run")).tensors)
      : null;
    // Runs of earlier versions have none.
    const hasLexical = await Deno.stat(folder.lexical).then(() => true, () => false);
    const lexical = hasLexical ? await LexicalModel.read(folder.lexical) : null;
    const fit = config.settings.fit.name === "none" || inputs.preferences ? null : await readFit(folder);
    const known = { classes: await readClasses(folder), baseline: await RidgeBaseline.read(folder.ridge) };
    const model = makeModel(engine, recipeNamed(config.recipe), config.settings, widthsOf(inputs));
    try {
      const own = weights === null;
      await model.network.loadFrom(own ? file.tensors : foreignWeights(model.recipe, file.tensors), file.path);
    } catch (error) {
      model.network.dispose();
      throw error;
    }
    return new Scorer({ engine, model, inputs, metrics, encoder, lexical, fit }, path, known);
  }
}

/** Weights of a checkpoint of ours, of PyTorch or of a document's code, under the names of the network. */
function foreignWeights(
  { fromDocument }: Recipe,
  tensors: ReadonlyMap<string, FileTensor>,
): ReadonlyMap<string, FileTensor> {
  const of = [...tensors], prefix = "weights.";
  const checkpoint = of.filter(([name]) => name.startsWith(prefix));
  const named = checkpoint.length > 0 && of.length > checkpoint.length
    ? checkpoint.map(([name, tensor]) => [name.slice(prefix.length), tensor] as const)
    : of;
  // PyTorch's batch norm counts its batches, which nothing here needs.
  const known = new Map(named.filter(([name]) => !name.endsWith(".num_batches_tracked")));
  return fromDocument?.(known) ?? known;
}

/** The fit model of a run. @throws DataError where the run has the gate of an earlier version instead */
async function readFit(folder: RunFolder): Promise<FitModel> {
  const isOld = await whatIsAt(folder.fit) === "nothing" &&
    await whatIsAt(join(folder.path, "gate.safetensors")) === "file";
  if (isOld) {
    throw new DataError(
      `${folder.path} has the gate of an earlier version (gate.safetensors) instead of a fit model; train it again.`,
    );
  }
  return fitFromFile(await readSafetensors(folder.fit, "the fit model of a run"), folder.fit);
}
