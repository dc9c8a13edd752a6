/** Stands in for engine/autograd.ts while backward rules are damaged: the same, but it notes all ops and which of them run. */
import { type Op, op as originalOp, type OpDefinition } from "../../../engine/autograd.ts?original";

export * from "../../../engine/autograd.ts?original";

/** Definitions of ops by name, in the order in which they were stated. */
export const definitions: { readonly name: string; readonly definition: OpDefinition<object, unknown, unknown> }[] = [];

/** Names of the ops that ran since this was last cleared. */
export const ran: Set<string> = new Set();

/** `op` of engine/autograd.ts. A definition whose backward rule is exchanged has another from its next call on. */
export function op<I extends object, O = void, S = undefined>(
  name: string,
  definition: OpDefinition<I, O, S>,
): Op<I, O> {
  definitions.push({ name, definition: definition as unknown as OpDefinition<object, unknown, unknown> });
  const run = originalOp(name, definition);
  return ((...given: Parameters<Op<I, O>>) => {
    ran.add(name);
    return run(...given);
  }) as Op<I, O>;
}
