import "../kept_device.ts";
import { main } from "../../cli/main.ts";
import type { Actions } from "../../cli/program.ts";
import { createTerminal, type Terminal } from "../../cli/output/terminal.ts";

/** A terminal that keeps what is written to it. */
export function recordingTerminal(
  { interactive = false, color = false, columns = 80 } = {},
): { terminal: Terminal; written: { out: string; err: string } } {
  const written = { out: "", err: "" };
  const terminal = createTerminal({
    out: (text) => written.out += text,
    err: (text) => written.err += text,
    interactive,
    color,
    columns: () => columns,
  });
  return { terminal, written };
}

/** Runs a command line whose commands do nothing but note what they were asked for, unless `actions` says otherwise. */
export async function run(line: string, actions: Partial<Actions> = {}) {
  const { terminal, written } = recordingTerminal();
  const calls: { command: string; call: unknown }[] = [];
  const note = (command: string) => (call: unknown) => Promise.resolve(void calls.push({ command, call }));
  const code = await main(line.split(" ").filter((word) => word !== ""), terminal, {
    train: note("train"),
    evaluate: note("evaluate"),
    compare: note("compare"),
    predict: note("predict"),
    convert: note("convert"),
    recipes: note("recipes"),
    explore: note("explore"),
    report: note("report"),
    augment: note("augment"),
    synthesize: note("synthesize"),
    embed: note("embed"),
    finetune: note("finetune"),
    download: note("download"),
    sample: note("sample"),
    doctor: note("doctor"),
    serve: note("serve"),
    ...actions,
  });
  return { code, ...written, calls };
}
