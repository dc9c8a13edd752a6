import { readSafetensors, type SafetensorsTensor, writeSafetensors } from "../engine/safetensors.ts";
import type { StateDict } from "../engine/nn/module.ts";
import type { EarlyStoppingState } from "../engine/optim/early_stopping.ts";
import { DataError } from "../kernels/errors.ts";
import type { ScheduleState } from "./schedules.ts";

/** Where a run stands: between two batches. */
export interface Position {
  /** Epochs that are done. */
  readonly epoch: number;
  /** Batches of the current epoch that are done. */
  readonly batch: number;
  /** Optimiser steps since the start. */
  readonly step: number;
  /** Sum of loss x rows over the batches of the current epoch that are done. */
  readonly lossSum: number;
  /** Sum of the gradients' norms over the same batches. */
  readonly normSum: number;
}

/** All that has to be known, besides data and settings, to go on with a run to the same bits. */
export interface Checkpoint {
  readonly position: Position;
  /** Seed of the random ops; with the position's step it is all their state. */
  readonly seed: number;
  readonly learningRate: number;
  readonly schedule: ScheduleState;
  readonly earlyStopping: EarlyStoppingState;
  /** Identifies data and settings; a run goes on only with the same. */
  readonly fingerprint: string;
  readonly weights: StateDict;
  /** The optimiser's state by name of the moment, then by path of the parameter. */
  readonly moments: Readonly<Record<string, StateDict>>;
}

const format = "metrograd checkpoint 2";

/** Writes a checkpoint as one safetensors file, aside first, then renamed. */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { weights, moments, ...state } = checkpoint;
  const tensors = new Map<string, SafetensorsTensor>();
  const add = (prefix: string, values: StateDict) => {
    for (const [name, { shape, data }] of values) tensors.set(`${prefix}.${name}`, { dtype: "F32", shape, data });
  };
  add("weights", weights);
  for (const [moment, values] of Object.entries(moments)) add(moment, values);
  // Best figures start at infinity, which JSON cannot say.
  const json = JSON.stringify(state, (_, value) => value === Infinity ? "Infinity" : value);
  await writeSafetensors(path, tensors, { format, state: json });
}

/** Reads a checkpoint. @throws DataError when the file is missing, damaged or of another kind */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const { tensors, metadata } = await readSafetensors(path);
  if (metadata.format !== format || metadata.state === undefined) {
    throw new DataError(
      `${path} is no checkpoint: "${format}" is expected in its metadata, found ${
        metadata.format === undefined ? "nothing" : `"${metadata.format}"`
      }.`,
    );
  }
  const groups: Record<string, Map<string, { shape: readonly number[]; data: Float32Array<ArrayBuffer> }>> = {};
  for (const [path, { shape, data }] of tensors) {
    const dot = path.indexOf(".");
    (groups[path.slice(0, dot)] ??= new Map()).set(path.slice(dot + 1), {
      shape,
      data: data as Float32Array<ArrayBuffer>,
    });
  }
  const { weights = new Map(), ...moments } = groups;
  return { ...readState(metadata.state, path), weights, moments };
}

function readState(json: string, path: string): Omit<Checkpoint, "weights" | "moments"> {
  try {
    return JSON.parse(json, (_, value) => value === "Infinity" ? Infinity : value);
  } catch (error) {
    throw new DataError(`${path} is damaged: the state in its metadata is no JSON.`, { cause: error });
  }
}
