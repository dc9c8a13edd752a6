import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("programs/long_training.ts", import.meta.url));

/** Starts a training, waits until it is at work and sends it signals; its exit code and what it wrote to stderr. */
async function interrupt(seed: number, signals: readonly Deno.Signal[]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", program, "train", "--seed", String(seed)],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  assert.equal(new TextDecoder().decode((await reader.read()).value), "working\n");
  for (const [i, signal] of signals.entries()) {
    if (i > 0) await new Promise((resume) => setTimeout(resume, 600));
    child.kill(signal);
  }
  const { code } = await child.status;
  await reader.cancel();
  return { code, err: await new Response(child.stderr).text() };
}

const stopping = "Warning: Stopping as soon as everything is saved; Ctrl-C again stops at once.\n";

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`interruption: after ${signal} the work is saved, the way on is told and the exit code is 130`, async () => {
    assert.deepEqual(await interrupt(1, [signal]), {
      code: 130,
      err: `${stopping}Warning: Saved after epoch 3. Go on with: deno task train --resume runs/a\n`,
    });
  });
}

Deno.test("interruption: the second Ctrl-C ends even what does not listen", async () => {
  assert.deepEqual(await interrupt(2, ["SIGINT", "SIGINT"]), { code: 130, err: stopping });
});
