import assert from "node:assert/strict";
import { join } from "node:path";
import { readSafetensors } from "../../../engine/files/read_safetensors.ts";
import { finetune } from "../../../runs/finetune/finetune.ts";
import { put, withFolder } from "../../temporary.ts";
import cases from "../../encoders/network/rotary.json" with { type: "json" };
import { type RotaryCase, writeRotaryFolder } from "../../encoders/network/rotary_cases.ts";

Deno.test(
  "finetune: an encoder with rotary positions learns by adapters of its attention, which its file then holds",
  withFolder(async (folder) => {
    await writeRotaryFolder(join(folder, "base"), cases.modernbert as unknown as RotaryCase);
    const words = {
      clarity: ["the answer is short", "short ?", "the short answer"],
      safety: ["a b c", "c b a", "b a c a"],
    };
    const records = Object.entries(words).flatMap(([metric_name, texts]) =>
      texts.map((response) => ({ metric_name, user_prompt: "", response, score: 9 }))
    );
    const losses: number[] = [], out = join(folder, "tuned");
    await finetune({
      data: [await put(folder, "train.json", JSON.stringify(records))],
      metricDefinitions: null,
      encoder: `gpu:${join(folder, "base")}`,
      settings: { epochs: 2, batch: 4, lr: 1e-2, lora: 2, pairs: "metrics" },
      out,
    }, { epoch: ({ loss }) => void losses.push(loss) });
    assert.ok(losses.at(-1)! < losses[0]!, `${losses}`);
    const [before, after] = await Promise.all(
      [join(folder, "base"), out].map(async (one) => (await readSafetensors(join(one, "model.safetensors"))).tensors),
    );
    const changed = [...before!].filter(([name, { data }]) => String(after!.get(name)!.data) !== String(data));
    assert.deepEqual(
      changed.map(([name]) => name).toSorted(),
      [0, 1, 2].flatMap((layer) => ["Wo", "Wqkv"].map((name) => `layers.${layer}.attn.${name}.weight`)),
    );
  }),
);
