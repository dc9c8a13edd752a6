import type { StepCosts } from "../../engine/profile/step_sample.ts";
import { lyingBars } from "../figures/charts.ts";
import { counted, formatNumber, formatShare } from "../numbers.ts";
import type { Figure } from "../section.ts";
import { table } from "../table.ts";
import { drawn } from "./shown_run.ts";

/** What a step of a run, one of its members or folds cost. */
export interface NamedCosts {
  readonly name: string;
  readonly costs: StepCosts;
}

/** Bars of a figure; the others are summed up in one. */
const mostBars = 10;

/** GPU time of a step by family of kernels, and its memory by purpose. */
export function stepCostFigures(runs: readonly NamedCosts[]): Figure[] {
  const timed = runs.filter(({ costs }) => costs.kernels.length > 0);
  return [...(timed.length > 0 ? [kernelFigure(timed)] : []), ...(runs.length > 0 ? [memoryFigure(runs)] : [])];
}

function kernelFigure(runs: readonly NamedCosts[]): Figure {
  const [{ name, costs: { kernels, steps } }] = runs as [NamedCosts], [costliest] = kernels;
  const total = kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const id = "kernel-time", title = "GPU time of a step by kernel family";
  return {
    id,
    title,
    reading: `A step of ${name} keeps the GPU busy for ${formatNumber(total)} ms, on average of ${
      counted(steps, "step")
    }; ${formatShare(costliest!.milliseconds / total)} of that goes to ${costliest!.family}.`,
    spec: amountBars(
      runs.flatMap(({ name, costs }) =>
        costs.kernels.map(({ family, milliseconds }) => ({ label: family, set: name, value: milliseconds }))
      ),
      "milliseconds of a step",
    ),
    data: table(
      id,
      title,
      ["run", "family", "ms a step:number", "share:share", "dispatches a step:number"],
      runs.flatMap(({ name, costs: { kernels } }) => {
        const all = kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
        return kernels.map(({ family, milliseconds, dispatches }) => [
          ...[name, family, milliseconds],
          all > 0 ? milliseconds / all : null,
          dispatches,
        ]);
      }),
    ),
  };
}

function memoryFigure(runs: readonly NamedCosts[]): Figure {
  const [{ name, costs: { memory } }] = runs as [NamedCosts], [most] = memory;
  const total = memory.reduce((sum, { bytes }) => sum + bytes, 0);
  const id = "step-memory", title = "GPU memory by purpose";
  return {
    id,
    title,
    reading: `At its peak, a step of ${name} has ${formatNumber(mebibytes(total))} MiB in use, ${
      formatShare(most!.bytes / total)
    } of it for ${most!.purpose}. More is reserved, for use in later steps.`,
    spec: amountBars(
      runs.flatMap(({ name, costs }) =>
        costs.memory.map(({ purpose, bytes }) => ({ label: purpose, set: name, value: mebibytes(bytes) }))
      ),
      "MiB at the peak of a step",
    ),
    data: table(
      id,
      title,
      ["run", "purpose", "MiB:number"],
      runs.flatMap(({ name, costs }) => costs.memory.map(({ purpose, bytes }) => [name, purpose, mebibytes(bytes)])),
    ),
  };
}

/** An amount of a run. */
interface Amount {
  readonly label: string;
  readonly set: string;
  readonly value: number;
}

/** The amounts of the first runs as bars, the largest first. */
function amountBars(all: readonly Amount[], x: string) {
  const sets = drawn([...new Set(all.map(({ set }) => set))]), shown = all.filter(({ set }) => sets.includes(set));
  const sums = [...Map.groupBy(shown, ({ label }) => label)].map(([label, own]) =>
    [label, own.reduce((sum, { value }) => sum + value, 0)] as const
  ).sort(([, a], [, b]) => b - a);
  const named = sums.length > mostBars ? sums.slice(0, mostBars - 1) : sums, labels = named.map(([label]) => label);
  const rest = sets.map((set) => ({
    label: "all others",
    set,
    value: shown.filter((one) => one.set === set && !labels.includes(one.label))
      .reduce((sum, { value }) => sum + value, 0),
  }));
  const data = [
    ...labels.flatMap((label) => shown.filter((one) => one.label === label)),
    ...(named.length < sums.length ? rest : []),
  ];
  return lyingBars(data.map((one) => ({ ...one })), sets, { x });
}

const mebibytes = (bytes: number) => bytes / 2 ** 20;
