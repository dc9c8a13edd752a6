import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../temporary.ts";
import { killOnce } from "../../tools/kill/kill.ts";
import { runToEnd } from "../../tools/kill/process.ts";
import { prepareScenarios } from "../../tools/kill/scenarios.ts";

/** Part of its time after which a command is killed; `deno task test:kill` tries more commands, and many moments. */
const moments: Readonly<Record<string, number>> = { train: 0.6, embed: 0.8 };

Deno.test(
  "kill -9: train and embed go on to the bits of an unbroken run",
  withFolder(async (folder) => {
    for (const scenario of await prepareScenarios(folder)) {
      const moment = moments[scenario.name];
      if (moment === undefined) continue;
      const whole = join(folder, `${scenario.name}-whole`), out = join(folder, `${scenario.name}-killed`);
      const milliseconds = await runToEnd(scenario.command(whole)) * moment;
      const { killed } = await killOnce(scenario, { whole, out, milliseconds });
      assert.ok(killed, `${scenario.name} was killed`);
    }
  }),
);
