import { ensembleConfigOf, ensembleName, type EnsembleRequest, memberConfig } from "../../runs/ensemble/config.ts";
import { describeMember, type Member } from "../../runs/ensemble/members.ts";
import { type EnsembleOptions, type EnsembleSummary, trainEnsemble } from "../../runs/ensemble/train.ts";
import { explainTraining } from "../../runs/explain.ts";
import { recipeNamed, settingsOf } from "../../recipes/registry.ts";
import { readScoreRange } from "../../runs/score_range.ts";
import { type FoldsSummary, trainEnsembleFolds } from "../../runs/folds/train_folds.ts";
import { foldPaths } from "../../runs/folds/folds_folder.ts";
import { formatExplanation } from "../output/explanation.ts";
import { nextFree } from "../output/out.ts";
import { reportTraining } from "../output/report_folder.ts";
import { counted } from "../../data/texts/counted.ts";
import type { Terminal } from "../output/terminal.ts";
import { reportEnsemble, reportFolds } from "../output/train_report.ts";

/** What `train` is asked for when it is to train an ensemble. */
export interface EnsembleCall {
  readonly kind: "ensemble";
  readonly request: EnsembleRequest;
  readonly out: string | null;
  readonly force: boolean;
  /** Trains as many ensembles, each with another part held out; null for one. */
  readonly folds: number | null;
  /** Says what training each member would be like instead of carrying it out. */
  readonly explain: boolean;
  /** Members that are trained at once. */
  readonly jobs: number;
  /** False where no report is wanted. */
  readonly report?: false;
}

/** Trains an ensemble, or says what it would be like. */
export async function trainEnsembleCall(
  { request: asked, out: given, force, folds, explain, jobs, report }: EnsembleCall,
  options: EnsembleOptions,
  sampleEpochs: number,
  terminal: Terminal,
): Promise<void> {
  const request = { ...asked, members: announceMembers(asked, sampleEpochs, terminal) };
  if (explain) {
    const config = ensembleConfigOf(request);
    for (const [number, member] of config.members.entries()) {
      terminal.print(`${describeMember(member)}\n`);
      terminal.print(`${formatExplanation(await explainTraining(memberConfig(config, number), options.reporter))}\n`);
    }
    return;
  }
  const out = given ?? await nextFree("runs", folds === null ? ensembleName : `${ensembleName}-folds`);
  const together = { ...options, force, jobs };
  if (folds === null) await ensembleDone(await trainEnsemble({ ...request, out }, together), terminal, report);
  else await foldsDone(await trainEnsembleFolds({ ...request, out, folds }, together), terminal, report);
}

/** Says what an ensemble came to, on the scale of its data, and writes its report. @throws Interruption when it was stopped */
export async function ensembleDone(summary: EnsembleSummary, terminal: Terminal, wanted?: false): Promise<void> {
  const report = await reportOf(summary, terminal, wanted);
  reportEnsemble(summary, terminal, await readScoreRange(summary.folder), report);
}

/** Says what folds came to, on the scale of their data, and writes their report. @throws Interruption when they were stopped */
export async function foldsDone(summary: FoldsSummary, terminal: Terminal, wanted?: false): Promise<void> {
  const report = await reportOf(summary, terminal, wanted);
  reportFolds(summary, terminal, await readScoreRange(foldPaths(summary.folder, 1)[0]!), report);
}

/** Writes the report of what is finished. @param wanted false for none @returns where it is; null where there is none */
export async function reportOf(
  { folder, finished }: { readonly folder: string; readonly finished: boolean },
  terminal: Terminal,
  wanted?: false,
): Promise<string | null> {
  return finished && wanted !== false ? await reportTraining(folder, terminal) : null;
}

/** Says what the members are; with fewer epochs for a trial on the sample set. */
function announceMembers({ members, files }: EnsembleRequest, epochs: number, terminal: Terminal): readonly Member[] {
  terminal.note(`${counted(members.length, "member")}:`);
  for (const member of members) terminal.note(`  ${describeMember(member)}`);
  if (files !== null) return members;
  terminal.note(
    `No --data: this trains on the built-in sample set, ${epochs} epochs at most where a member does not ask for others.`,
  );
  return members.map(({ recipe, settings }) => {
    const chosen = recipeNamed(recipe);
    if (settings.training?.epochs !== undefined || chosen.fitted?.(settingsOf(chosen, settings))) {
      return { recipe, settings };
    }
    return { recipe, settings: { ...settings, training: { ...settings.training, epochs } } };
  });
}
