import assert from "node:assert/strict";
import { join } from "node:path";
import { readSafetensors } from "../../../engine/files/read_safetensors.ts";
import { chooseTrainable } from "../../../encoders/finetune/trainable.ts";
import { readEncoderConfig } from "../../../encoders/network/config.ts";
import { RotaryNetwork } from "../../../encoders/network/rotary/rotary_network.ts";
import { SentenceEncoder } from "../../../encoders/network/sentence_encoder.ts";
import { testEngine, uniforms } from "../../engine/harness.ts";
import { put, withFolder } from "../../temporary.ts";
import cases from "./rotary.json" with { type: "json" };
import { type RotaryCase, writeRotaryFolder } from "./rotary_cases.ts";

const engine = await testEngine();
const caseOf = (name: keyof typeof cases) => cases[name] as unknown as RotaryCase;
type Changes = Readonly<Record<string, unknown>>;

/** Reads settings with some of them changed, or left out where they are undefined. */
async function read(folder: string, name: keyof typeof cases, changes: Changes = {}) {
  await put(folder, "config.json", JSON.stringify({ ...caseOf(name).config, ...changes }));
  return await readEncoderConfig(folder);
}

Deno.test(
  "rotary settings: what would change an encoder's numbers and is not known is refused by name",
  withFolder(async (folder) => {
    const scaled = { rope_type: "longrope", factor: 2, rope_theta: 100 };
    const refused: readonly (readonly [keyof typeof cases, Changes, RegExp])[] = [
      ["modernbert", { model_type: "gemma4" }, /model_type "gemma4"; known are bert, .*modernbert, gemma3_text, qwen3/],
      ["modernbert", { hidden_activation: "mish" }, /"hidden_activation" is "mish"; known are gelu, /],
      ["modernbert", { layer_types: ["full_attention"] }, /"layer_types" is of 1 layers; .* each of 3 layers/],
      ["gemma3", { layer_types: Array(3).fill("linear_attention") }, /"layer_types" is "linear_attention"; full_att/],
      ["gemma3", { attn_logit_softcapping: 50 }, /"attn_logit_softcapping" is 50; null is expected/],
      [
        "gemma3",
        { rope_parameters: { full_attention: scaled } },
        /"rope_type" is "longrope"; known are default, linear, /,
      ],
      ["gemma3", { num_key_value_heads: 2 }, /3 heads cannot share 2 heads of keys and values/],
      ["gemma3", { head_dim: 7 }, /7 numbers of a head of 7 cannot be turned in pairs/],
      ["gemma3", { use_bidirectional_attention: "all" }, /"use_bidirectional_attention" is "all"; true or false/],
      ["qwen3", { rope_parameters: scaled }, /"rope_type" is "longrope"/],
      ["qwen3", { rope_parameters: null, rope_scaling: { type: "dynamic", factor: 2 } }, /"rope_type" is "dynamic"/],
      ["qwen3", { partial_rotary_factor: 0.5 }, /"partial_rotary_factor" is 0\.5; null or 1 is expected/],
      ["qwen3", { rope_parameters: [] }, /"rope_parameters" is .*; an object is expected/],
      ["qwen3", { pad_token_id: 22 }, /pad_token_id is 22, but vocab_size is 22/],
      ["nomic_bert", { prenorm: true }, /"prenorm" is true; null or false or 0 is expected/],
      ["nomic_bert", { rotary_scaling_factor: 2 }, /"rotary_scaling_factor" is 2/],
      ["nomic_bert", { head_dim: undefined, num_attention_heads: 3 }, /a width of 16 cannot be divided into 3 heads/],
    ];
    for (const [name, changes, message] of refused) {
      await assert.rejects(() => read(folder, name, changes), { name: "DataError", message }, JSON.stringify(changes));
    }
  }),
);

