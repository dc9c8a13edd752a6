import { join } from "node:path";
import { listFolderOrExplain, whatIsAt } from "../../engine/files/files.ts";
import { UsageError } from "../../kernels/errors.ts";
import { refuseExisting } from "./out.ts";
import type { Terminal } from "./terminal.ts";

/** What a report's folder holds, and nothing else. */
const reportParts = ["index.html", "figures", "tables"];

/** @throws UsageError when the folder is taken: by anything, or with `force` by something that is no report */
export async function refuseTaken(folder: string, force: boolean): Promise<void> {
  await refuseExisting(folder, "--out", force);
  const found = await whatIsAt(folder);
  if (found === "nothing") return;
  const names = found === "folder" ? await listFolderOrExplain(folder, "a report") : [];
  if (names.includes("index.html") && names.every((name) => reportParts.includes(name))) return;
  throw new UsageError(`--out ${folder} holds something else than a report; it is not replaced.`);
}

/** Takes away the report that is to be replaced. */
export async function removeReport(folder: string): Promise<void> {
  if (await whatIsAt(folder) !== "nothing") await Deno.remove(folder, { recursive: true });
}

/** Where the report of a run lies unless another folder is named. */
export const ownReport = (run: string): string => join(run, "report");

/**
 * Writes the report of a training that is done, and says so where it cannot.
 *
 * @param what was trained
 * @returns its path; null for none
 */
export async function reportTraining(
  run: string,
  terminal: Terminal,
  what: "run" | "encoder" = "run",
): Promise<string | null> {
  terminal.status("writing the report ...");
  try {
    const folder = ownReport(run);
    await refuseTaken(folder, true);
    // Charts are loaded here, once training is over.
    const { writeRunReport } = await import("../../reports/report/run_report.ts");
    await removeReport(folder);
    return await writeRunReport(run, folder, terminal.note);
  } catch (error) {
    terminal.warn(`The ${what} is whole, but its report could not be written: ${(error as Error).message}`);
    return null;
  } finally {
    terminal.status("");
  }
}
