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


makers = {"matmul": matmul, "mlp-step": mlp_step, "bilinear-full-step": bilinear_full_step}


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
