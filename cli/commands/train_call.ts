import { callOf } from "../../data/files/called_as.ts";
import { resolve } from "node:path";
import { standardInput } from "../../data/files/data_paths.ts";
import { UsageError } from "../../kernels/errors.ts";
import { ensembleName } from "../../runs/ensemble/config.ts";
import type { Member } from "../../runs/ensemble/members.ts";
import { recipes } from "../../recipes/registry.ts";
import type { FinetuneRequest } from "../../runs/finetune/finetune.ts";
import type { SettingChange } from "../../runs/training/resume_changes.ts";
import type { NamedRequest } from "../../runs/train_request.ts";
import { command } from "../command.ts";
import { dataRequest, encoderWords, withDataOptions, withSettingOptions } from "../options/data_options.ts";
import { readAdded, readEnsemble } from "../options/ensemble_options.ts";
import { bytes, flagOf, given, number, text } from "../options/options.ts";
import { histograms, watch, type Watching, watchingOf, watchPort } from "../options/watch_options.ts";
import { type ProfiledCall, profileOf, profileOption } from "../profiled.ts";
import { tuningOf } from "./tune_before.ts";
import type { EnsembleCall } from "./train_ensemble.ts";
import {
  assignments,
  readConfigFile,
  readSettings,
  shorthandOptions,
  shorthandRecipe,
  type ShorthandWords,
} from "../options/train_options.ts";

/** What `train` is asked for: a new run, or to go on with one, and how it is shown. */
export type TrainCall = TrainWork & Watching;

type TrainWork =
  | {
    readonly kind: "new";
    readonly request: NamedRequest;
    readonly out: string | null;
    readonly force: boolean;
    /** Trains as many runs, each with another part held out; null for one run. */
    readonly folds: number | null;
    /** False where no recipe was named. */
    readonly named: boolean;
    /** True where the settings are those of the recipe's document. */
    readonly documented: boolean;
    /** Records that are to be scored: what is chosen is measured as for them; null where they are not known. */
    readonly target: string | null;
    /** Says what the training would be like instead of carrying it out. */
    readonly explain: boolean;
    /** False where no report is wanted. */
    readonly report?: false;
    /** An encoder to tune before; absent for none. */
    readonly tune?: FinetuneRequest;
  }
  | EnsembleCall
  | {
    readonly kind: "resume";
    readonly run: string;
    /** Members that an ensemble gets. */
    readonly added: readonly Member[];
    /** Settings that a single run goes on with. */
    readonly changes: readonly SettingChange[];
    /** Members that are trained at once. */
    readonly jobs: number;
    /** False where no report is wanted. */
    readonly report?: false;
  };

/** `train`: trains a scorer on records, or on the built-in sample set. */
export function trainCommand(act: (call: TrainCall & ProfiledCall) => Promise<void>) {
  return trainOptions().action(async ({ profile, ...options }) =>
    act({ ...await trainCall(options), ...profileOf({ profile }) })
  );
}

function trainOptions() {
  const options = withSettingOptions(
    withDataOptions(command("train", "Train a scorer. Without --data it trains on a built-in sample set.", [
      ["train", "Try it out"],
      [
        "train --data train.json --metric-names names.json --metric-embeddings metrics.npy --out runs/a",
        "Train on your records",
      ],
      [
        "train --recipe bilinear --set optimizer.lr=3e-4 --set model.rank=64",
        `Change any setting (see: ${callOf("recipes")})`,
      ],
      [
        'train --member gaussian-process --member "residual-mlp training.seed=1|2|3"',
        "Train an ensemble; --recipe ensemble alone trains a sensible one",
      ],
      ["train --data train.json --watch", "Look at curves, speed and memory in a browser while it trains"],
      ["train --resume runs/a", "Go on with a run that was stopped"],
    ]))
      .option(
        "--memory <amount>",
        "memory that a training may take, as 4GB: --embeddings that are more are streamed from disk (default: the machine's)",
        bytes("--memory"),
      )
      .optionsGroup("Run:")
      .option("--out <folder>", "folder of the run (default: the next free runs/RECIPE-1, -2 ...)", text("--out"))
      .option("--force", "replace the run that is in --out")
      .option(
        "--folds <count>",
        "train a run for each of so many parts of the records, and pool what each predicts of its own",
        number("--folds", [2, 1000, true]),
      )
      .option(
        "--target <file>",
        "records that are to be scored, in any form of --data: their metrics decide which errors are shown (their scores are not looked at)",
        text("--target"),
      )
      .option("--no-report", "leave out the report of the run, which is written in the end")
      .option(
        "--finetune-encoder <folder>",
        "first tune the --encoder (gpu:FOLDER) on the texts of --data and --target, by SimCSE, into this folder; one that is there already is used",
        text("--finetune-encoder"),
      )
      .addOption(profileOption)
      .option("--explain", "show the model, its memory and the cost of a step instead of training")
      .option(
        "--resume <run>",
        "go on with a stopped run, with folds or an ensemble, with their own data and settings (of a run, --set may change optimizer.lr, optimizer.clip and training.onNonfinite)",
        text("--resume"),
      )
      .addOption(watch)
      .addOption(watchPort)
      .addOption(histograms),
    [...recipes.map(({ name }) => name), ensembleName],
  )
    .option(
      "--member <words>",
      "member of an ensemble, or one to add to that of --resume: a recipe and its settings, values of a grid between bars; may be repeated",
      (word: string, before: readonly string[] = []) => [...before, word],
    )
    .option(
      "--jobs <count>",
      "members of an ensemble that are trained at once (default: 1)",
      number("--jobs", [1, 64, true]),
    )
    .optionsGroup(`Short for settings of any recipe (the defaults are those of ${shorthandRecipe.name}):`);
  for (const { flags, description } of shorthandOptions()) options.option(flags, description);
  return options;
}

