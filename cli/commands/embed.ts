import { type TextField, textFields } from "../../data/texts/text_layout.ts";
import { UsageError } from "../../kernels/errors.ts";
import { embedFile, type EmbedRequest } from "../../encoders/embed.ts";
import { encoderNames } from "../../encoders/open_encoder.ts";
import { encodingTable } from "../../recipes/settings/shared.ts";
import { fieldsOf, resolve } from "../../recipes/settings/table.ts";
import { command } from "../command.ts";
import { createEncodingReporter } from "../output/encoding_progress.ts";
import { interruptible } from "../interruption.ts";
import { describe, flagOf, text } from "../options/options.ts";
import * as reading from "../options/reading_options.ts";
import { dataForms, oneMorePath, readingOf } from "../options/reading_options.ts";
import { counted } from "../../data/texts/counted.ts";
import type { Terminal } from "../output/terminal.ts";

/** What `embed` is asked for. */
export interface EmbedCall extends EmbedRequest {
  /** File of vectors; null to keep none; undefined for the user's own. */
  readonly cache: string | null | undefined;
}

const allFields = "system_prompt,user_prompt,response";

/** `embed`: writes the embeddings of texts as files. */
export function embedCommand(act: (call: EmbedCall) => Promise<void>) {
  const options = embedOptions();
  for (const [name, { standard, doc, kind }] of fieldsOf(encodingTable)) {
    const values = kind.options ? `: ${kind.options.join(" or ")}` : "";
    const what = `${doc}${values}`;
    options.option(`${flagOf(name)} <value>`, standard === null ? what : describe(what, standard));
  }
  return options.action(
    async (
      { data, format, map, scoreRange, recover, encoder, fields, out, cache, force, metricDefinitions, ...words },
    ) => {
      const given = Object.entries(words as Readonly<Record<string, string>>).map(([name, word]) => {
        const field = fieldsOf(encodingTable).get(name)!;
        return [name, field.parse(word, flagOf(name))];
      });
      await act({
        data,
        ...readingOf({ format, map, scoreRange, recover }),
        encoder,
        encoding: resolve(encodingTable, Object.fromEntries(given)),
        fields: fields ?? readFields(allFields),
        metricDefinitions: metricDefinitions ?? null,
        out,
        cache: cache === "none" ? null : cache,
        force: force ?? false,
      });
    },
  );
}

function embedOptions() {
  return command(
    "embed",
    "Write the embeddings of texts as .npy files, a row a record. Each text is encoded once ever.",
    [
      ["embed --data train.json --encoder gpu:MODEL --fields user_prompt,response --out embeddings", "On the GPU"],
      ["onnx embed --data train.json --out embeddings", "With the default model (fetch it first: deno task download)"],
      ["train --data train.json --embeddings embeddings ...", "Train on them"],
    ],
  )
    .requiredOption("--data <file>", `records; scores in them are passed over: ${dataForms}`, oneMorePath)
    .addOption(reading.format)
    .addOption(reading.map)
    .addOption(reading.scoreRange)
    .addOption(reading.recover)
    .requiredOption("--out <folder>", "folder to write", text("--out"))
    .option("--encoder <name>", encoderNames(), text("--encoder"), "transformers")
    .option("--fields <names>", describe(`which texts: ${textFields.join(", ")}`, allFields), readFields)
    .option(
      "--metric-definitions <file>",
      "JSON object {name: text} of metrics to embed too",
      text("--metric-definitions"),
    )
    .option("--cache <file>", "file that keeps vectors, or none (default: in your cache folder)", text("--cache"))
    .option("--force", "replace the embeddings that are in --out")
    .optionsGroup("Encoding, where the encoder is not hash:");
}

/** Names of texts between commas. @throws UsageError */
function readFields(word: string): TextField[] {
  const names = word.split(",").map((name) => name.trim());
  for (const [i, name] of names.entries()) {
    if (!textFields.some((field) => field === name)) {
      throw new UsageError(
        `--fields is "${word}"; some of ${textFields.join(", ")}, with commas between, are expected.`,
      );
    }
    if (names.indexOf(name) < i) throw new UsageError(`--fields names ${name} twice.`);
  }
  return names as TextField[];
}

export async function embed({ cache, ...request }: EmbedCall, terminal: Terminal): Promise<void> {
  await interruptible(terminal, async (signal) => {
    const onNote = (sentence: string) => terminal.note(sentence);
    const summary = await embedFile(request, { cache, onNote, signal, observer: createEncodingReporter(terminal) });
    const { rows, dimension, missing } = summary;
    const lacking = missing.flatMap(([field, count]) => count > 0 ? [`${count} without ${field}`] : []);
    terminal.note(
      `${counted(rows, "row")} of ${dimension} numbers for each of ${missing.map(([field]) => field).join(", ")} in ` +
        `${request.out}${lacking.length > 0 ? ` (rows of zeros: ${lacking.join(", ")})` : ""}.`,
    );
  });
}
