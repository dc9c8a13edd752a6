// Compares encoders of real layer shapes with what transformers makes of them: deno run -A compare_rotary.ts FOLDER [f16],
// where make_rotary.py wrote FOLDER.
import { join } from "node:path";
import { Engine } from "../../../engine/engine.ts";
import { put } from "../../temporary.ts";
import { compareRotary, type RotaryCase } from "./rotary_cases.ts";
import { writeTinyEncoder } from "./tiny_encoder.ts";

const [root = ".", precision = "f32"] = Deno.args;
await using engine = await Engine.open();
for await (const { name } of Deno.readDir(root)) {
  const folder = join(root, name),
    expected: RotaryCase = JSON.parse(await Deno.readTextFile(join(folder, "expected.json")));
  // Texts are tokens already; any tokenizer does.
  const other = await Deno.makeTempDir();
  await writeTinyEncoder(other, "bert");
  await Deno.copyFile(join(other, "tokenizer.json"), join(folder, "tokenizer.json"));
  await Deno.mkdir(join(folder, "1_Pooling"), { recursive: true });
  const mode = expected.pooling === "mean" ? "mean_tokens" : expected.pooling;
  await put(join(folder, "1_Pooling"), "config.json", JSON.stringify({ [`pooling_mode_${mode}`]: true }));
  console.log(name, await compareRotary(engine, folder, expected, precision as "f32" | "f16"));
  await Deno.remove(other, { recursive: true });
}
