import type { EpochFigures } from "../../data/observer.ts";
import { appendJsonLine, keepJsonLines, readJsonLines } from "./json_lines.ts";

/** How long an epoch took. Kept apart from its figures, since it differs from run to run. */
export interface EpochTiming {
  /** Counted from 1. */
  readonly epoch: number;
  /** Seconds from the epoch's start to its end, validation included. */
  readonly seconds: number;
  /** Optimiser steps in that time. */
  readonly steps: number;
  /** When it ended, ISO 8601 in UTC. */
  readonly finished: string;
}

/** Adds an epoch to `metrics.jsonl`. */
export async function appendFigures(path: string, figures: EpochFigures): Promise<void> {
  const { epoch, trainLoss, validationRmse, accuracy, byScore, mismatchedRmse, selection, learningRate, gradientNorm } =
    figures;
  const { lossScale } = figures;
  await appendJsonLine(path, {
    epoch,
    trainLoss,
    validationRmse,
    accuracy,
    byScore,
    mismatchedRmse,
    selection,
    learningRate,
    gradientNorm,
    ...(lossScale && { lossScale }),
  });
}

/** Reads `metrics.jsonl`; a line cut short at the end is left out. @throws DataError when it is missing or damaged */
export async function readHistory(path: string): Promise<EpochFigures[]> {
  return await readJsonLines(path) as EpochFigures[];
}

/** Cuts `metrics.jsonl` down to the epochs that a checkpoint knows of, and returns those. */
export async function keepHistory(path: string, epochs: number): Promise<EpochFigures[]> {
  return await keepJsonLines(path, epochs) as EpochFigures[];
}

/** Adds an epoch to `timings.jsonl`. */
export async function appendTiming(path: string, { epoch, seconds, steps, finished }: EpochTiming): Promise<void> {
  await appendJsonLine(path, { epoch, seconds: Math.round(seconds * 1000) / 1000, steps, finished });
}

/** Reads `timings.jsonl`. Epochs that were done while a process was killed are not in it. @throws DataError when it is damaged */
export async function readTimings(path: string): Promise<EpochTiming[]> {
  return await readJsonLines(path) as EpochTiming[];
}

/** The epoch with the lowest selection figure, the earliest of several; undefined before the first epoch. */
export function bestEpoch(history: readonly EpochFigures[]): EpochFigures | undefined {
  return history.reduce<EpochFigures | undefined>(
    (best, figures) => best && best.selection <= figures.selection ? best : figures,
    undefined,
  );
}
