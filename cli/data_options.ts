import type { Command, OptionValues } from "@commander-js/extra-typings";
import { UsageError } from "../kernels/errors.ts";
import { recipes } from "../models/recipes.ts";
import type { TrainRequest } from "../models/train_request.ts";
import { describe, flagOf, given, metricFiles, number, oneOf, text } from "./options.ts";

/** Adds the options that name records and metrics to train on. */
export function withDataOptions(command: Command) {
  return command
    .optionsGroup("Data:")
    .option("--data <file>", "JSON file of records with scores", text("--data"))
    .option("--metric-names <file>", "JSON array of the names of the metrics", text("--metric-names"))
    .option("--metric-embeddings <file>", ".npy matrix with a row for each name", text("--metric-embeddings"))
    .option(
      "--embeddings <folder>",
      "embeddings of the texts: user_prompt.npy, system_prompt.npy, response.npy, or text.npy (default: the built-in encoder)",
      text("--embeddings"),
    )
    .option("--recover", "train on what can be saved of a damaged --data")
    .option("--max-rows <count>", "use only the first records", number("--max-rows", [1, 1e9, true]));
}

/** Adds the options that name a recipe and its settings. */
export function withSettingOptions<Options extends OptionValues>(
  command: Command<[], Options>,
  names = recipes.map(({ name }) => name),
) {
  return command
    .optionsGroup("Recipe and settings:")
    .option("--recipe <name>", describe(`what to train: ${names.join(", ")}`, names[0]), oneOf("--recipe", names))
    .option("--config <file>", "JSON file of settings, in sections, or the config.json of a run", text("--config"))
    .option(
      "--set <setting=value>",
      "any setting of the recipe, over those of --config; may be repeated (see: deno task recipes NAME)",
      (word: string, before: readonly string[] = []) => [...before, word],
    );
}

/** Values of the options of `withDataOptions`. */
export type DataWords = Partial<ReturnType<ReturnType<typeof withDataOptions>["opts"]>> extends infer Words
  ? { readonly [Name in keyof Words]: Words[Name] | undefined }
  : never;

/**
 * The data that options name; no files for the built-in sample set.
 *
 * @param further options beside them that need `--data` too
 * @throws UsageError when options do not go together
 */
export function dataRequest(
  { data, metricNames, metricEmbeddings, embeddings, recover, maxRows }: DataWords,
  further: object = {},
): Pick<TrainRequest, "files" | "maxRows"> {
  const metrics = metricFiles({ metricNames, metricEmbeddings });
  if (data === undefined) {
    const [alone] = Object.keys(given({ metricNames, metricEmbeddings, embeddings, recover, ...further }));
    if (alone !== undefined) throw new UsageError(`${flagOf(alone)} needs --data beside it.`);
  } else if (metrics === null) {
    throw new UsageError("--data needs --metric-names and --metric-embeddings beside it.");
  }
  return {
    files: data === undefined || metrics === null ? null : {
      data,
      metricNames: metrics.names,
      metricEmbeddings: metrics.embeddings,
      embeddings: embeddings ?? null,
      recover: recover ?? false,
    },
    maxRows: maxRows ?? null,
  };
}
