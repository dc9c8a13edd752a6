import { callOf } from "../../data/files/called_as.ts";
import { trend } from "../figures/charts.ts";
import { counted, formatNumber } from "../numbers.ts";
import type { Section } from "../section.ts";
import { type Cell, table } from "../table.ts";
import { stepCostFigures } from "./step_cost_figures.ts";
import type { RunHistory } from "./reported_run.ts";
import { drawn, namesOf, type ShownRun } from "./shown_run.ts";

/** Time and memory, what the runs were finished on, and the calls that make them again. */
export function costSection(runs: readonly ShownRun[], command: string): Section {
  const each = runs.flatMap(({ label, histories }) =>
    histories.map((history) => ({ label, history, name: nameOf(label, history, histories.length) }))
  );
  const total = ({ timings }: RunHistory) => timings.reduce((sum, { seconds }) => sum + seconds, 0);
  const steps = ({ timings }: RunHistory) => timings.reduce((sum, one) => sum + one.steps, 0);
  const timed = drawn(runs).flatMap(({ label, histories }) =>
    histories.length > 1 ? [] : histories[0]!.timings.map(({ epoch, seconds }) => ({
      x: epoch,
      set: label,
      value: seconds,
      low: seconds,
      high: seconds,
    }))
  );
  const hasEpochs = new Set(timed.map(({ x }) => x)).size > 1;
  const costs = each.flatMap(({ name, history: { environment } }) =>
    environment?.step ? [{ name, costs: environment.step }] : []
  );
  const megabytes = (bytes: number | undefined) => bytes === undefined ? null : bytes / 2 ** 20;
  return {
    id: "cost",
    title: "Time and memory",
    text: textOf(each),
    figures: [
      ...(hasEpochs
        ? [{
          id: "epoch-seconds",
          title: "Time of each epoch",
          reading: `${runs[0]!.label} took ${formatNumber(runs[0]!.line.seconds)} seconds in all.`,
          spec: trend(timed, namesOf(runs), { x: "epoch", y: "seconds" }),
          data: table(
            "epoch-seconds",
            "Time of each epoch",
            ["epoch:count", "run", "seconds:number"],
            timed.map(({ x, set, value }) => [x, set, value]),
          ),
        }]
        : []),
      ...stepCostFigures(costs),
    ],
    commands: [...runs.map(({ call }) => callOf(call)), command],
    tables: [
      table(
        "time-and-memory",
        "Time and memory",
        [
          "run",
          "epochs:count",
          "steps:count",
          "seconds:number",
          "steps a second:number",
          "GPU memory, MiB:number",
          "of that in textures:number",
        ],
        each.map(({ name, history }): Cell[] => [
          name,
          history.epochs.length,
          steps(history),
          total(history),
          steps(history) === 0 ? null : steps(history) / total(history),
          history.environment === null
            ? null
            : megabytes(history.environment.reservedBytes + history.environment.textureBytes),
          megabytes(history.environment?.textureBytes),
        ]),
        { reading: `${counted(each.length, "run")} in all.`, shown: 100 },
      ),
      table(
        "phases",
        "Phases",
        ["run", "phase", "seconds:number"],
        each.flatMap(({ name, history: { environment } }): Cell[][] =>
          (environment?.phases ?? []).map(({ phase, seconds }) => [name, phase, seconds])
        ),
        { reading: "Of the process that finished the run, up to its results.", shown: 100 },
      ),
      table(
        "environment",
        "What it was trained on",
        ["run", "metrograd", "runtime", "system", "adapter", "driver", "finished"],
        each.map(({ name, history: { environment, timings } }): Cell[] => [
          name,
          environment?.metrograd ?? null,
          environment?.runtime ?? null,
          environment?.system ?? null,
          environment && `${environment.adapter}${environment.software ? " (the CPU did the work)" : ""}`,
          environment && `${environment.driver}, ${environment.backend}`,
          timings.at(-1)?.finished ?? null,
        ]),
        { shown: 100 },
      ),
    ].filter(({ rows }) => rows.length > 0),
  };
}

/** What is recorded, and what is not there of which runs. */
function textOf(each: readonly { readonly name: string; readonly history: RunHistory }[]): string {
  const of = (which: (environment: RunHistory["environment"]) => boolean) =>
    each.filter(({ history: { environment } }) => which(environment)).map(({ name }) => name).join(", ");
  const fitted = of((environment) => environment?.step === null);
  const earlier = of((environment) => environment?.step === undefined);
  return "Runs record the time of each epoch, what kernels cost in a few steps after the first, and GPU memory. The " +
    "first epoch includes what is fitted before it." +
    (fitted === "" ? "" : ` No steps were timed of what is fitted in closed form or has too few: ${fitted}.`) +
    (earlier === "" ? "" : ` Runs of earlier versions do not have all of this: ${earlier}.`);
}

function nameOf(label: string, { folder }: RunHistory, of: number): string {
  return of === 1 ? label : `${label}: ${folder.split(/[\\/]/).slice(-2).join("/")}`;
}
