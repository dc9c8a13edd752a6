import { UsageError } from "../../kernels/errors.ts";
import {
  finetune as tune,
  type FinetunePlan,
  type FinetuneRequest,
  type FinetuneSummary,
  resumeFinetune,
} from "../../runs/finetune/finetune.ts";
import type { FinetuneEpoch } from "../../runs/finetune/trainer.ts";
import { qualityRows } from "../../runs/finetune/model_card.ts";
import { finetuneTable } from "../../runs/finetune/settings.ts";
import { fieldsOf } from "../../recipes/settings/table.ts";
import type { LiveState } from "../../reports/live/live_state.ts";
import { callOf } from "../../data/files/called_as.ts";
import { shellWord } from "../../data/files/shell_word.ts";
import { joinObservers } from "../../data/observer.ts";
import { command } from "../command.ts";
import { createFinetuneReporter } from "../output/finetune_progress.ts";
import type { Profile } from "../../engine/profile/profile.ts";
import { profiled, type ProfiledCall, profileOf, profileOption, withSpans } from "../profiled.ts";
import { interruptible, Interruption } from "../interruption.ts";
import * as reading from "../options/reading_options.ts";
import { dataForms, readingOf } from "../options/reading_options.ts";
import { describe, flagOf, given, text } from "../options/options.ts";
import { histograms, watch, type Watching, watchingOf, watchPort } from "../options/watch_options.ts";
import { reportTraining } from "../output/report_folder.ts";
import { watched } from "../output/watch.ts";
import { alignColumns, type Terminal } from "../output/terminal.ts";

/** What `finetune` is asked for: to tune an encoder, or to go on with it, and how that is shown. */
export type FinetuneCall = FinetuneWork & Watching & ProfiledCall;

type FinetuneWork =
  & (
    | { readonly kind: "new"; readonly request: FinetuneRequest; readonly force: boolean }
    | { readonly kind: "resume"; readonly out: string }
  )
  & {
    /** False where no report is wanted. */
    readonly report?: false;
  };

/** `finetune`: tunes a sentence encoder on records. */
export function finetuneCommand(act: (call: FinetuneCall) => Promise<void>) {
  const options = finetuneOptions();
  for (const [name, { standard, doc, kind }] of fieldsOf(finetuneTable)) {
    const values = kind.options ? `: ${kind.options.join(", ")}` : "";
    options.option(`${flagOf(name)} <value>`, describe(`${doc}${values}`, standard));
  }
  return options.action(async ({ profile, ...words }) =>
    await act({ ...finetuneCall(given(words)), ...profileOf({ profile }) })
  );
}

function finetuneOptions() {
  return command(
    "finetune",
    "Tune a sentence encoder on the texts, scores and metrics of records, into a Hugging Face folder.",
    [
      ["finetune --data train.json --encoder gpu:MODEL --out models/tuned", "On texts and those with high scores"],
      [
        "finetune --data train.json --data test.json --metric-definitions definitions.json --encoder gpu:MODEL --freeze 4 --out models/tuned",
        "On definitions too, and only the upper layers",
      ],
      ["finetune --resume models/tuned", "Go on with work that was stopped"],
      ["train --data train.json --encoder gpu:models/tuned ...", "Train a scorer on the tuned encoder"],
    ],
  )
    .option(
      "--data <file>",
      `records; those without scores give texts alone: ${dataForms}`,
      (word: string, before: readonly string[] = []) => [...before, text("--data")(word)],
    )
    .addOption(reading.format)
    .addOption(reading.map)
    .addOption(reading.scoreRange)
    .addOption(reading.recover)
    .option("--encoder <name>", "gpu:FOLDER, a Hugging Face folder that gpu: reads", text("--encoder"))
    .option("--metric-definitions <file>", "JSON object {name: text} of metrics", text("--metric-definitions"))
    .option("--out <folder>", "folder to write", text("--out"))
    .option("--force", "replace the tuned encoder, or the stopped work, that is in --out")
    .option("--no-report", "leave out the report of the tuned encoder, which is written in the end")
    .option(
      "--resume <folder>",
      "go on with stopped work by its --out, with its own data and settings",
      text("--resume"),
    )
    .addOption(watch)
    .addOption(watchPort)
    .addOption(histograms)
    .addOption(profileOption)
    .optionsGroup("Training:");
}

