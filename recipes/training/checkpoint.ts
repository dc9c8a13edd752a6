import type { StreamedTensor } from "../../engine/files/write_safetensors.ts";
import type { FileTensor } from "../../engine/files/safetensors_reader.ts";
import type { EarlyStoppingState } from "../../engine/optim/early_stopping.ts";
import type { GradScalerState } from "../../engine/optim/grad_scaler.ts";
import { DataError } from "../../kernels/errors.ts";
import { openKept, writeKept } from "./kept_checkpoints.ts";
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
  /** Steps among them that mixed precision skipped; their norms are not in the sum. */
  readonly skippedSteps: number;
  /** Steps among those whose loss was not finite either, so that it is not in the sum. */
  readonly lostSteps: number;
}

/**
 * All that has to be known, besides data and settings, to go on with a run to the same bits. Its tensors are copied between
 * GPU and file part by part, since they may be larger than what is left of the host's memory.
 */
export interface Checkpoint<Values> {
  readonly position: Position;
  /** Seed of the random ops; with the position's step it is all their state. */
  readonly seed: number;
  readonly learningRate: number;
  /** That of the settings; a run that goes on with another one takes that instead. Older checkpoints lack it. */
  readonly firstLearningRate?: number;
  /** Of mixed precision; null in f32. */
  readonly lossScale: GradScalerState | null;
  readonly schedule: ScheduleState;
  /** Null or absent where training is not stopped early. */
  readonly earlyStopping?: EarlyStoppingState | null;
  /** Mean loss of each epoch that is done, where no file beside the checkpoint has it. */
  readonly losses?: readonly number[];
  /** Identifies data and settings; a run goes on only with the same. */
  readonly fingerprint: string;
  readonly weights: ReadonlyMap<string, Values>;
  /** The optimiser's state by name of the moment, then by path of the parameter. */
  readonly moments: Readonly<Record<string, ReadonlyMap<string, Values>>>;
}

const format = "metrograd checkpoint 3", withoutChecksum = "metrograd checkpoint 2";

/** Writes a checkpoint as one safetensors file and keeps the one before it. */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint<StreamedTensor>): Promise<void> {
  const { weights, moments, ...state } = checkpoint;
  const tensors = new Map<string, StreamedTensor>();
  for (const [group, values] of Object.entries({ weights, ...moments })) {
    for (const [name, tensor] of values) tensors.set(`${group}.${name}`, tensor);
  }
  // Best figures start at infinity, which JSON cannot say.
  const json = JSON.stringify(state, (_, value) => value === Infinity ? "Infinity" : value);
  await writeKept(path, tensors, { format, state: json });
}

/** What a checkpoint holds besides its tensors. */
export type CheckpointState = Omit<Checkpoint<never>, "weights" | "moments">;

/** Forms of checkpoints of earlier versions, by what their metadata call them. */
export interface EarlierForms {
  /** With a checksum. */
  readonly signed: readonly string[];
  /** Without one. */
  readonly unsigned: readonly string[];
  /** What the metadata of any of them say of the training. */
  stateOf(metadata: Readonly<Record<string, string>>): CheckpointState;
}

const noEarlierForms: EarlierForms = { signed: [], unsigned: [], stateOf: ({ state }) => parseState(state ?? "") };

/**
 * Opens a checkpoint for `use`, and closes it.
 *
 * @param earlier forms that are read too
 * @throws DataError when the file is missing, damaged or of another kind
 */
export async function readCheckpoint(
  path: string,
  use: (checkpoint: Checkpoint<FileTensor>) => Promise<void>,
  earlier: EarlierForms = noEarlierForms,
): Promise<void> {
  const unsigned = [withoutChecksum, ...earlier.unsigned];
  using file = await openKept(path, [format, ...earlier.signed, ...unsigned], unsigned);
  const { tensors, metadata } = file;
  const groups = new Map<string, Map<string, FileTensor>>();
  for (const [path, tensor] of tensors) {
    const dot = path.indexOf("."), group = path.slice(0, dot);
    groups.set(group, (groups.get(group) ?? new Map()).set(path.slice(dot + 1), tensor));
  }
  const { weights = new Map(), ...moments } = Object.fromEntries(groups);
  const isOwn = metadata.format === format || metadata.format === withoutChecksum;
  const state = readState(path, () => isOwn ? parseState(metadata.state ?? "") : earlier.stateOf(metadata));
  await use({ ...state, weights, moments });
}

function readState(path: string, parse: () => CheckpointState): CheckpointState {
  try {
    return parse();
  } catch (error) {
    throw new DataError(`${path} is damaged: the state in its metadata is no JSON.`, { cause: error });
  }
}

function parseState(json: string): CheckpointState {
  return JSON.parse(json, (_, value) => value === "Infinity" ? Infinity : value);
}
