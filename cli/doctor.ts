import { command } from "./command.ts";

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