type FinetuneOptions = ReturnType<ReturnType<typeof finetuneOptions>["opts"]>;

/** @throws UsageError when options do not go together */
function finetuneCall(
  { watch, watchPort, histograms, ...words }: Partial<Omit<FinetuneOptions, "profile">>,
): FinetuneCall {
  return { ...finetuneWork(words), ...watchingOf({ watch, watchPort, histograms }) };
}

function finetuneWork(
  { resume, report: wanted, ...others }: Partial<
    Omit<FinetuneOptions, "profile" | "watch" | "watchPort" | "histograms">
  >,
): FinetuneWork {
  const report = wanted === false ? { report: wanted } as const : {};
  if (resume !== undefined) {
    const [other] = Object.keys(others);
    if (other === undefined) return { kind: "resume", out: resume, ...report };
    throw new UsageError(
      `--resume goes on with its own data and settings; ${flagOf(other)} cannot be given beside it.`,
    );
  }
  const { data, format, map, scoreRange, recover, encoder, out, metricDefinitions = null, force = false, ...words } =
    others;
  for (const [option, value] of Object.entries({ "--data": data, "--encoder": encoder, "--out": out })) {
    if (value === undefined) throw new UsageError(`${option} is expected (or --resume).`);
  }
  const fields = fieldsOf(finetuneTable);
  const settings = Object.fromEntries(
    Object.entries(words as Readonly<Record<string, string>>).map((
      [name, word],
    ) => [name, fields.get(name)!.parse(word, flagOf(name))]),
  );
  return {
    kind: "new",
    request: {
      data: data!,
      ...readingOf({ format, map, scoreRange, recover }),
      encoder: encoder!,
      out: out!,
      metricDefinitions,
      settings,
    },
    force,
    ...report,
  };
}

export async function finetune(call: FinetuneCall, terminal: Terminal): Promise<void> {
  const title = `Fine-tuning ${call.kind === "resume" ? call.out : call.request.out}`;
  await watched(
    call,
    title,
    terminal,
    (terminal, page) => profiled(call, terminal, (profile) => tuneBy(call, terminal, page, profile)),
  );
}

async function tuneBy(
  call: FinetuneCall,
  terminal: Terminal,
  page: LiveState | null,
  profile: Profile | undefined,
): Promise<void> {
  await interruptible(terminal, async (signal) => {
    const reporter = createFinetuneReporter(terminal);
    const observer = page ? joinObservers<FinetuneEpoch, FinetunePlan>([reporter, page.finetune]) : reporter;
    const options = {
      ...observer,
      ...withSpans(observer, profile),
      ...{ signal, profile, histograms: call.histograms ?? false },
    };
    let summary: FinetuneSummary;
    try {
      summary = call.kind === "resume"
        ? await resumeFinetune(call.out, options)
        : await tune(call.request, { ...options, force: call.force });
    } finally {
      observer.end?.();
    }
    const { folder, before, after, losses } = summary;
    if (!after) {
      throw new Interruption(
        `Saved after epoch ${losses.length}. Go on with:\n  ${callOf("finetune")} --resume ${shellWord(folder)}`,
      );
    }
    terminal.note(`The tuned encoder is in ${folder}; use it as gpu:${folder}.`);
    terminal.print(alignColumns([["", "before", "after"], ...qualityRows(before, after)]));
    const report = call.report === false ? null : await reportTraining(folder, terminal, "encoder");
    if (report !== null) terminal.note(`\nReport: ${report}`);
  });
}
