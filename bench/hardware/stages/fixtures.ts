import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Engine } from "../../../engine/engine.ts";
import { runFolder } from "../../../tests/fixtures/run_folder.ts";
import type { Stage } from "../stage.ts";

const folder = fileURLToPath(new URL("../../../tests/golden", import.meta.url));

/** Every op, forward and backward, against what PyTorch computes. */
export const fixtures: Stage = {
  name: "fixtures",
  about: "every op forward and backward, against PyTorch's results",
  seconds: 30,
  async run({ add }) {
    await using engine = await Engine.open();
    const { cases }: { cases: { family: string }[] } = JSON.parse(await Deno.readTextFile(join(folder, "index.json")));
    for (const name of new Set(cases.map(({ family }) => family))) {
      const { families, failures } = await runFolder(engine, folder, ({ family }) => family === name);
      const { passed, failed, largest } = families.get(name)!;
      add({
        ...{ name, passed, failed, largest_share_of_tolerance: largest },
        ...(failures.length > 0 ? { failures } : {}),
      });
    }
  },
};
