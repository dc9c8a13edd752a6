import { joinObservers, type Observer } from "../../data/observer.ts";
import { UsageError } from "../../kernels/errors.ts";
import { ensembleName } from "../../runs/ensemble/config.ts";
import type { EnsembleOptions } from "../../runs/ensemble/train.ts";
import { explainTraining } from "../../runs/explain.ts";
import type { Recipe } from "../../recipes/recipe.ts";
import { recipeNamed, settingsOf } from "../../recipes/registry.ts";
import type { GivenSettings } from "../../recipes/settings/shared.ts";
import { trainFolds } from "../../runs/folds/train_folds.ts";
import { configOf } from "../../runs/configure.ts";
import { openTrained } from "../../runs/trained_folder.ts";
import { trainRun } from "../../runs/start_run.ts";
import type { NamedRequest } from "../../runs/train_request.ts";
import type { Profile } from "../../engine/profile/profile.ts";
import { expectFiles } from "../options/expect_files.ts";
import { formatExplanation } from "../output/explanation.ts";
import { interruptible } from "../interruption.ts";
import { nextFree } from "../output/out.ts";
import { readTarget } from "../options/target.ts";
import { watched } from "../output/watch.ts";
import { profiled, type ProfiledCall, withSpans } from "../profiled.ts";
import { createTrainReporter } from "../output/progress.ts";
import type { Terminal } from "../output/terminal.ts";
import { tuneBefore } from "./tune_before.ts";
import { ensembleDone, foldsDone, reportOf, trainEnsembleCall } from "./train_ensemble.ts";
import { reportRun } from "../output/train_report.ts";
import { shorthandRecipe } from "../options/train_options.ts";
import type { TrainCall } from "./train_call.ts";

/** Epochs on the sample set when none are asked for: a trial that ends within minutes on a CPU. */
const sampleEpochs = 20;

/** Trains what a call asks for, and says what came of it. */
export async function train(call: TrainCall & ProfiledCall, terminal: Terminal): Promise<void> {
  if (call.profile !== undefined && "jobs" in call && call.jobs > 1) {
    throw new UsageError("--profile watches one member at a time; leave --jobs out.");
  }
  const what = call.kind === "resume"
    ? call.run
    : call.out ?? (call.kind === "ensemble" ? ensembleName : call.request.recipe);
  await watched(call, `Training ${what}`, terminal, async (terminal, page) => {
    const reporter = createTrainReporter(terminal);
    const observer = page ? joinObservers([reporter, page.train]) : reporter;
    await profiled(call, terminal, async (profile) => {
      const spans = withSpans(observer, profile);
      await interruptible(terminal, (signal) => trainBy(call, { observer: spans, signal, profile }, terminal));
    });
  });
}

async function trainBy(
  call: TrainCall,
  { observer: reporter, signal, profile }: {
    readonly observer: Observer;
    readonly signal: AbortSignal;
    readonly profile: Profile | undefined;
  },
  terminal: Terminal,
): Promise<void> {
  const options = { reporter, signal, profile, histograms: call.histograms ?? false };
  if (call.kind === "resume") {
    await resume(call, options, terminal);
    return;
  }
  await expectFiles(call.request.files);
  if (call.kind === "ensemble") {
    await trainEnsembleCall(call, options, sampleEpochs, terminal);
    return;
  }
  const { force, folds, report: wanted } = call;
  if (!call.named && call.request.recipe === shorthandRecipe.name) {
    terminal.note(
      `No recipe is named, and some settings are those of ${shorthandRecipe.name}, the default of earlier versions: ` +
        `it is trained. A later version will ask for --recipe ${shorthandRecipe.name}.`,
    );
  }
  if (call.documented) terminal.note(describeDocumented(recipeNamed(call.request.recipe)));
  const target = call.target === null ? null : await readTarget(call.target, call.request.files, terminal);
  if (call.tune && !call.explain) await tuneBefore(call.tune, signal, terminal);
  const request = { ...call.request, settings: forTrial(call.request, terminal) };
  if (call.explain) {
    terminal.print(formatExplanation(await explainTraining(configOf(request), reporter)));
    return;
  }
  const out = call.out ?? await nextFree("runs", folds === null ? request.recipe : `${request.recipe}-folds`);
  if (folds === null) {
    const summary = await trainRun({ ...request, out }, { ...options, force });
    await reportRun(summary, terminal, { target, report: await reportOf(summary, terminal, wanted) });
  } else await foldsDone(await trainFolds({ ...request, out, folds }, { ...options, force }), terminal, wanted);
}

/** Goes on with whatever is in the folder. */
async function resume(
  { run, added, changes, jobs, report: wanted }: Extract<TrainCall, { readonly kind: "resume" }>,
  options: EnsembleOptions,
  terminal: Terminal,
): Promise<void> {
  const resumed = await (await openTrained(run)).resume({ ...options, jobs }, { changes, added });
  if (resumed.kind === "run") {
    await reportRun(resumed.summary, terminal, { report: await reportOf(resumed.summary, terminal, wanted) });
  } else if (resumed.kind === "ensemble") await ensembleDone(resumed.summary, terminal, wanted);
  else await foldsDone(resumed.summary, terminal, wanted);
}

/** Says which document the settings are from, and what is otherwise. */
function describeDocumented({ documented }: Recipe): string {
  const { document, otherwise } = documented!;
  return `Settings as document ${document} has them (docs/documents.md); ${otherwise}.`;
}

/** The settings, with fewer epochs for a trial on the sample set, and a word on that. */
function forTrial({ recipe, settings, files }: NamedRequest, terminal: Terminal): GivenSettings {
  if (files !== null) return settings;
  terminal.note("No --data: this trains on the built-in sample set of 5,000 records in five languages.");
  const chosen = recipeNamed(recipe), all = settingsOf(chosen, settings);
  if (settings.training?.epochs !== undefined || chosen.fitted?.(all)) return settings;
  terminal.note(
    `${sampleEpochs} epochs at most, to be done soon; --epochs ${all.training.epochs} is the recipe's own.`,
  );
  return { ...settings, training: { ...settings.training, epochs: sampleEpochs } };
}
