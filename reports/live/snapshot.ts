import { duration } from "../../data/texts/duration.ts";
import { formatNumber } from "../numbers.ts";
import { drawLines, type Line, type Shape } from "./line_chart.ts";
import type { LiveEpoch, LiveRun } from "./live_run.ts";
import type { LiveState } from "./live_state.ts";

/** A chart with its words. */
export interface LiveChart {
  readonly id: string;
  readonly title: string;
  /** What it shows, in a sentence. */
  readonly reading: string;
  readonly shapes: readonly Shape[];
}

/** A table of texts. */
export interface LiveTable {
  readonly id: string;
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** All that the page shows but the log. */
export interface Snapshot {
  /** In a sentence, for the head of the page and for screen readers. */
  readonly status: string;
  /** True once the training has ended, however it did. */
  readonly over: boolean;
  /** In a few words, for the title of the window. */
  readonly short: string;
  readonly facts: readonly { readonly name: string; readonly value: string; readonly note: string }[];
  readonly charts: readonly LiveChart[];
  readonly tables: readonly LiveTable[];
}

/** Rows of the table of epochs. */
const mostRows = 500;
/** Other runs that are drawn beside the current one. */
const mostBeside = 24;

/** What the page is to show of a training. */
export function snapshotOf(state: LiveState): Snapshot {
  const run = state.current;
  return {
    status: statusOf(state, run),
    short: run && run.epochs > 0 && !run.fitted ? `${run.history.length}/${run.epochs} epochs` : state.activity,
    over: state.ending !== null,
    facts: factsOf(state, run),
    charts: [...(run ? runCharts(state, run) : []), memoryChart(state)].filter(({ shapes }) => shapes.length > 1),
    tables: [
      ...(state.runs.length > 1 ? [runTable(state.runs)] : []),
      ...(run && run.history.length > 0 ? [epochTable(run)] : []),
    ],
  };
}

const endings = {
  done: "Training is done. The page stays as it is.",
  stopped: "Training was stopped. The page goes on when it is resumed.",
  failed: "Training failed; the log says why. The page goes on when it is resumed.",
} as const;

function statusOf({ ending, activity, place }: LiveState, run: LiveRun | null): string {
  if (ending) return endings[ending];
  const which = run && run.name !== "" ? `${run.name}${place ? ` (${place.number} of ${place.of})` : ""}: ` : "";
  if (activity !== "") return `${which}${activity}.`;
  if (!run || run.state === "preparing") return `${which}preparing.`;
  if (run.fitted) return `${which}fitting.`;
  return `${which}training, epoch ${run.progress?.epoch ?? run.history.length + 1} of ${run.epochs}.`;
}

function factsOf(state: LiveState, run: LiveRun | null): Snapshot["facts"] {
  const best = run?.best ?? null, last = run?.history.at(-1) ?? null, progress = run?.progress ?? null;
  const perSecond = run?.perSecond ?? null, left = run?.secondsLeft ?? null, memory = state.lastMemory;
  const facts: (readonly [name: string, value: string, note?: string])[] = [];
  if (run && run.epochs > 0 && !run.fitted) {
    const within = progress && progress.epoch > run.history.length
      ? `batch ${progress.batch} of ${progress.batches}`
      : "done";
    facts.push(["epoch", `${progress?.epoch ?? run.history.length} of ${run.epochs}`, within]);
  }
  if (best?.rmse) facts.push(["best RMSE", digits(best.rmse), run!.fitted ? "" : `epoch ${best.epoch}`]);
  if (best?.mismatched) facts.push(["mismatched RMSE", digits(best.mismatched), "where the metric does not fit"]);
  if (last && !run!.fitted) facts.push(["loss", digits(last.loss), `mean of epoch ${last.epoch}`]);
  if (perSecond !== null) facts.push(["rate", `${formatNumber(perSecond)} steps/s`]);
  if (left !== null && state.ending === null) {
    facts.push(["time left", left > 0 ? `≤ ${duration(left)}` : "–", "of this run, unless it stops early"]);
  }
  facts.push(["running for", duration((state.now() - state.began) / 1000)]);
  if (memory) {
    facts.push(["memory", bytes(memory.process), memory.gpu === null ? "" : `${bytes(memory.gpu)} taken on the GPU`]);
  }
  return facts.map(([name, value, note = ""]) => ({ name, value, note }));
}

function runCharts(state: LiveState, run: LiveRun): LiveChart[] {
  if (run.fitted) return [];
  const last = run.history.at(-1);
  const beside = state.runs.filter((one) => one !== run).slice(-mostBeside);
  const line = (of: (epoch: LiveEpoch) => number | null, look: Omit<Line, "points">, from = run): Line => ({
    ...look,
    points: from.history.flatMap((epoch) => of(epoch) === null ? [] : [[epoch.epoch, of(epoch)!] as const]),
  });
  const rmse = (epoch: LiveEpoch) => epoch.rmse;
  const chart = (id: string, title: string, yTitle: string, lines: readonly Line[], reading: string): LiveChart => ({
    ...{ id, title, reading },
    shapes: lines.every(({ points }) => points.length === 0)
      ? []
      : drawLines({ lines, yTitle, xTitle: "epoch", wholeX: true }),
  });
  const at = (value: number | null | undefined) =>
    last && value !== null && value !== undefined ? `Epoch ${last.epoch}: ${digits(value)}.` : "";
  return [
    chart("rmse", "Error on held-out rows", "RMSE", [
      ...beside.map((other, i) => line(rmse, { name: i === 0 ? "other runs" : "", color: "muted", thin: true }, other)),
      line(rmse, { name: "validation", color: "train" }),
      line((epoch) => epoch.mismatched, { name: "mismatched", color: "test", dashed: true }),
    ], run.best?.rmse ? `Lowest so far: ${digits(run.best.rmse)}, epoch ${run.best.epoch}. ${at(last?.rmse)}` : ""),
    chart("loss", "Training loss", "loss", [
      { name: "batch", color: "muted", thin: true, points: run.losses.points },
      line((epoch) => epoch.loss, { name: "epoch", color: "train" }),
    ], at(last?.loss)),
    chart(
      "learning-rate",
      "Learning rate",
      "rate",
      [line((epoch) => epoch.learningRate, { name: "", color: "train" })],
      last?.learningRate ? `Epoch ${last.epoch}: ${Number(last.learningRate.toPrecision(3))}.` : "",
    ),
    chart("gradient", "Gradient before clipping", "norm", [
      line((epoch) => epoch.gradientNorm, { name: "", color: "train" }),
    ], at(last?.gradientNorm)),
    chart(
      "speed",
      "Speed",
      "steps/s",
      [{ name: "", color: "train", points: run.speed.points }],
      run.perSecond === null ? "" : `${formatNumber(run.perSecond)} steps a second since the first.`,
    ),
  ];
}

function memoryChart({ memory, lastMemory }: LiveState): LiveChart {
  const minutes = (points: readonly (readonly [number, number])[]) =>
    points.map(([seconds, bytes]) => [seconds / 60, bytes / 2 ** 20] as const);
  const lines: Line[] = [
    { name: "process", color: "train", points: minutes(memory.process.points) },
    { name: "GPU", color: "test", dashed: true, points: minutes(memory.gpu.points) },
  ];
  return {
    id: "memory",
    title: "Memory",
    reading: lastMemory ? `The process has ${bytes(lastMemory.process)}.` : "",
    shapes: memory.process.points.length < 2 ? [] : drawLines({ lines, yTitle: "MiB", xTitle: "minutes" }),
  };
}

const runTable = (runs: readonly LiveRun[]): LiveTable => ({
  id: "runs",
  title: "Runs",
  columns: ["run", "state", "epochs", "best RMSE", "mismatched RMSE"],
  rows: runs.map(({ name, state, history, best, fitted }) => [
    name,
    state,
    fitted ? "" : String(history.length),
    cell(best?.rmse),
    cell(best?.mismatched),
  ]),
});

function epochTable({ name, history }: LiveRun): LiveTable {
  const shown = history.slice(-mostRows).toReversed();
  const columns: (readonly [string, (epoch: LiveEpoch) => string])[] = [
    ["epoch", ({ epoch }) => String(epoch)],
    ["loss", ({ loss }) => cell(loss)],
    ["RMSE", ({ rmse }) => cell(rmse)],
    ["mismatched RMSE", ({ mismatched }) => cell(mismatched)],
    ["learning rate", ({ learningRate }) => learningRate === null ? "" : String(Number(learningRate.toPrecision(3)))],
    ["gradient norm", ({ gradientNorm }) => cell(gradientNorm)],
    ["best so far", ({ best }) => best ? "yes" : ""],
  ];
  const kept = columns.filter(([, of]) => shown.some((epoch) => of(epoch) !== ""));
  return {
    id: "epochs",
    title: name === "" ? "Epochs" : `Epochs of ${name}`,
    columns: kept.map(([title]) => title),
    rows: shown.map((epoch) => kept.map(([, of]) => of(epoch))),
  };
}

const digits = (value: number) => value.toFixed(4);
const cell = (value: number | null | undefined) => value === null || value === undefined ? "" : digits(value);
const bytes = (count: number) =>
  `${formatNumber(count / 2 ** (count < 2 ** 30 ? 20 : 30))} ${count < 2 ** 30 ? "MiB" : "GiB"}`;
