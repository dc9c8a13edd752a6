import project from "../../deno.json" with { type: "json" };
import { readJsonObject } from "../../data/files/json_object.ts";
import { whatIsAt, writeAtomically } from "../../engine/files/files.ts";
import type { Engine } from "../../engine/engine.ts";
import type { StepCosts } from "../../engine/profile/step_sample.ts";
import type { PhaseSeconds } from "./phase_clock.ts";

/** What a run was finished on, and what that took. */
export interface RunEnvironment {
  /** Version of metrograd. */
  readonly metrograd: string;
  /** "Deno/2.9.6". */
  readonly runtime: string;
  /** "linux". */
  readonly system: string;
  /** What the adapter calls itself. */
  readonly adapter: string;
  /** The interface to the GPU that its driver implements, and the driver. */
  readonly backend: string;
  readonly driver: string;
  /** True where the CPU did the work. */
  readonly software: boolean;
  /** Bytes of GPU memory that were reserved in the end, buffers and copies in textures. */
  readonly reservedBytes: number;
  readonly textureBytes: number;
  /** Phases of the process that finished it; absent in runs of earlier versions. */
  readonly phases?: readonly PhaseSeconds[];
  /** What a step cost there; null where none was looked at, absent in runs of earlier versions. */
  readonly step?: StepCosts | null;
}

/** Writes what a run was finished on. @param measured what that took */
export async function writeEnvironment(
  path: string,
  engine: Engine,
  measured: Required<Pick<RunEnvironment, "phases" | "step">>,
): Promise<void> {
  const { adapter: { description, backend, driver, software } } = engine.opened;
  const { reservedBytes, textureBytes } = engine.memory();
  const environment: RunEnvironment = {
    metrograd: project.version,
    runtime: globalThis.navigator?.userAgent ?? "Node.js",
    system: Deno.build.os,
    ...{ adapter: description, backend, driver, software, reservedBytes, textureBytes },
    ...measured,
  };
  await writeAtomically(path, `${JSON.stringify(environment, null, 2)}\n`);
}

/** Reads what `writeEnvironment` wrote. @returns null for a run of an earlier version @throws DataError when it is damaged */
export async function readEnvironment(path: string): Promise<RunEnvironment | null> {
  if (await whatIsAt(path) === "nothing") return null;
  return await readJsonObject(path, "what a run was finished on") as unknown as RunEnvironment;
}
