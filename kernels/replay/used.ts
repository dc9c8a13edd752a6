import type { TextureCopy } from "../texture_reads/pool.ts";
import type { Allocation, Operand, RecordedCommand } from "./recording.ts";

/** What a command reads and writes, in its order. */
export function operandsOf(command: RecordedCommand): readonly Operand[] {
  switch (command.kind) {
    case "dispatch":
      return command.operands;
    case "copy":
      return [command.from, command.to];
    case "clear":
      return [command.target];
    case "texture":
      return [command.from];
  }
}

/** What a command writes in buffers. */
export function writtenBy(command: RecordedCommand): readonly Operand[] {
  switch (command.kind) {
    case "dispatch": {
      const { kernel, compiled, operands } = command;
      return operands.filter((_, i) => kernel.bindings[compiled.buffers[i]![1]] !== "read");
    }
    case "copy":
      return [command.to];
    case "clear":
      return [command.target];
    case "texture":
      return [];
  }
}

/** Whether memory is there after a recording: it was there before, or was not given back. */
export function outlives({ allocation }: Operand): boolean {
  return !allocation?.freed;
}

/** The commands whose results are read by a later one or outlive the recording. The others need not be repeated. */
export function usedCommands(commands: readonly RecordedCommand[]): RecordedCommand[] {
  const read = new Set<Allocation | TextureCopy>();
  const isRead = (operand: Operand) => outlives(operand) || read.has(operand.allocation!);
  return commands.toReversed().filter((command) => {
    const used = command.kind === "texture" ? read.has(command.copy) : writtenBy(command).some(isRead);
    if (!used) return false;
    for (const { allocation } of operandsOf(command)) if (allocation) read.add(allocation);
    if (command.kind === "dispatch") { for (const copy of command.copies) read.add(copy); }
    return true;
  }).reverse();
}
