"""The shared work in PyTorch on the CPU; speaks the protocol of serve.ts."""

import json
import sys
import time

import torch
from torch import nn


def matmul(m, n, k, transposeA, transposeB, **_):
    a = torch.randn(k, m).T if transposeA else torch.randn(m, k)
    b = torch.randn(n, k).T if transposeB else torch.randn(k, n)

    def run(rounds):
        for _ in range(rounds):
            torch.matmul(a, b)

    return run


def elements(operation, rows, columns, **_):
    x, y = torch.randn(rows, columns), torch.randn(rows, columns)
    function = {
        "logsumexp": lambda: torch.logsumexp(x, 1),
        "max": lambda: torch.max(x, 1),
        "row sums": lambda: torch.sum(x, 1),
        "sum": lambda: torch.sum(x),
        "gelu": lambda: nn.functional.gelu(x),
        "multiply": lambda: x * y,
    }[operation]

    def run(rounds):
        for _ in range(rounds):
            function()

    return run


class Perceptron(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2304, 1024), nn.ReLU(), nn.Linear(1024, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU()
        )
        self.skip = nn.Linear(2304, 256, bias=False)
        self.out = nn.Linear(256, 1)

    def forward(self, x):
        return self.out(self.layers(x) + self.skip(x))


def mlp_step(**_):
    network = Perceptron()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    x, target = torch.randn(256, 2304), torch.rand(256, 1) * 10

    def run(rounds):
        for _ in range(rounds):
            optimizer.zero_grad(set_to_none=True)
            ((network(x) - target) ** 2).mean().backward()
            optimizer.step()

    return run


def bilinear_full_step(width, batch, **_):
    form = nn.Bilinear(width, width, width)
    optimizer = torch.optim.Adam(form.parameters(), lr=1e-4, weight_decay=1e-5)
    x1, x2, target = (torch.randn(batch, width) / width**0.5 for _ in range(3))

    def run(rounds):
        for _ in range(rounds):
            optimizer.zero_grad(set_to_none=True)
            ((form(x1, x2) - target) ** 2).mean().backward()
            nn.utils.clip_grad_norm_(form.parameters(), 1.0)
            optimizer.step()

    return run


def rows(kind, rows, columns):
    x, weight, bias = torch.randn(rows, columns), torch.randn(columns), torch.randn(columns)

    def run(rounds):
        for _ in range(rounds):
            if kind == "softmax":
                torch.softmax(x, -1)
            else:
                nn.functional.layer_norm(x, (columns,), weight, bias)

    return run


def attention(kind, batch, tokens, width, heads):
    if kind == "attention":
        inputs = [torch.randn(batch, heads, tokens, width // heads, requires_grad=True) for _ in range(3)]
        dy = torch.randn(batch, heads, tokens, width // heads)
        parameters = inputs
    else:
        layer = nn.MultiheadAttention(width, heads, batch_first=True)
        x, dy = torch.randn(batch, tokens, width, requires_grad=True), torch.randn(batch, tokens, width)
        parameters = [x, *layer.parameters()]

    def run(rounds):
        for _ in range(rounds):
            if kind == "attention":
                y = nn.functional.scaled_dot_product_attention(*inputs)
            else:
                y = layer(x, x, x, need_weights=False)[0]
            torch.autograd.grad(y, parameters, dy)

    return run


makers = {
    "matmul": matmul,
    "elements": elements,
    "mlp-step": mlp_step,
    "bilinear-full-step": bilinear_full_step,
    "softmax": rows,
    "layer-norm": rows,
    "attention": attention,
    "attention-layer": attention,
}


def answer(message):
    print(json.dumps(message), flush=True)


answer({"ready": True})
run = None
for line in sys.stdin:
    request = json.loads(line)
    if "prepare" in request:
        work = request["prepare"]
        run = makers[work["kind"]](**work)
        answer({"ready": True})
    else:
        start = time.perf_counter()
        run(request["run"])
        answer({"milliseconds": (time.perf_counter() - start) * 1e3})
