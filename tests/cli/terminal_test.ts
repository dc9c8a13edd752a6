import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { alignColumns } from "../../cli/output/terminal.ts";
import { recordingTerminal } from "./harness.ts";

Deno.test("terminal: lines appear above the progress line, colours only where they are wanted", () => {
  const { terminal, written } = recordingTerminal({ interactive: true, color: true });
  terminal.status("working");
  terminal.warn("careful");
  assert.equal(written.err, "\r\x1b[Kworking\r\x1b[K\x1b[33mWarning:\x1b[0m careful\n\r\x1b[Kworking");
});

Deno.test("terminal: on a screen prose breaks between words, and calls stay whole", () => {
  const { terminal, written } = recordingTerminal({ interactive: true, columns: 20 });
  terminal.note("Every word of this sentence stays whole.\n  deno task predict --run runs/a --data test.json");
  terminal.warn("nor does this break");
  assert.equal(
    written.err,
    "Every word of this\nsentence stays\nwhole.\n  deno task predict --run runs/a --data test.json\n" +
      "Warning: nor does\nthis break\n",
  );
});

Deno.test("terminal: of a progress line the parts that there is no room for are left out", () => {
  const { terminal, written } = recordingTerminal({ interactive: true, columns: 25 });
  terminal.status(["epoch 1/9", "RMSE 1.234", "≤ 2 min left", "x"]);
  terminal.note("n");
  assert.equal(written.err, "\r\x1b[Kepoch 1/9  RMSE 1.234  x\r\x1b[Kn\n\r\x1b[Kepoch 1/9  RMSE 1.234  x");
});

Deno.test("terminal: columns of a table are aligned, numbers to the right", () => {
  const table = alignColumns([["set", "rows", "RMSE"], ["validation", "40", "0.5"], ["té", "1000", "1.25"]]);
  assert.equal(table, "set         rows  RMSE\nvalidation    40   0.5\nté          1000  1.25");
});

Deno.test("terminal: a table that 80 characters do not hold comes in parts, and long texts break between words", () => {
  const head = ["run", ...Array.from({ length: 12 }, (_, i) => `column ${i}`)];
  const table = alignColumns([head, ["runs/a", ...head.slice(1).map((_, i) => String(i))]]);
  const parts = table.split("\n\n").map((part) => part.split("\n"));
  assert.equal(parts.length, 2);
  assert.ok(parts.every(([top, row]) => top!.startsWith("run ") && row!.startsWith("runs/a ")));
  assert.deepEqual(parts.flatMap(([, row]) => row!.split(/ +/).slice(1)), head.slice(1).map((_, i) => String(i)));
  const long = alignColumns([["member", "RMSE"], [`${"word ".repeat(30)}end`, "1.5"]]).split("\n");
  assert.equal(long[1]!.slice(-5), "  1.5");
  assert.ok(
    long.length === 4 && long.every((line) => line.length <= 80 && !line.includes("wordword")),
    long.join("\n"),
  );
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
