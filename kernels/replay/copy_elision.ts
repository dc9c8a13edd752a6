import type { UniformValue } from "../launcher.ts";
import type { Operand, RecordedCommand, RecordedDispatch } from "./recording.ts";
import { operandsOf, outlives, writtenBy } from "./used.ts";

/** Commands by their numbers; null for those that were left out. */
type Commands = (RecordedCommand | null)[];

/** A dispatch that copies all of an operand to all of another. */
interface PlainCopy {
  readonly from: Operand;
  readonly to: Operand;
}

/**
 * Leaves out dispatches that only copy a result of earlier ones to where it is wanted: those write it there themselves.
 * The numbers are computed as before, so that no bit changes.
 */
export function elideCopies(commands: readonly RecordedCommand[]): RecordedCommand[] {
  const left: Commands = [...commands];
  for (const at of left.keys()) {
    const copy = plainCopy(left, at);
    if (!copy || !canMove(left, at, copy)) continue;
    left[at] = null;
    for (const [i, other] of left.entries()) left[i] = other && moved(other, copy);
  }
  return left.filter((command) => command !== null);
}

/** What a dispatch copies, where it does nothing else; null where it does. */
function plainCopy(commands: Commands, at: number): PlainCopy | null {
  const command = commands[at]!;
  if (command.kind !== "dispatch" || !command.given || !command.kernel.copiesIf) return null;
  const { given, kernel: { bindings, uniforms, copiesIf, elementBytes = 0 } } = command;
  for (const [name, expected] of Object.entries(copiesIf)) {
    if ((name in uniforms ? given[name] : numberIn(commands, at, name)) !== expected) return null;
  }
  const from = sourceOf(commands, at, Object.keys(bindings)[0]!), to = writtenBy(command)[0]!;
  const bytes = Number(given.count) * elementBytes;
  return from.slice.size === bytes && to.slice.size === bytes ? { from, to } : null;
}

/** What a binding of a dispatch is read from, through a texture or not. */
function sourceOf(commands: Commands, at: number, name: string): Operand {
  const { compiled, operands, copies } = commands[at] as RecordedDispatch;
  const bound = compiled.buffers.findIndex(([, other]) => other === name);
  if (bound >= 0) return operands[bound]!;
  const copy = copies[compiled.textures.findIndex((one) => one.name === name)];
  const filled = commands.findLast((one, i) => i < at && one?.kind === "texture" && one.copy === copy);
  return operandsOf(filled!)[0]!;
}

/** The number that a binding of a dispatch was filled with; undefined where it holds something else. */
function numberIn(commands: Commands, at: number, name: string): UniformValue | undefined {
  const operand = sourceOf(commands, at, name);
  const writer = commands.findLast((one, i) => i < at && one && writtenBy(one).some((to) => meet(to, operand)));
  if (writer?.kind !== "dispatch" || !writer.given || !writer.kernel.fillsWith) return undefined;
  return sameSlice(writtenBy(writer)[0]!, operand) ? writer.given[writer.kernel.fillsWith] : undefined;
}

/** Whether whatever uses `from` up to its copy may use `to` in its place, and nothing uses it later. */
function canMove(commands: Commands, at: number, { from, to }: PlainCopy): boolean {
  if (outlives(from)) return false;
  const first = commands.findIndex((command) => command && uses(command, from).length > 0);
  return commands.every((command, i) => {
    if (!command || i < first || i === at) return true;
    const own = uses(command, from), others = uses(command, to);
    if (i > at) return own.length === 0;
    if (others.some((one) => meet(one, to)) || !own.every((one) => sameSlice(one, from))) return false;
    // WebGPU lets no command read one part of a buffer and write another.
    const written = writtenBy(command), ways = [...own, ...others].map((one) => written.includes(one));
    return own.length === 0 || ways.every((way) => way === ways[0]);
  });
}

/** Operands of a command in the memory of another operand. */
function uses(command: RecordedCommand, operand: Operand): Operand[] {
  return operandsOf(command).filter((one) => sameMemory(one, operand));
}

/** A command that uses `to` in place of `from`. */
function moved(command: RecordedCommand, { from, to }: PlainCopy): RecordedCommand {
  if (uses(command, from).length === 0) return command;
  const place = (one: Operand) => sameMemory(one, from) ? to : one;
  switch (command.kind) {
    case "dispatch":
      return { ...command, operands: command.operands.map(place) };
    case "copy":
      return { ...command, from: place(command.from), to: place(command.to) };
    case "clear":
      return { ...command, target: place(command.target) };
    case "texture":
      return { ...command, from: place(command.from) };
  }
}

function sameMemory(a: Operand, b: Operand): boolean {
  return a.allocation === b.allocation && (a.allocation !== null || a.slice.buffer === b.slice.buffer);
}

function sameSlice({ slice: a }: Operand, { slice: b }: Operand): boolean {
  return a.offset === b.offset && a.size === b.size;
}

function meet(a: Operand, b: Operand): boolean {
  const { slice: one } = a, { slice: other } = b;
  return sameMemory(a, b) && one.offset < other.offset + other.size && other.offset < one.offset + one.size;
}
