"""Writes the files of torch.save beside it that pytorch_test.ts reads. Run with PyTorch 2.13."""
import os

import numpy
import torch

here = os.path.dirname(os.path.abspath(__file__))
at = lambda name: os.path.join(here, name)

base = torch.arange(12, dtype=torch.float32).reshape(3, 4)
tensors = {
    "float": base,
    "transposed": base.t(),
    "row": base[1],
    "every_other": base[:, ::2],
    "expanded": torch.tensor([7.0]).expand(2, 3),
    "half": torch.tensor([1.5, -2.25], dtype=torch.float16),
    "bfloat": torch.tensor([1.5, -2.25], dtype=torch.bfloat16),
    "double": torch.tensor([0.1], dtype=torch.float64),
    "long": torch.tensor([2**40, -1], dtype=torch.int64),
    "bool": torch.tensor([True, False]),
    "scalar": torch.tensor(3.0),
    "empty": torch.zeros(0, 5),
    "parameter": torch.nn.Parameter(torch.tensor([4.0, 5.0])),
}
torch.save(tensors, at("tensors.pt"))
torch.save(tensors, at("old_format.pt"), _use_new_zipfile_serialization=False)

torch.manual_seed(1)
model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2), torch.nn.Linear(2, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
model(torch.ones(2, 3)).sum().backward()
optimizer.step()
torch.save(model.state_dict(), at("state_dict.pth"))
torch.save(
    {
        "epoch": 47,
        "model_state_dict": model.state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
        "best_rmse": 1.6959,
        "config": {"dropout": 0.4, "hidden_dims": [512, 256, 128], "device": torch.device("cpu")},
    },
    at("checkpoint.pth"),
)
torch.save(model, at("module.pth"))
torch.save(
    {
        "best_rmse": numpy.float64(1.6959),
        "history": numpy.array([2.5, 1.75]),
        "state_dict": {f"_orig_mod.module.{name}": tensor for name, tensor in model.state_dict().items()},
    },
    at("wrapped.pth"),
)


class Document(torch.nn.Module):
    """The heteroscedastic model of document 004, section 4, of other widths."""

    def __init__(self, metric=5, text=6, hidden=(4, 3)):
        super().__init__()
        self.bilinear = torch.nn.Bilinear(metric, text, metric)
        widths = [2 * metric + text, *hidden]
        self.fc_layers = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(widths, widths[1:]))
        self.layer_norms = torch.nn.ModuleList(torch.nn.LayerNorm(width) for width in hidden)
        self.mean_head = torch.nn.Linear(hidden[-1], 1)
        self.logvar_head = torch.nn.Linear(hidden[-1], 1)


torch.save({"epoch": 47, "model_state_dict": Document().state_dict()}, at("document_004.pth"))
