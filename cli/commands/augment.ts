import { callOf } from "../../data/files/called_as.ts";
import { paraphrasePrompts } from "../../data/synthetic/paraphrases.ts";
import { syntheticPrompts } from "../../data/synthetic/prompts.ts";
import { writeAtomically } from "../../engine/files/files.ts";
import { UsageError } from "../../kernels/errors.ts";
import { type StageFigures, stageFigures, writeAugmented } from "../../runs/prepare/augment_report.ts";
import { prepare } from "../../runs/prepare/prepare.ts";
import { configOf } from "../../runs/configure.ts";
import type { NamedRequest } from "../../runs/train_request.ts";
import { command } from "../command.ts";
import { dataRequest, encoderWords, withDataOptions, withSettingOptions } from "../options/data_options.ts";
import { createEncodingReporter } from "../output/encoding_progress.ts";
import { describe, number, text } from "../options/options.ts";
import { refuseExisting } from "../output/out.ts";
import { alignColumns, type Terminal } from "../output/terminal.ts";
import { readConfigFile, readSettings } from "../options/train_options.ts";

/** What `augment` is asked for. */
export interface AugmentCall {
  readonly request: NamedRequest;
  /** Folder for the rows; null to write none. */
  readonly out: string | null;
  /** File for prompts to a language model; null to write none. */
  readonly prompts: string | null;
  /** Records that each prompt asks for, and that it shows. */
  readonly samples: number;
  readonly examples: number;
  /** Paraphrases of each user prompt that prompts ask for in place of new records; null for records. */
  readonly paraphrases: number | null;
  readonly force: boolean;
  readonly json: boolean;
}

/** `augment`: shows what the stages of augmentation make of the train rows. */
export function augmentCommand(act: (call: AugmentCall) => Promise<void>) {
  return augmentOptions().action(async (options) => {
    const {
      recipe,
      asDocumented,
      config,
      set,
      out,
      prompts,
      samples,
      examples,
      paraphrases,
      force,
      json,
      encoder: name,
      ...others
    } = options;
    if (paraphrases !== undefined && (prompts === undefined || (samples ?? examples) !== undefined)) {
      throw new UsageError(
        "--paraphrases says what --prompts ask for in place of new records; --prompts, and neither --samples nor --examples, " +
          "are expected beside it.",
      );
    }
    const { encoder, ...data } = encoderWords({ ...others, encoder: name });
    await act({
      request: {
        ...dataRequest(data),
        ...readSettings({ recipe, asDocumented, config, set, encoder, shorthands: {} }, await readConfigFile(config)),
      },
      out: out ?? null,
      prompts: prompts ?? null,
      samples: samples ?? 4,
      examples: examples ?? 3,
      paraphrases: paraphrases ?? null,
      force: force ?? false,
      json: json ?? false,
    });
  });
}

function augmentOptions() {
  return withSettingOptions(
    withDataOptions(
      command("augment", "Show the train rows before and after each stage of augmentation; train nothing.", [
        ["augment --recipe residual-mlp", "The stages of a recipe, on the built-in sample set"],
        ["augment --set augmentation.opposite.share=1 --out rows", "Add a stage, and write the rows"],
        ["augment --prompts prompts.jsonl", `Write prompts for a language model (see: ${callOf("synthesize")})`],
      ]),
    )
      .optionsGroup("Output:")
      .option("--out <folder>", "folder to write the rows into", text("--out"))
      .option("--prompts <file>", "file to write prompts for a language model into, two a metric", text("--prompts"))
      .option(
        "--samples <count>",
        describe("records that each prompt asks for", 4),
        number("--samples", [1, 100, true]),
      )
      .option(
        "--examples <count>",
        describe("train records that each prompt shows", 3),
        number("--examples", [0, 100, true]),
      )
      .option(
        "--paraphrases <count>",
        "ask for so many paraphrases of each user prompt of the train records, instead of new records",
        number("--paraphrases", [1, 100, true]),
      )
      .option("--force", "replace what is at --out or --prompts")
      .option("--json", "print the figures as JSON"),
  );
}

export async function augment(call: AugmentCall, terminal: Terminal): Promise<void> {
  const { out, prompts, force, samples, examples, paraphrases } = call;
  if (out !== null) await refuseExisting(out, "--out", force);
  if (prompts !== null) await refuseExisting(prompts, "--prompts", force);
  const config = configOf(call.request);
  // What a fit model makes of rows is of no interest here, and takes its time.
  const settings = { ...config.settings, fit: { name: "none" as const } };
  const reporter = { note: terminal.note, warn: terminal.warn, ...createEncodingReporter(terminal) };
  const prepared = await prepare({ ...config, settings }, reporter);
  const figures = stageFigures(prepared.rows);
  terminal.print(call.json ? JSON.stringify(figures, null, 2) : formatStages(figures));
  if (out !== null) {
    await writeAugmented(out, prepared);
    terminal.note(`\nThe rows are in ${out}.`);
  }
  if (prompts !== null) {
    const { records, plain } = prepared.rows;
    const train = [...plain.text].map((row) => records[row]!), { seed } = settings.training;
    const lines = paraphrases === null
      ? syntheticPrompts(prepared.metrics.names, train, { samples, examples, seed })
      : paraphrasePrompts(train, paraphrases);
    await writeAtomically(prompts, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    terminal.note(`\n${lines.length} prompts are in ${prompts}. Train records are shown in them. Send them with:`);
    terminal.note(`  ${callOf("synthesize")} --prompts ${prompts} --endpoint URL --model NAME --out replies.jsonl`);
  }
}

function formatStages(figures: readonly StageFigures[]): string {
  const classes = figures[0]!.classes.map((_, score) => String(score));
  const rows = figures.map(({ stage, added, rows, mean, classes }, i) => [
    i === 0 ? stage : `+ ${stage}`,
    String(added),
    String(rows),
    mean.toFixed(2),
    ...classes.map(String),
  ]);
  return alignColumns([["after", "added", "rows", "mean", ...classes], ...rows]);
}
