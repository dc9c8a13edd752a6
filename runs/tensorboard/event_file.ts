import { join } from "node:path";
import { appendToFile, listFolderOrExplain, readFileOrExplain, writeAtomically } from "../../engine/files/files.ts";
import {
  holdsValues,
  type Moment,
  scalarsOf,
  stepOf,
  summaryEvent,
  type SummaryValue,
  versionEvent,
} from "./events.ts";
import { readRecords, toRecord } from "./records.ts";

/** Names of event files as TensorBoard looks for them, with the seconds at which they were begun. */
const nameForm = /^events\.out\.tfevents\.(\d{10})\.metrograd$/;
const nameOf = (seconds: number) => `events.out.tfevents.${String(seconds).padStart(10, "0")}.metrograd`;

/**
 * The TensorBoard event file of a folder. No step is in it twice: when work is taken up again, what it holds beyond the
 * last checkpoint is left out.
 */
export class EventFile {
  readonly #path: string;
  /** Events that were there when it was opened. */
  readonly #found: readonly Uint8Array[];

  private constructor(path: string, found: readonly Uint8Array[]) {
    this.#path = path;
    this.#found = found;
  }

  /**
   * Opens the event file of a folder, or begins one.
   *
   * A file with steps beyond `lastStep` is replaced by one of a later name that has those before: a TensorBoard that reads
   * the old one goes on with the new one, while it would not go back in a file that became shorter.
   *
   * @param lastStep the step that the work goes on after; 0 for work that begins
   */
  static async open(folder: string, lastStep: number): Promise<EventFile> {
    const names = await eventFiles(folder), newest = names.at(-1), now = Date.now() / 1000;
    const bytes = newest === undefined
      ? new Uint8Array()
      : await readFileOrExplain(join(folder, newest), "an event file");
    const records = readRecords(bytes);
    const beyond = records.findIndex(({ content }) => stepOf(content) > lastStep);
    const kept = beyond < 0 ? records : records.slice(0, beyond);
    const end = kept.at(-1)?.end ?? 0, found = kept.map(({ content }) => content);
    let name = newest;
    if (name === undefined || beyond >= 0 || end === 0) {
      name = nameOf(Math.max(Math.floor(now), Number(nameForm.exec(name ?? "")?.[1] ?? 0) + 1));
      await writeAtomically(join(folder, name), end > 0 ? bytes.subarray(0, end) : toRecord(versionEvent(now)));
    } else if (end < bytes.length) {
      // The process was killed while it wrote the last record.
      await Deno.truncate(join(folder, name), end);
    }
    for (const other of names) if (other !== name) await Deno.remove(join(folder, other));
    return new EventFile(join(folder, name), found);
  }

  /** The last step that was there when it was opened; 0 where there was none. */
  get lastStep(): number {
    return this.#found.reduce((last, event) => Math.max(last, stepOf(event)), 0);
  }

  /** Adds values, if there are any, and flushes them to the disk. */
  async add(moment: Moment, values: readonly SummaryValue[]): Promise<void> {
    if (values.length > 0) await appendToFile(this.#path, toRecord(summaryEvent(moment, values)));
  }

  /** Adds values unless the same ones, of any step, were there when it was opened. */
  async addOnce(moment: Moment, values: readonly SummaryValue[]): Promise<void> {
    if (!this.#found.some((event) => holdsValues(event, values))) await this.add(moment, values);
  }
}

/** A point of a curve. */
export interface CurvePoint {
  readonly step: number;
  readonly value: number;
}

/** The curves in the event file of a folder, by tag; none where there is no file. A record that is damaged ends them. */
export async function readCurves(folder: string): Promise<Map<string, CurvePoint[]>> {
  const curves = new Map<string, CurvePoint[]>(), name = (await eventFiles(folder)).at(-1);
  if (name === undefined) return curves;
  for (const { content } of readRecords(await readFileOrExplain(join(folder, name), "an event file"))) {
    const step = stepOf(content);
    for (const [tag, value] of scalarsOf(content)) {
      const curve = curves.get(tag);
      if (curve) curve.push({ step, value });
      else curves.set(tag, [{ step, value }]);
    }
  }
  return curves;
}

/** Moves the event file of a folder to another, in the place of any that is there. */
export async function moveEventFile(from: string, to: string): Promise<void> {
  for (const name of await eventFiles(to)) await Deno.remove(join(to, name));
  for (const name of await eventFiles(from)) await Deno.rename(join(from, name), join(to, name));
}

/** Names of the event files in a folder, the oldest first. */
async function eventFiles(folder: string): Promise<string[]> {
  return (await listFolderOrExplain(folder, "a folder")).filter((name) => nameForm.test(name)).sort();
}
