import assert from "node:assert/strict";
import { run } from "../cli/harness.ts";

Deno.test("serve command: what is not given is filled in, and runs are called as asked", async () => {
  const { calls, err } = await run("serve --run runs/a --run strict=runs/b --port 0 --max-body 2 --no-access-log");
  assert.equal(err, "");
  assert.deepEqual(calls, [{
    command: "serve",
    call: {
      runs: [{ name: null, path: "runs/a" }, { name: "strict", path: "runs/b" }],
      hostname: "127.0.0.1",
      port: 0,
      tokenFile: null,
      interval: 0.9,
      calibrate: "none",
      encoder: null,
      limits: {
        bodyBytes: 2 ** 21,
        records: 4096,
        tokens: 32_768,
        waiting: 512,
        batchTokens: 65_536,
        batchItems: 512,
      },
      drainSeconds: 30,
      accessLog: false,
      logBodies: false,
    },
  }]);
});

Deno.test("serve command: calls that cannot be carried out are refused in a sentence", async () => {
  const refused = async (line: string, message: string) => {
    const { code, err } = await run(`serve ${line}`);
    assert.deepEqual([code, err], [2, `Error: ${message}\n`]);
  };
  await refused("--run a=", '--run is "a="; a folder, or NAME=FOLDER, is expected.');
  await refused("--run a --port 70000", '--port is "70000"; a whole number from 0 to 65535 is expected.');
  await refused("--run a --max-waiting 0", '--max-waiting is "0"; a whole number from 1 to 1000000000 is expected.');
  const { code, err } = await run("serve");
  assert.equal(code, 2);
  assert.match(err, /--run <folder>/);
});
