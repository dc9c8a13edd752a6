import type { Operand, RecordedCommand, RecordedDispatch } from "./recording.ts";
import { operandsOf, outlives, writtenBy } from "./used.ts";

/** Commands by their numbers; null for those that were left out. */
type Commands = (RecordedCommand | null)[];

/**
 * Leaves out dispatches that only copy a result of earlier ones to where it is wanted: those write it there themselves.
 * The numbers are computed as before, so that no bit changes.
 *
 * @param changing commands whose uniforms may be others next time: what copies today may not do so then
 */
export function elideCopies(
  commands: readonly RecordedCommand[],
  changing: ReadonlySet<RecordedCommand>,
): RecordedCommand[] {
  const left: Commands = [...commands];
  const fixed = (at: number) => !changing.has(commands[at]!);
  for (const at of left.keys()) {
    const command = left[at]!;
    if (command.kind !== "dispatch" || !fixed(at) || !copies(left, at, command, fixed)) continue;
    const { operand: from } = sourceOf(left, at, Object.keys(command.kernel.bindings)[0]!), [to] = writtenBy(command);
    if (!canMove(left, at, from, to!)) continue;
    left[at] = null;
    for (const [i, other] of left.entries()) left[i] = other && moved(other, from, to!);
  }
  return left.filter((command) => command !== null);
}

/** Whether a dispatch does no more than copy. */
function copies(commands: Commands, at: number, { kernel, given }: RecordedDispatch, fixed: (at: number) => boolean) {
  const { copiesIf } = kernel;
  return copiesIf !== undefined && Object.entries(copiesIf).every(([name, expected]) => {
    if (name in kernel.uniforms) return given[name] === expected;
    const { operand, at: read } = sourceOf(commands, at, name);
    return numberIn(commands, read, operand, fixed) === expected;
  });
}

/** What a binding is read from, through a texture or not, and the number of the command that reads it. */
function sourceOf(commands: Commands, at: number, name: string): { readonly operand: Operand; readonly at: number } {
  const { compiled, operands, copies } = commands[at] as RecordedDispatch;
  const bound = compiled.buffers.findIndex(([, other]) => other === name);
  if (bound >= 0) return { operand: operands[bound]!, at };
  const copy = copies[compiled.textures.findIndex((one) => one.name === name)];
  const filled = commands.findLastIndex((one, i) => i < at && one?.kind === "texture" && one.copy === copy);
  return { operand: operandsOf(commands[filled]!)[0]!, at: filled };
}

/** The number that an operand was filled with before a command; undefined where it holds something else. */
function numberIn(commands: Commands, before: number, operand: Operand, fixed: (at: number) => boolean) {
  const at = commands.findLastIndex((one, i) => i < before && one && writtenBy(one).some((to) => meet(to, operand)));
  const writer = commands[at];
  if (writer?.kind !== "dispatch" || !writer.kernel.fillsWith || !fixed(at)) return undefined;
  return sameSlice(writtenBy(writer)[0]!, operand) ? writer.given[writer.kernel.fillsWith] : undefined;
}

/** Whether all that uses `from` up to its copy may use `to` in its place, and nothing uses it later. */
function canMove(commands: Commands, copy: number, from: Operand, to: Operand): boolean {
  const { allocation } = from;
  if (outlives(from) || allocation === to.allocation || from.slice.size !== to.slice.size) return false;
  const uses = (command: RecordedCommand) => operandsOf(command).filter((one) => one.allocation === allocation);
  const first = commands.findIndex((command) => command && uses(command).length > 0);
  return commands.every((command, i) => {
    if (!command || i < first || i === copy) return true;
    const own = uses(command);
    if (i > copy) return own.length === 0;
    const others = operandsOf(command).filter((one) => one.allocation !== allocation && sameMemory(one, to));
    if (others.some((one) => meet(one, to)) || !own.every((one) => sameSlice(one, from))) return false;
    // WebGPU lets no command read one part of a buffer and write another.
    const written = writtenBy(command), ways = [...own, ...others].map((one) => written.includes(one));
    return own.length === 0 || ways.every((way) => way === ways[0]);
  });
}

/** A command that uses `to` in place of `from`. */
function moved(command: RecordedCommand, from: Operand, to: Operand): RecordedCommand {
  const place = (one: Operand) => one.allocation === from.allocation ? to : one;
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
