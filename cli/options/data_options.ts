import type { Command, OptionValues } from "@commander-js/extra-typings";
import { callOf } from "../../data/files/called_as.ts";
import { UsageError } from "../../kernels/errors.ts";
import { absoluteEncoderName, builtInEncoder, encoderNames, parseEncoderName } from "../../encoders/open_encoder.ts";
import { recipes } from "../../recipes/registry.ts";
import type { TrainRequest } from "../../runs/train_request.ts";
import * as reading from "./reading_options.ts";
import { dataForms, oneMorePath, readingOf } from "./reading_options.ts";
import { describe, flagOf, given, metricFiles, number, oneOf, text } from "./options.ts";

/** Adds the options that name records and metrics to train on. */
export function withDataOptions(command: Command) {
  return command
    .optionsGroup("Data:")
    .option("--data <file>", `records with scores: ${dataForms}`, oneMorePath)
    .addOption(reading.format)
    .addOption(reading.map)
    .addOption(reading.scoreRange)
    .option("--metric-names <file>", "JSON array of the names of the metrics", text("--metric-names"))
    .option("--metric-embeddings <file>", ".npy matrix with a row for each name", text("--metric-embeddings"))
    .option(
      "--metric-definitions <file>",
      "JSON object {name: text} in place of those two: the encoder embeds the texts",
      text("--metric-definitions"),
    )
    .option(
      "--encoder <name>",
      describe(`what turns texts into numbers: ${encoderNames()}`, builtInEncoder),
      text("--encoder"),
    )
    .option(
      "--embeddings <folder>",
      "the same as --encoder file:FOLDER: user_prompt.npy, system_prompt.npy, response.npy, or text.npy",
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
    .option("--as-documented", "start from the settings that the recipe's document has, not from its defaults")
    .option("--config <file>", "JSON file of settings, in sections, or the config.json of a run", text("--config"))
    .option(
      "--set <setting=value>",
      `any setting of the recipe, over those of --config; may be repeated (see: ${callOf("recipes NAME")})`,
      (word: string, before: readonly string[] = []) => [...before, word],
    );
}

/** Values of the options of `withDataOptions`. */
export type DataWords = Partial<ReturnType<ReturnType<typeof withDataOptions>["opts"]>> extends infer Words
  ? { readonly [Name in keyof Words]: Words[Name] | undefined }
  : never;

/**
 * What `--encoder` and `--embeddings` name: an encoder, or embeddings that are there.
 *
 * @throws UsageError when both are given or there is no such encoder
 */
export function encoderWords<Words extends object>(
  words: Words & { readonly encoder?: string | undefined; readonly embeddings?: string | undefined },
): Words & { readonly encoder: string | undefined; readonly embeddings: string | undefined } {
  const { encoder, embeddings } = words;
  if (encoder === undefined) return { ...words, encoder, embeddings };
  if (embeddings !== undefined) throw new UsageError("--embeddings and --encoder exclude each other.");
  const { scheme, argument } = parseEncoderName(encoder);
  return scheme === "file"
    ? { ...words, encoder: undefined, embeddings: argument }
    : { ...words, encoder: absoluteEncoderName(encoder, "--encoder"), embeddings: undefined };
}

/** The same for records that are scored with a run: null for the run's own. @throws UsageError */
export function textSource(words: { readonly encoder: string | undefined; readonly embeddings: string | undefined }) {
  const { encoder, embeddings } = encoderWords(words);
  return { encoder: encoder ?? null, embeddings: embeddings ?? null };
}

/**
 * The data that options name; no files for the built-in sample set.
 *
 * @param further options beside them that need `--data` too
 * @throws UsageError when options do not go together
 */
export function dataRequest(
  {
    data,
    format,
    map,
    scoreRange,
    metricNames,
    metricEmbeddings,
    metricDefinitions,
    embeddings,
    memory,
    recover,
    maxRows,
  }: Omit<DataWords, "encoder"> & { readonly memory?: number | undefined },
  further: object = {},
): Pick<TrainRequest, "files" | "maxRows"> {
  const metrics = metricFiles({ metricNames, metricEmbeddings, metricDefinitions });
  if (data === undefined) {
    const [alone] = Object.keys(
      given({
        format,
        map,
        scoreRange,
        metricNames,
        metricEmbeddings,
        metricDefinitions,
        embeddings,
        memory,
        recover,
        ...further,
      }),
    );
    if (alone !== undefined) throw new UsageError(`${flagOf(alone)} needs --data beside it.`);
  } else if (metrics === null && embeddings !== undefined) {
    throw new UsageError("--embeddings needs --metric-names and --metric-embeddings beside it.");
  } else if (embeddings === undefined && memory !== undefined) {
    throw new UsageError("--memory needs --embeddings beside it: only embeddings that are there can be streamed.");
  }
  return {
    files: data === undefined ? null : {
      data,
      ...readingOf({ format, map, scoreRange }),
      metricNames: metrics?.names ?? null,
      metricEmbeddings: metrics?.embeddings ?? null,
      ...(metrics?.definitions ? { metricDefinitions: metrics.definitions } : {}),
      embeddings: embeddings ?? null,
      recover: recover ?? false,
      ...(memory === undefined ? {} : { memory }),
    },
    maxRows: maxRows ?? null,
  };
}
