import assert from "node:assert/strict";
import { MetrogradError } from "../../kernels/errors.ts";

/** What a reader made of an input: a value, or its refusal. */
export type Outcome<Value> = { readonly value: Value } | { readonly refusal: string };

/** The longest that an input may take; inputs are of some kilobytes. */
const mostMilliseconds = 10_000;
/** How much memory outside the heap an input may leave behind. */
const mostBytes = 256 * 2 ** 20;

/**
 * Reads an input and checks what has to hold of any: it takes little time and memory, and what it throws is one sentence
 * that names the file.
 *
 * @param names one of which has to be in the sentence
 */
export async function attempt<Value>(
  read: () => Value | Promise<Value>,
  names: readonly string[],
): Promise<Outcome<Value>> {
  const start = performance.now(), before = Deno.memoryUsage().external;
  let outcome: Outcome<Value>;
  try {
    outcome = { value: await read() };
  } catch (error) {
    if (!(error instanceof MetrogradError)) throw error;
    const { message } = error;
    assert.match(message, /^[^\n]{1,1500}[.?]$/, `not one sentence: ${message}`);
    assert.ok(names.some((name) => message.includes(name)), `no file is named: ${message}`);
    const plain = message.replaceAll(/"(?:[^"\\]|\\.)*(?:"|…)/g, '""');
    assert.doesNotMatch(plain, /\bundefined\b|\[object|is not a function|Cannot read prop|\bNaN\b/, message);
    outcome = { refusal: message };
  }
  const milliseconds = performance.now() - start, bytes = Deno.memoryUsage().external - before;
  assert.ok(milliseconds < mostMilliseconds, `took ${milliseconds} ms`);
  assert.ok(bytes < mostBytes, `took ${bytes} bytes`);
  return outcome;
}

/** Asserts that a reader takes what the oracle takes, with the same value, and refuses what it refuses. */
export function assertAgrees<Value>(found: Outcome<Value>, expected: { readonly value: Value } | null): void {
  if (expected === null) assert.ok("refusal" in found, `taken, but expected to be refused: ${Deno.inspect(found)}`);
  else assert.deepEqual(found, expected);
}
