import assert from "node:assert/strict";
import { createEncodingReporter } from "../../cli/output/encoding_progress.ts";
import type { Terminal } from "../../cli/output/terminal.ts";
import { recordingTerminal } from "./harness.ts";

/** Forty texts in ten batches, twenty seconds each but the first, which also loads the model. */
function encode(terminal: Terminal): void {
  let seconds = 0;
  const reporter = createEncodingReporter(terminal, () => seconds * 1000);
  for (let batch = 0; batch <= 10; batch++) {
    reporter.encoding({ texts: 40, done: 4 * batch, share: batch / 10 });
    seconds += batch === 0 ? 100 : 20;
  }
  reporter.encoded({ texts: 50, cached: 10, encoded: 40 });
}

Deno.test("encoding progress: a line every half minute where stderr is no screen, and what it came to", () => {
  const { terminal, written } = recordingTerminal();
  encode(terminal);
  const lines = written.err.trimEnd().split("\n");
  assert.equal(lines[0], "4/40 texts encoded ━┄┄┄┄┄┄┄┄┄┄┄");
  assert.equal(lines[1], "12/40 texts encoded ━━━━┄┄┄┄┄┄┄┄  2 min 20 s left  0.2 texts/s");
  assert.equal(lines.length, 6);
  assert.equal(lines.at(-1), "50 different texts: 10 in the cache, 40 encoded in 5 min 0 s, 0.1 texts/s.");
});

Deno.test("encoding progress: one line that is written over and taken away, where stderr is a screen", () => {
  const { terminal, written } = recordingTerminal({ interactive: true });
  encode(terminal);
  const [shown, after] = written.err.split("0.1 texts/s.")[0]!.split("50 different");
  assert.ok(shown!.includes("0/40 texts encoded") && shown!.includes("20 s left"));
  assert.ok(!shown!.includes("\n"));
  assert.ok(shown!.endsWith("\r\x1b[K") && after !== undefined);
});

Deno.test("encoding progress: where all is known, that is all it says", () => {
  const { terminal, written } = recordingTerminal();
  createEncodingReporter(terminal).encoded({ texts: 3, cached: 3, encoded: 0 });
  assert.equal(written.err, "3 different texts, all of them in the cache.\n");
});
