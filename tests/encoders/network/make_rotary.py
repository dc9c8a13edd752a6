"""Writes what transformers makes of encoders with rotary positions, in float64: hidden states, rows and gradients.

usage: python3 make_rotary.py            writes rotary.json beside it, of tiny encoders
       python3 make_rotary.py FOLDER     writes folders of encoders with the layers of real ones, for compare_rotary.ts

needs torch, transformers 5 and safetensors. Weights follow from their names' order; see hashed() here and in rotary_cases.ts.
"""
import json, pathlib, sys
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModel

here = pathlib.Path(__file__).resolve().parent


def hashed(count, seed):
    """Numbers on [-1/4, 1/4) that float32 holds exactly."""
    h = (torch.arange(count, dtype=torch.int64) + seed * 0x9E3779B9) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    h = h ^ (h >> 16)
    return ((h >> 8) - 8388608).double() * 2.0**-25


def weights(shapes, shifted):
    for seed, (name, shape) in enumerate(sorted(shapes.items())):
        count = torch.Size(shape).numel()
        spread = 4 * count**-0.25 if len(shape) == 2 else 1
        one = 1 if "norm" in name.lower() and name.endswith("weight") and not shifted else 0
        yield name, (one + hashed(count, seed) * 2.0 ** round(torch.tensor(spread).log2().item())).reshape(shape).float()


def samples(tensor):
    flat = tensor.flatten()
    index = sorted({i * 7919 % len(flat) for i in range(5)} | {int(flat.abs().argmax())})
    return {"sum": float(flat.sum()), "largest": float(flat.abs().max()), "at": [[i, float(flat[i])] for i in index]}


def run(settings, folder, lengths, pooling):
    """Saves a model of random weights, puts others into its file, loads it again and runs it."""
    model = AutoModel.from_config(AutoConfig.for_model(**settings))
    model.save_pretrained(folder)
    path = folder / "model.safetensors"
    with safe_open(path, "pt") as file:
        shapes = {name: list(file.get_slice(name).get_shape()) for name in file.keys()}
    save_file(dict(weights(shapes, settings["model_type"].startswith("gemma"))), path, {"format": "pt"})
    model = AutoModel.from_pretrained(folder, attn_implementation="sdpa").double().eval()
    vocabulary = settings["vocab_size"]
    # Gradients of the padding token are none in transformers: it is left out.
    texts = [[1 + (5 + 7 * i * i + 3 * j) % (vocabulary - 1) for i in range(length)] for j, length in enumerate(lengths)]
    rows, hidden, total = [], [], 0
    for j, ids in enumerate(texts):
        states = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
        row = states[-1] if pooling == "lasttoken" else states.mean(0)
        total = total + (row * hashed(len(row), 1000 + j)).sum()
        hidden.append([states[0].tolist(), states[-1].tolist()])
        rows.append(row.tolist())
    total.backward()
    gradients = {name: samples(p.grad) for name, p in model.named_parameters() if p.grad is not None}
    config = json.loads((folder / "config.json").read_text())
    return {"config": config, "shapes": shapes, "pooling": pooling, "texts": texts, "hidden": hidden, "rows": rows, "gradients": gradients}


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list) else value


small = {"vocab_size": 22, "num_hidden_layers": 3, "max_position_embeddings": 64, "pad_token_id": 0, "bos_token_id": None, "eos_token_id": None}
modernbert = {"model_type": "modernbert", "cls_token_id": None, "sep_token_id": None}
gemma = {"model_type": "gemma3_text", "num_key_value_heads": 1, "use_bidirectional_attention": True}
window = {"use_sliding_window": True, "sliding_window": 6, "max_window_layers": 1}
tiny = {
    "modernbert": (small | modernbert | {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 20, "local_attention": 8}, "mean"),
    "modernbert with biases": (small | modernbert | {"hidden_size": 12, "num_attention_heads": 2, "intermediate_size": 10, "norm_bias": True, "attention_bias": True, "mlp_bias": True, "layer_types": ["sliding_attention"] * 2 + ["full_attention"], "local_attention": 6}, "mean"),
    "gemma3": (small | gemma | {"hidden_size": 12, "num_attention_heads": 3, "head_dim": 8, "intermediate_size": 20, "sliding_window": 8, "query_pre_attn_scalar": 16, "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]}, "mean"),
    "gemma3 causal": (small | gemma | {"hidden_size": 12, "num_attention_heads": 2, "head_dim": 6, "intermediate_size": 18, "sliding_window": 5, "query_pre_attn_scalar": 6, "use_bidirectional_attention": False,
                      "rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 5000.0}, "sliding_attention": {"rope_type": "default", "rope_theta": 100.0}}, "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]}, "lasttoken"),
    "qwen3": (small | {"model_type": "qwen3", "hidden_size": 16, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "intermediate_size": 20, "attention_bias": True}, "lasttoken"),
    "qwen3 windowed": (small | window | {"model_type": "qwen3", "hidden_size": 12, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 6, "intermediate_size": 16}, "lasttoken"),
    "qwen3 yarn": (small | {"model_type": "qwen3", "hidden_size": 12, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16, "intermediate_size": 16,
                            "rope_parameters": {"rope_type": "yarn", "rope_theta": 100.0, "factor": 4.0, "original_max_position_embeddings": 16, "beta_fast": 2.0, "beta_slow": 0.25}}, "lasttoken"),
    "qwen3 llama3": (small | {"model_type": "qwen3", "hidden_size": 12, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16, "intermediate_size": 16,
                              "rope_parameters": {"rope_type": "llama3", "rope_theta": 100.0, "factor": 8.0, "original_max_position_embeddings": 32, "low_freq_factor": 1.0, "high_freq_factor": 4.0}}, "lasttoken"),
    "nomic_bert": (small | {"model_type": "nomic_bert", "hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 20}, "mean"),
}
large = {"vocab_size": 1000, "num_hidden_layers": 3, "pad_token_id": 0, "bos_token_id": None, "eos_token_id": None}
real = {
    "modernbert-base": (large | modernbert | {"max_position_embeddings": 8192}, "mean"),
    "embeddinggemma": (large | gemma | {"hidden_size": 768, "num_attention_heads": 3, "head_dim": 256, "intermediate_size": 1152, "sliding_window": 512, "max_position_embeddings": 2048, "query_pre_attn_scalar": 256, "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]}, "mean"),
    "qwen3-embedding-0.6b": (large | {"model_type": "qwen3", "hidden_size": 1024, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 3072, "max_position_embeddings": 32768, "rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0}}, "lasttoken"),
    "nomic-embed-text": (large | {"model_type": "nomic_bert"}, "mean"),
}

if len(sys.argv) > 1:
    for name, (settings, pooling) in real.items():
        folder = pathlib.Path(sys.argv[1]) / name
        folder.mkdir(parents=True)
        case = run(settings, folder, [150, 11], pooling)
        (folder / "expected.json").write_text(json.dumps(rounded(case)))
        print(name)
else:
    import tempfile
    cases = {}
    for name, (settings, pooling) in tiny.items():
        with tempfile.TemporaryDirectory() as folder:
            cases[name] = run(settings, pathlib.Path(folder), [21, 5], pooling)
    (here / "rotary.json").write_text(json.dumps(rounded(cases)) + "\n")
    print(len(cases), "cases")
