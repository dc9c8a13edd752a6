import { writeAtomically } from "../../engine/files/files.ts";
import { describeProcessor, processorInfo } from "../results/real/machine.ts";
import type { StageResult } from "./stage.ts";

/** How a stage ended. */
export type StageEnd = "running" | "done" | "failed" | "out of time";

/** What is kept of a stage. */
export interface StageRecord {
  readonly name: string;
  end: StageEnd;
  /** Seconds that it was given, and that it took. */
  readonly allowed: number;
  seconds: number;
  /** The last lines that its process wrote to stderr: what it went without, and why it failed. */
  notes?: readonly string[];
  readonly results: StageResult[];
}

/** The file of a measurement, written anew after every result. */
export class HardwareReport {
  readonly #path: string;
  readonly #head: Readonly<Record<string, unknown>>;
  /** In the order in which they were begun. */
  readonly stages: StageRecord[] = [];
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, head: Readonly<Record<string, unknown>>) {
    this.#path = path;
    this.#head = head;
  }

  /** Begins a file. @throws MetrogradError when it cannot be written */
  static async begin(path: string, options: { readonly minutes: number; readonly small: boolean }) {
    const machine = { os: Deno.build.os, arch: Deno.build.arch, processor: describeProcessor(await processorInfo()) };
    const head = { format: "metrograd hardware 1", started: new Date().toISOString(), deno: Deno.version.deno };
    const report = new HardwareReport(path, { ...head, machine, ...options });
    await report.write();
    return report;
  }

  /** Writes all that is known by now; writes never overlap. */
  async write(): Promise<void> {
    const text = JSON.stringify({ ...this.#head, stages: this.stages }, null, 1) + "\n";
    await (this.#writing = this.#writing.then(() => writeAtomically(this.#path, text)));
  }

  /** A result by the names of its stage and its own. */
  find(stage: string, name: string): StageResult | undefined {
    return this.stages.find((one) => one.name === stage)?.results.find((result) => result.name === name);
  }
}
