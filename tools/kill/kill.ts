import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { stepOf } from "../../runs/tensorboard/events.ts";
import { readRecords } from "../../runs/tensorboard/records.ts";
import { runAndKill, runToEnd } from "./process.ts";
import { events, type Scenario } from "./scenarios.ts";

/** What killing a scenario once came to. */
export interface KillOutcome {
  /** True when it was killed, false when it was done before. */
  readonly killed: boolean;
  /** True when `resume` went on with it, false when it began again. */
  readonly resumed: boolean;
}

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

/**
 * Kills a scenario after some milliseconds, lets it go on to its end, and compares what is there with what an unbroken run
 * has written.
 *
 * @throws AssertionError naming the file that differs, or what the way on says
 */
export async function killOnce(
  scenario: Scenario,
  { whole, out, milliseconds }: { readonly whole: string; readonly out: string; readonly milliseconds: number },
): Promise<KillOutcome> {
  const killed = await runAndKill(scenario.command(out), milliseconds);
  const resumed = killed && scenario.begun !== null && await exists(scenario.begun(out));
  if (resumed) await runToEnd(scenario.resume(out));
  // Killed after the last thing it did, it is done.
  else if (killed && !(scenario.isWhole && await exists(out))) await runToEnd(scenario.command(out));
  const wanted = await filesOf(whole), found = await filesOf(out);
  const kept = ({ differs }: Scenario, files: ReadonlyMap<string, Uint8Array>) =>
    [...files.keys()].filter((file) => !differs(file)).sort();
  assert.deepEqual(kept(scenario, found), kept(scenario, wanted), "as many files");
  for (const file of kept(scenario, wanted)) {
    assert.deepEqual(found.get(file), wanted.get(file), `${file} differs after a kill at ${milliseconds} ms`);
  }
  if (scenario.name !== "finetune") assert.deepEqual(epochsOf(found), epochsOf(wanted), "epochs for TensorBoard");
  return { killed, resumed };
}

/** The steps of all event files, by folder. */
function epochsOf(files: ReadonlyMap<string, Uint8Array>): Record<string, number[]> {
  return Object.fromEntries(
    [...files].filter(([file]) => events.test(file)).map(([file, bytes]) => [
      dirname(file),
      readRecords(bytes).map(({ content }) => stepOf(content)),
    ]),
  );
}

/** All files below a folder. */
async function filesOf(folder: string, below = ""): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for await (const { name, isDirectory } of Deno.readDir(join(folder, below))) {
    const path = join(below, name);
    if (!isDirectory) found.set(path, await Deno.readFile(join(folder, path)));
    else for (const [file, bytes] of await filesOf(folder, path)) found.set(file, bytes);
  }
  return found;
}
