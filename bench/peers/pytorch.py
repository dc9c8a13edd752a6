"""The shared work in PyTorch, in f32; speaks the protocol of serve.ts.

    python3 pytorch.py cpu|gpu [compiled]

`gpu` is whatever accelerator PyTorch has here. `compiled` passes the forward pass and the loss through torch.compile.
"""

import json
import sys
import time

import torch
from torch import nn

compiled = "compiled" in sys.argv[2:]


def find_device(kind):
    if kind == "cpu":
        return torch.device("cpu")
    for name in ["cuda", "xpu", "mps"]:
        backend = getattr(torch, name, None) if name != "mps" else torch.backends.mps
        if backend is not None and backend.is_available():
            return torch.device(name)
    sys.exit("PyTorch has no GPU here.")


device = find_device(sys.argv[1])
torch.set_default_device(device)
# The same arithmetic for everybody: no products in tf32.
torch.set_float32_matmul_precision("highest")


def finish():
    if device.type != "cpu":
        getattr(torch, device.type).synchronize()


def optimized(function):
    return torch.compile(function) if compiled else function


def repeated(function):
    def run(rounds):
        for _ in range(rounds):
            function()

    return run


def matmul(m, n, k, transposeA, transposeB, **_):
    a = torch.randn(k, m).T if transposeA else torch.randn(m, k)
    b = torch.randn(n, k).T if transposeB else torch.randn(k, n)
    return repeated(lambda: torch.matmul(a, b))


def elements(operation, rows, columns, **_):
    x, y = torch.randn(rows, columns), torch.randn(rows, columns)
    return repeated(
        optimized(
            {
                "logsumexp": lambda: torch.logsumexp(x, 1),
                "max": lambda: torch.max(x, 1),
                "row sums": lambda: torch.sum(x, 1),
                "sum": lambda: torch.sum(x),
                "gelu": lambda: nn.functional.gelu(x),
                "multiply": lambda: x * y,
            }[operation]
        )
    )


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
    loss = optimized(lambda: ((network(x) - target) ** 2).mean())

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss().backward()
        optimizer.step()

    return repeated(step)


def bilinear_full_step(width, batch, **_):
    form = nn.Bilinear(width, width, width)
    optimizer = torch.optim.Adam(form.parameters(), lr=1e-4, weight_decay=1e-5)
    x1, x2, target = (torch.randn(batch, width) / width**0.5 for _ in range(3))
    loss = optimized(lambda: ((form(x1, x2) - target) ** 2).mean())

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss().backward()
        nn.utils.clip_grad_norm_(form.parameters(), 1.0)
        optimizer.step()

    return repeated(step)


def rows(kind, rows, columns):
    x, weight, bias = torch.randn(rows, columns), torch.randn(columns), torch.randn(columns)
    if kind == "softmax":
        return repeated(optimized(lambda: torch.softmax(x, -1)))
    return repeated(optimized(lambda: nn.functional.layer_norm(x, (columns,), weight, bias)))


def attention(kind, batch, tokens, width, heads):
    if kind == "attention":
        inputs = [torch.randn(batch, heads, tokens, width // heads, requires_grad=True) for _ in range(3)]
        dy = torch.randn(batch, heads, tokens, width // heads)
        parameters = inputs
        forward = optimized(lambda: nn.functional.scaled_dot_product_attention(*inputs))
    else:
        layer = nn.MultiheadAttention(width, heads, batch_first=True)
        x, dy = torch.randn(batch, tokens, width, requires_grad=True), torch.randn(batch, tokens, width)
        parameters = [x, *layer.parameters()]
        forward = optimized(lambda: layer(x, x, x, need_weights=False)[0])
    return repeated(lambda: torch.autograd.grad(forward(), parameters, dy))


def encoder(batch, tokens, vocabulary, width, layers, heads, inner, **_):
    layer = nn.TransformerEncoderLayer(width, heads, inner, activation="gelu", batch_first=True)
    model = nn.TransformerEncoder(layer, layers).eval()
    words, positions = nn.Embedding(vocabulary, width), nn.Embedding(tokens, width)
    norm = nn.LayerNorm(width)
    ids, places = torch.randint(vocabulary, (batch, tokens)), torch.arange(tokens)

    @optimized
    def embed():
        hidden = model(norm(words(ids) + positions(places)))
        return nn.functional.normalize(hidden.mean(1), dim=-1)

    def embed_and_read():
        with torch.inference_mode():
            embed().cpu()

    return repeated(embed_and_read)


makers = {
    "matmul": matmul,
    "elements": elements,
    "mlp-step": mlp_step,
    "bilinear-full-step": bilinear_full_step,
    "softmax": rows,
    "layer-norm": rows,
    "attention": attention,
    "attention-layer": attention,
    "encoder": encoder,
}


def prepare(work):
    run = makers[work["kind"]](**work)
    run(1)  # Compiles.
    finish()
    return run


def answer(message):
    print(json.dumps(message), flush=True)


answer({"ready": True})
run = None
for line in sys.stdin:
    request = json.loads(line)
    try:
        if "prepare" in request:
            run = prepare(request["prepare"])
            answer({"ready": True})
        else:
            start = time.perf_counter()
            run(request["run"])
            finish()
            answer({"milliseconds": (time.perf_counter() - start) * 1e3})
    except Exception as error:
        answer({"error": (str(error).splitlines() or [type(error).__name__])[0]})
