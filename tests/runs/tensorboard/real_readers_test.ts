import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { EventFile } from "../../../runs/tensorboard/event_file.ts";
import { histogramValue, scalarValue, textValue } from "../../../runs/tensorboard/events.ts";
import { histogramOf } from "../../../runs/tensorboard/histogram.ts";
import { withFolder } from "../../temporary.ts";

const reader = fileURLToPath(new URL("read_with_tensorboard.py", import.meta.url));

/** Runs Python; what it prints. */
async function python(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("python3", { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** True where Python may be run and has the packages. */
async function hasTensorBoard(): Promise<boolean> {
  if ((await Deno.permissions.query({ name: "run", command: "python3" })).state !== "granted") return false;
  const found = "import importlib.util as u; print(all(map(u.find_spec, ['tensorboard', 'tbparse'])))";
  return await python("-c", found).then((text) => text.trim() === "True", () => false);
}

Deno.test({
  name:
    "tensorboard: TensorBoard and tbparse read curves, settings and histograms, each step once after work was taken up",
  ignore: !await hasTensorBoard(),
  fn: withFolder(async (folder) => {
    const parts = await Promise.all(
      ["a", "ensemble/members/01-b"].map(async (name) => {
        await Deno.mkdir(`${folder}/${name}`, { recursive: true });
        const file = await EventFile.open(`${folder}/${name}`, 0);
        await file.addOnce({ step: 0, wallTime: 1 }, [textValue("settings", "| a | b |\n| --- | --- |\n| lr | 0.1 |")]);
        for (const step of [1, 2, 3]) {
          const numbers = async function* () {
            yield await Promise.resolve(Float32Array.from({ length: 1000 }, (_, i) => step * Math.sin(i)));
          };
          await file.add({ step, wallTime: 1 + step }, [
            scalarValue("train/loss", 1 / step),
            histogramValue("weights/w", (await histogramOf(numbers))!),
          ]);
        }
        // Killed after step 3, whose checkpoint was not written.
        const again = await EventFile.open(`${folder}/${name}`, 2);
        await again.add({ step: 3, wallTime: 9 }, [scalarValue("train/loss", 0.125)]);
        return name;
      }),
    );
    const found = JSON.parse(await python(reader, folder));
    const curve = [[1, 1], [2, 0.5], [3, 0.125]];
    for (const name of parts) {
      assert.deepEqual(found[name], {
        scalars: { "train/loss": curve },
        text: "| a | b |\n| --- | --- |\n| lr | 0.1 |",
        histograms: [[1, 1000], [2, 1000]],
        tbparse: curve,
      });
    }
    assert.deepEqual(Object.keys(found).sort(), [...parts].sort());
  }),
});
