"""Writes FOLDER/onnx/model.onnx, in f32, of a Hugging Face folder of the BERT family: `export_onnx.py FOLDER`."""

import sys
from pathlib import Path

import torch
from transformers import AutoModel


class HiddenStates(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, *inputs):
        return self.model(**dict(zip(names, inputs))).last_hidden_state


names = ["input_ids", "attention_mask", "token_type_ids"]
folder = Path(sys.argv[1])
model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
tokens = torch.ones(2, 5, dtype=torch.long)
axes = {0: "batch", 1: "tokens"}
(folder / "onnx").mkdir(exist_ok=True)
torch.onnx.export(
    HiddenStates(model),
    (tokens, tokens, torch.zeros_like(tokens)),
    folder / "onnx" / "model.onnx",
    input_names=names,
    output_names=["last_hidden_state"],
    dynamic_axes={name: axes for name in [*names, "last_hidden_state"]},
    opset_version=17,
    dynamo=False,
)
