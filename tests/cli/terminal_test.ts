import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { alignColumns } from "../../cli/terminal.ts";
import { recordingTerminal } from "./harness.ts";

Deno.test("terminal: lines appear above the progress line, colours only where they are wanted", () => {
  const { terminal, written } = recordingTerminal({ interactive: true, color: true });
  terminal.status("working");
  terminal.warn("careful");
  assert.equal(written.err, "\r\x1b[Kworking\r\x1b[K\x1b[33mWarning:\x1b[0m careful\n\r\x1b[Kworking");
});

Deno.test("terminal: columns of a table are aligned, numbers to the right", () => {
  const table = alignColumns([["set", "rows", "RMSE"], ["validation", "40", "0.5"], ["té", "1000", "1.25"]]);
  assert.equal(table, "set         rows  RMSE\nvalidation    40   0.5\nté          1000  1.25");
});

Deno.test("terminal: a reader that goes away (| head) ends nothing and is not complained of", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", fileURLToPath(new URL("programs/many_lines.ts", import.meta.url))],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  assert.equal(await new Response(child.stderr).text(), "all said\n");
  assert.equal((await child.status).code, 0);
});