Deno.test(
  "rotary settings: the keys of transformers 4 and of nomic-bert's own code say the same as those of transformers 5",
  withFolder(async (folder) => {
    const old = { rope_parameters: undefined, layer_types: undefined };
    const modern = { ...old, global_attn_every_n_layers: 3, global_rope_theta: 160000.0, local_rope_theta: 10000.0 };
    assert.deepEqual(await read(folder, "modernbert", modern), await read(folder, "modernbert"));
    const gemma = {
      ...{ ...old, sliding_window_pattern: 2, _sliding_window_pattern: undefined },
      ...{ rope_theta: 5000, rope_local_base_freq: 100, rope_scaling: { rope_type: "linear", factor: 2 } },
    };
    assert.deepEqual(await read(folder, "gemma3 causal", gemma), await read(folder, "gemma3 causal"));
    const qwen = { ...old, rope_theta: 10000 };
    assert.deepEqual(await read(folder, "qwen3 windowed", qwen), await read(folder, "qwen3 windowed"));
    const names = {
      ...{ hidden_size: "n_embd", num_hidden_layers: "n_layer", num_attention_heads: "n_head" },
      ...{ intermediate_size: "n_inner", max_position_embeddings: "n_positions", layer_norm_eps: "layer_norm_epsilon" },
    };
    const { config } = caseOf("nomic_bert");
    const renamed = Object.entries(names).map(([here, there]) => [there, config[here]]);
    const own = {
      ...Object.fromEntries([...Object.keys(names), "hidden_act", "head_dim"].map((key) => [key, undefined])),
      ...{ ...Object.fromEntries(renamed), ...old, activation_function: "swiglu", rotary_emb_base: 1000 },
      ...{ rotary_emb_fraction: 1.0, prenorm: false, qkv_proj_bias: false, rotary_scaling_factor: null },
    };
    assert.deepEqual(await read(folder, "nomic_bert", own), await read(folder, "nomic_bert"));
    // A window on both sides counts half of its tokens on each; before a query it counts the query itself.
    const [both, causal] = [await read(folder, "gemma3"), await read(folder, "gemma3 causal")];
    assert.ok("plans" in both && "plans" in causal);
    assert.deepEqual(both.plans.map(({ window }) => window), [{ before: 4, after: 4 }, undefined, {
      before: 4,
      after: 4,
    }]);
    assert.deepEqual(causal.plans[0]!.window, { before: 4, after: 0 });
    assert.deepEqual(causal.plans[1]!.window, { before: Infinity, after: 0 });
  }),
);

Deno.test(
  "rotary encoder: tensors that hold several parameters are saved as they were found, with the new values",
  withFolder(async (folder) => {
    for (const name of ["modernbert", "nomic_bert"] as const) {
      const source = join(folder, name), target = `${source}-saved`;
      await writeRotaryFolder(source, caseOf(name));
      const before = await readSafetensors(join(source, "model.safetensors"));
      using encoder = await SentenceEncoder.open(engine, source);
      const network = encoder.network.encoder as RotaryNetwork, { k_proj } = network.layers[1]!.self_attn;
      const changed = uniforms(k_proj.weight.size, 5);
      k_proj.weight.assign(changed);
      await encoder.save(target);
      const after = await readSafetensors(join(target, "model.safetensors"));
      const fused = name === "modernbert" ? "layers.1.attn.Wqkv.weight" : "encoder.layers.1.attn.Wqkv.weight";
      assert.deepEqual([...after.tensors.keys()].toSorted(), [...before.tensors.keys()].toSorted());
      for (const [key, { shape, data }] of before.tensors) {
        const expected = (data as Float32Array).slice();
        if (key === fused) expected.set(changed, changed.length);
        assert.deepEqual(after.tensors.get(key), { dtype: "F32", shape, data: expected }, key);
      }
    }
  }),
);

Deno.test(
  "rotary encoder: freezing leaves the upper layers, and adapters are made for all projections of attention",
  withFolder(async (folder) => {
    await writeRotaryFolder(folder, caseOf("gemma3"));
    using encoder = await SentenceEncoder.open(engine, folder);
    const upper = chooseTrainable(encoder.network, { freeze: 2, lora: 0, seed: 1 });
    assert.ok(upper.parameters.every(({ name }) => /^encoder\.(layers\.2|norm)\./.test(name)));
    const undecayed = upper.undecayed.map(({ name }) => name.replace(/^encoder\.(layers\.2\.)?/, "")).toSorted();
    assert.deepEqual(undecayed, [
      ...[
        "input_layernorm.weight",
        "norm.weight",
        "post_attention_layernorm.weight",
        "post_feedforward_layernorm.weight",
      ],
      ...["pre_feedforward_layernorm.weight", "self_attn.k_norm.weight", "self_attn.q_norm.weight"],
    ]);
    const { parameters, layers } = chooseTrainable(encoder.network, { freeze: 1, lora: 2, seed: 1 });
    assert.equal(layers, 2);
    const adapted = new Set(parameters.map(({ name }) => name.replace(/^encoder\.layers\.\d\.|\.adapter\..*/g, "")));
    assert.deepEqual(
      [...adapted].toSorted(),
      ["k_proj", "o_proj", "q_proj", "v_proj"].map((one) => `self_attn.${one}`),
    );
  }),
);
