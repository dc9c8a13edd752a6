import { formatReport, inspect } from "../../engine/device/report.ts";
import { DeviceError } from "../../kernels/errors.ts";
import { command } from "../command.ts";
import type { Terminal } from "../output/terminal.ts";

/** What `doctor` is asked for. */
export interface DoctorCall {
  readonly json: boolean;
}

/** `doctor`: shows what the GPU can do here. */
export function doctorCommand(act: (call: DoctorCall) => Promise<void>) {
  return command("doctor", "Show the GPU adapter, what it can do, and what would make it faster.", [
    ["doctor", "Look"],
    ["doctor --json", "For a script"],
  ])
    .option("--json", "print the report as JSON")
    .action(({ json }) => act({ json: json ?? false }));
}

export async function doctor({ json }: DoctorCall, terminal: Terminal): Promise<void> {
  const report = await inspect({ onNote: (sentence) => terminal.note(sentence) });
  terminal.print(json ? JSON.stringify(report, null, 2) : formatReport(report));
  if (!report.correct) {
    throw new DeviceError(
      `${report.description} computes wrong: matrix products are off by up to ${report.matmulError.toExponential(1)}.`,
    );
  }
}