type TrainOptions = Omit<ReturnType<ReturnType<typeof trainOptions>["opts"]>, "profile">;

/** @throws UsageError when options do not go together */
async function trainCall({ watch, watchPort, histograms, ...options }: TrainOptions): Promise<TrainCall> {
  const watching = watchingOf({ watch, watchPort, histograms });
  if (watching.watch && options.explain) throw new UsageError("--explain trains nothing that --watch could show.");
  return { ...await trainWork(options), ...watching };
}

async function trainWork(
  options: Omit<TrainOptions, "watch" | "watchPort" | "histograms">,
): Promise<TrainWork> {
  const { resume, member = [], jobs, report: wanted, ...others } = given(options);
  const report = wanted === false ? { report: wanted } as const : {};
  if (resume !== undefined) {
    const { set, learningRate, clip, onNonfinite, ...rest } = others as typeof others & ShorthandWords;
    const [other] = Object.keys(rest);
    if (other !== undefined) {
      throw new UsageError(
        `--resume goes on with the run's own data and settings; ${flagOf(other)} cannot be given beside it.`,
      );
    }
    const changes = assignments({ set, shorthands: { learningRate, clip, onNonfinite } });
    return { kind: "resume", run: resume, added: readAdded(member), changes, jobs: jobs ?? 1, ...report };
  }
  const {
    data,
    format,
    map,
    scoreRange,
    metricNames,
    metricEmbeddings,
    metricDefinitions,
    memory,
    recover,
    maxRows,
    ...words
  } = others;
  const {
    out,
    force,
    folds,
    explain,
    target,
    finetuneEncoder,
    recipe,
    asDocumented,
    config,
    set,
    embeddings: folder,
    encoder: name,
    ...further
  } = words;
  const shorthands = further as ShorthandWords;
  const { encoder: base, embeddings } = encoderWords({ encoder: name, embeddings: folder });
  const encoder = finetuneEncoder === undefined ? base : `gpu:${resolve(finetuneEncoder)}`;
  const dataWords = {
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
  };
  const source = dataRequest(dataWords, { groupBy: shorthands.groupBy });
  const run = { out: out ?? null, force: force ?? false, folds: folds ?? null, explain: explain ?? false, ...report };
  if (memory !== undefined && folds !== undefined) throw new UsageError("--memory is for single runs, not for folds.");
  const settingWords = { recipe, asDocumented, config, set, encoder, shorthands };
  const file = await readConfigFile(config);
  const chosen = recipe ?? file?.recipe ?? (member.length > 0 ? ensembleName : undefined);
  if (chosen === ensembleName) {
    if (target !== undefined) throw new UsageError("--target is for single runs, not for ensembles.");
    if (memory !== undefined) throw new UsageError("--memory is for single runs, not for ensembles.");
    if (finetuneEncoder !== undefined) {
      throw new UsageError("--finetune-encoder is for single runs, not for ensembles.");
    }
    if ((jobs ?? 1) > 1 && [data].flat().includes(standardInput)) {
      throw new UsageError(
        "--jobs trains in several threads, which cannot all read standard input; give --data a file.",
      );
    }
    const request = { ...source, ...readEnsemble(settingWords, file, member) };
    return { kind: "ensemble", request, jobs: jobs ?? 1, ...run };
  }
  for (const [option, found] of [["--member", member.length > 0], ["--jobs", jobs !== undefined]] as const) {
    if (found) throw new UsageError(`${option} is for ensembles; --recipe ${ensembleName} is expected beside it.`);
  }
  return {
    kind: "new",
    request: { ...source, ...readSettings(settingWords, file) },
    named: chosen !== undefined,
    documented: asDocumented ?? false,
    target: target ?? null,
    ...(finetuneEncoder === undefined
      ? {}
      : { tune: tuningOf(source.files, { encoder: base, target, out: finetuneEncoder }) }),
    ...run,
  };
}
