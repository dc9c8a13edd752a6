"""Writes the golden cases beside it: values and gradients of small cases, computed by PyTorch in float64.

usage: python3 make_golden.py        (needs torch; the same numbers every time)

The files are as tests/fixtures reads them: one safetensors file a case, and index.json. Tensors are called in.NAME,
param.NAME, out.NAME, grad_out.NAME and grad.NAME; gradients are those of the sum over outputs of <grad_out, out>.
"""
import json, pathlib, struct
import torch
import torch.nn.functional as F

here = pathlib.Path(__file__).resolve().parent
torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(20)
cases = []


def numbers(*shape, scale=1.0, mean=0.0):
    """Normal numbers that float32 holds exactly."""
    return (mean + scale * torch.randn(*shape, generator=generator)).float().double()


def write(family, name, op, attrs, tensors, rtol):
    header, data, at = {}, b"", 0
    atol = {}
    for key, value in sorted(tensors.items()):
        whole = value.dtype in (torch.int64, torch.int32)
        raw = value.detach().to(torch.int32 if whole else torch.float32).contiguous().numpy().tobytes()
        header[key] = {"dtype": "I32" if whole else "F32", "shape": list(value.shape), "data_offsets": [at, at + len(raw)]}
        data += raw
        at += len(raw)
        if key.startswith(("out.", "grad.", "grad_at.", "grad_sum")):
            atol[key] = max(1e-7, 4e-6 * float(value.detach().abs().max()))
    header["__metadata__"] = {"op": op, "attrs": json.dumps(attrs), "tolerance": json.dumps({"rtol": rtol, "atol_of": atol})}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    file = f"{family}_{name}.safetensors"
    (here / file).write_bytes(struct.pack("<Q", len(text)) + text + data)
    cases.append({"family": family, "case": name, "file": file})


def case(family, name, op, attrs, inputs, function, params=(), constants=(), rtol=1e-5):
    """Runs `function` on the inputs and writes its outputs and the gradients of all but the constants."""
    leaves = {key: value.clone().requires_grad_(value.is_floating_point() and key not in constants) for key, value in inputs.items()}
    outputs = function(**leaves)
    tensors = {("param." if key in params else "in.") + key: value for key, value in leaves.items()}
    total = 0
    for key, value in outputs.items():
        upstream = numbers(*value.shape) if value.shape else numbers(1)[0]
        total = total + (upstream * value).sum()
        tensors["out." + key], tensors["grad_out." + key] = value, upstream
    total.backward()
    tensors |= {"grad." + key: value.grad for key, value in leaves.items() if value.grad is not None}
    write(family, name, op, attrs, tensors, rtol)


for m, k, n, ta, tb, batch in [(1, 1, 1, 0, 0, []), (9, 5, 11, 0, 0, []), (8, 4, 12, 0, 1, []), (36, 7, 8, 1, 0, []), (3, 13, 17, 1, 1, []), (8, 12, 8, 0, 1, [2])]:
    attrs = {"trans_a": bool(ta), "trans_b": bool(tb), "batch": batch, "m": m, "k": k, "n": n}
    a, b = numbers(*batch, *((k, m) if ta else (m, k))), numbers(*batch, *((n, k) if tb else (k, n)))
    case("matmul", f"{m}x{k}x{n}_{'nt'[ta]}{'nt'[tb]}{'_batch' if batch else ''}", "matmul", attrs, {"a": a, "b": b},
         lambda a, b: {"c": (a.mT if ta else a) @ (b.mT if tb else b)})

for rows, inner, out, bias in [(1, 3, 2, True), (9, 8, 12, True), (5, 7, 3, False)]:
    inputs = {"x": numbers(rows, inner), "weight": numbers(out, inner)} | ({"bias": numbers(out)} if bias else {})
    case("linear", f"{rows}x{inner}_{out}{'' if bias else '_nobias'}", "linear", {"bias": bias}, inputs,
         lambda x, weight, bias=None: {"y": F.linear(x, weight, bias)}, params=("weight", "bias"))

for rows, columns, affine, mean, scale in [(3, 1, True, 0, 1), (7, 12, True, 0, 1), (2, 9, False, 0, 1), (5, 16, True, 50, 1), (4, 8, True, 0, 1e-3)]:
    inputs = {"x": numbers(rows, columns, mean=mean, scale=scale)}
    if affine:
        inputs |= {"weight": numbers(columns), "bias": numbers(columns)}
    case("layer_norm", f"{rows}x{columns}{'' if affine else '_noaffine'}_mean{mean}_scale{scale}", "layer_norm", {"eps": 1e-5, "affine": affine}, inputs,
         lambda x, weight=None, bias=None: {"y": F.layer_norm(x, x.shape[-1:], weight, bias, 1e-5)}, params=("weight", "bias"), rtol=3e-5)

case("embedding", "7x5_repeated", "embedding", {}, {"weight": numbers(7, 5), "index": torch.tensor([3, 0, 3, 6, 3])},
     lambda weight, index: {"y": F.embedding(index, weight)}, params=("weight",))
mask = (torch.rand(6, 5, generator=generator) > 0.3).long()
case("dropout", "6x5_p0.3", "dropout", {"p": 0.3}, {"x": numbers(6, 5), "mask": mask}, lambda x, mask: {"y": x * mask / 0.7})
for axis in [0, 1]:
    shapes = [(4, 3), (4, 6)] if axis else [(3, 5), (2, 5)]
    case("concat", f"axis{axis}", "concat", {"axis": axis, "inputs": ["x0", "x1"]}, {f"x{i}": numbers(*shape) for i, shape in enumerate(shapes)},
         lambda x0, x1: {"y": torch.cat([x0, x1], axis)})


def heteroscedastic(mean, logvar, y):
    v = logvar.clamp(-10, 10)
    return (mean - y) ** 2 / (v.exp() + 1e-6) + v


def reduced(loss, reduction, w):
    return {"loss": {"none": lambda: loss, "sum": loss.sum, "mean": loss.mean, "weighted": lambda: (loss * w).mean()}[reduction]()}


for reduction in ["none", "mean", "sum", "weighted"]:
    w = {"w": numbers(6).abs()} if reduction == "weighted" else {}
    y = {"y": numbers(6, scale=3, mean=5)}
    fixed = ("y", "w")
    case("losses", f"mse_{reduction}", "mse", {"reduction": reduction}, {"pred": numbers(6, scale=3, mean=5)} | y | w,
         lambda pred, y, w=None: reduced((pred - y) ** 2, reduction, w), constants=fixed)
    logvar = torch.tensor([-11.0, -10.0, 0.5, 2.0, 10.0, 12.5])
    case("losses", f"heteroscedastic_{reduction}", "heteroscedastic", {"reduction": reduction, "clamp": [-10, 10], "eps": 1e-6},
         {"mean": numbers(6, scale=3, mean=5), "logvar": logvar} | y | w,
         lambda mean, logvar, y, w=None: reduced(heteroscedastic(mean, logvar, y), reduction, w), constants=fixed, rtol=3e-5)


def optimize(name, make, arguments, clip=None):
    starts, steps = [numbers(5), numbers(2, 3)], 6
    gradients = [numbers(steps, *start.shape) for start in starts]
    parameters = [start.clone().requires_grad_() for start in starts]
    optimizer = make(parameters, **arguments)
    after = [[] for _ in starts]
    for step in range(steps):
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = gradient[step].clone()
        if clip:
            torch.nn.utils.clip_grad_norm_(parameters, clip)
        optimizer.step()
        for values, parameter in zip(after, parameters):
            values.append(parameter.detach().clone())
    tensors = {}
    for i, (start, gradient) in enumerate(zip(starts, gradients)):
        tensors |= {f"param.p{i}": start, f"in.g{i}": gradient, f"out.p{i}": torch.stack(after[i])}
    attrs = {"optimizer": make.__name__, "params": 2, "steps": steps, "clip": clip} | arguments
    write("optim", name, "optimizer", attrs, tensors, 1e-5)


for name, make, arguments, clip in [
    ("adam", torch.optim.Adam, {"lr": 0.01, "weight_decay": 0.1}, None),
    ("adam_clipped", torch.optim.Adam, {"lr": 0.01}, 0.5),
    ("adamw", torch.optim.AdamW, {"lr": 0.01, "weight_decay": 0.1, "betas": [0.8, 0.95]}, None),
    ("sgd_nesterov", torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}, None),
]:
    optimize(name, make, arguments, clip)

g0, g1 = numbers(7), numbers(2, 3)
norm = torch.sqrt((g0**2).sum() + (g1**2).sum())
for max_norm in [1.0, 100.0]:
    scale = min(1.0, max_norm / (float(norm) + 1e-6))
    write("optim", f"clip_grad_norm_{max_norm}", "clip_grad_norm", {"max_norm": max_norm, "eps": 1e-6},
          {"in.g0": g0, "in.g1": g1, "out.norm": norm, "out.g0": g0 * scale, "out.g1": g1 * scale}, 1e-5)

case("linear", "6x5_4_relu", "linear", {"bias": True, "relu": True}, {"x": numbers(6, 5), "weight": numbers(4, 5), "bias": numbers(4)},
     lambda x, weight, bias: {"y": torch.relu(F.linear(x, weight, bias))}, params=("weight", "bias"))
case("layer_norm", "5x6_relu", "layer_norm", {"eps": 1e-5, "affine": True, "relu": True},
     {"x": numbers(5, 6), "weight": numbers(6), "bias": numbers(6)},
     lambda x, weight, bias: {"y": torch.relu(F.layer_norm(x, (6,), weight, bias))}, params=("weight", "bias"), rtol=3e-5)
for batch, in1, in2, out, rank in [(5, 6, 7, 4, 3), (2, 1, 3, 1, 1)]:
    factors = {"u.weight": numbers(rank, in1), "v.weight": numbers(rank, in2), "p.weight": numbers(out, rank)}
    case("bilinear", f"low_rank_{batch}x{in1}x{in2}_{out}_rank{rank}", "bilinear_low_rank", {},
         {"x1": numbers(batch, in1), "x2": numbers(batch, in2)} | factors,
         lambda x1, x2, **w: {"y": ((x1 @ w["u.weight"].T) * (x2 @ w["v.weight"].T)) @ w["p.weight"].T}, params=tuple(factors))


def hashed(count, seed, exp):
    """Numbers uniform on [-2^exp, 2^exp) that need not be stored."""
    def hash32(i):
        h = (i + seed * 0x9E3779B9) & 0xFFFFFFFF
        h = ((h ^ (h >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
        h = ((h ^ (h >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
        return h ^ (h >> 16)
    return torch.tensor([((hash32(i) >> 8) - 8388608) * 2.0 ** (exp - 23) for i in range(count)])


# A weight that is generated: samples of its gradient and its sums stand for the whole.
x, weight, upstream = numbers(3, 12), hashed(9 * 12, 7, -1).reshape(9, 12).requires_grad_(), numbers(3, 9)
y = F.linear(x, weight)
(upstream * y).sum().backward()
index = torch.tensor([0, 5, 11, 12, 50, 95, 107])
write("linear", "3x12_9_generated", "linear", {"bias": False, "generated": {"param.weight": {"shape": [9, 12], "seed": 7, "exp": -1}}},
      {"in.x": x, "out.y": y, "grad_out.y": upstream, "grad.x": upstream @ weight, "index.weight": index,
       "grad_at.weight": weight.grad.flatten()[index], "grad_sum0.weight": weight.grad.sum(0), "grad_sum1.weight": weight.grad.sum(1)}, 1e-5)



def batch_norm(training):
    def run(x, weight, bias, running_mean, running_var):
        mean, var = running_mean.clone(), running_var.clone()
        y = F.batch_norm(x, mean, var, weight, bias, training=training, momentum=0.3)
        return {"y": y, "running_mean": mean, "running_var": var} if training else {"y": y}
    return run


for shape, mean, training in [((6, 4), 0, True), ((5, 3), 50, True), ((2, 3, 5), 0, True), ((1, 4), 0, False), ((2, 3, 5), 0, False)]:
    statistics = {"running_mean": numbers(shape[1]), "running_var": numbers(shape[1]).abs()}
    case("batch_norm", f"{'x'.join(map(str, shape))}_mean{mean}_{'train' if training else 'eval'}", "batch_norm",
         {"training": training, "momentum": 0.3, "eps": 1e-5},
         {"x": numbers(*shape, mean=mean), "weight": numbers(shape[1]), "bias": numbers(shape[1])} | statistics,
         batch_norm(training), params=("weight", "bias"), constants=tuple(statistics), rtol=3e-5)

case("shape", "permute", "permute", {"order": [2, 0, 3, 1]}, {"x": numbers(2, 3, 4, 2)}, lambda x: {"y": x.permute(2, 0, 3, 1)}, rtol=0)
case("shape", "slice", "slice", {"axis": 1, "start": 1, "end": 6, "step": 2}, {"x": numbers(2, 7, 3)}, lambda x: {"y": x[:, 1:6:2]}, rtol=0)
case("shape", "stack", "stack", {"axis": 1, "inputs": ["x0", "x1"]}, {"x0": numbers(2, 3), "x1": numbers(2, 3)},
     lambda x0, x1: {"y": torch.stack([x0, x1], 1)}, rtol=0)
case("shape", "expand", "expand", {"shape": [4, 3, 2]}, {"x": numbers(3, 1)}, lambda x: {"y": x.expand(4, 3, 2)})
case("shape", "gather", "gather", {"axis": 1}, {"x": numbers(2, 3, 2), "index": torch.tensor([[[2, 0], [2, 1]], [[0, 0], [0, 2]]])},
     lambda x, index: {"y": x.gather(1, index)})
case("shape", "index_select", "index_select", {"axis": 1}, {"x": numbers(2, 3, 4), "index": torch.tensor([2, 0, 2, 2])},
     lambda x, index: {"y": x.index_select(1, index)})

optimize("adam_amsgrad", torch.optim.Adam, {"lr": 0.01, "betas": [0.9, 0.5], "amsgrad": True})
optimize("sgd_dampening", torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.4, "weight_decay": 0.1})
optimize("adagrad", torch.optim.Adagrad, {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1})
optimize("rmsprop", torch.optim.RMSprop, {"lr": 0.01, "weight_decay": 0.1})
optimize("rmsprop_centered", torch.optim.RMSprop, {"lr": 0.01, "alpha": 0.8, "eps": 0.01, "momentum": 0.9, "centered": True})

# Losses of classes at their edges: far logits, rows of equal ones, a single class.
def focal(logits, target):
    ce = F.cross_entropy(logits, target, reduction="none")
    return (1 - torch.exp(-ce)) ** 2 * ce


def hybrid(logits, target, y):
    expected = (logits.softmax(1) * torch.arange(logits.shape[1])).sum(1)
    return F.cross_entropy(logits, target, reduction="none") + 0.1 * (expected - y) ** 2


def ordinal(logits, target):
    above = (torch.arange(logits.shape[1]) >= target[:, None]).double()
    return F.binary_cross_entropy_with_logits(logits, above, reduction="none").mean(1)


edges = {"pm80": torch.tensor([[80.0, -80, 3], [80, -80, 3], [-80, 80, 79], [-80, -80, 80]]), "equal": torch.full((4, 3), 7.0), "one_class": numbers(4, 1)}
for edge, logits in edges.items():
    target = torch.tensor([0, 1, 2, 0]) % logits.shape[1]
    for op, loss, attrs in [("cross_entropy", lambda logits, target: F.cross_entropy(logits, target, reduction="none"), {}),
                            ("focal", focal, {"gamma": 2.0, "alpha": 1.0}), ("hybrid", hybrid, {"lambda": 0.1}), ("ordinal", ordinal, {})]:
        inputs = {"logits": logits, "target": target} | ({"y": target + 0.5} if op == "hybrid" else {})
        case("losses", f"{op}_{edge}", op, {"reduction": "none"} | attrs, inputs,
             lambda loss=loss, **inputs: {"loss": loss(**inputs)}, constants=("y",), rtol=3e-5)

# Elementwise functions, reductions and softmax.
functions = {
    "square": torch.square, "abs": torch.abs, "exp": torch.exp, "log": torch.log, "sqrt": torch.sqrt, "tanh": torch.tanh,
    "sigmoid": torch.sigmoid, "softplus": F.softplus, "relu": torch.relu, "silu": F.silu,
    "step": lambda x: (x > 0) * 1.0 + 0 * x,
}
for name, function in functions.items():
    x = numbers(3, 5, scale=2)
    case("elementwise", name, name, {}, {"x": x.abs() + 0.1 if name in ("log", "sqrt") else x}, lambda x: {"y": function(x)}, rtol=3e-5)
for form in ["none", "tanh"]:
    case("elementwise", f"gelu_{form}", "gelu", {"approximate": form}, {"x": numbers(3, 5, scale=2)}, lambda x: {"y": F.gelu(x, approximate=form)}, rtol=3e-5)
case("elementwise", "clamp", "clamp", {"min": -0.5, "max": 1.25}, {"x": numbers(3, 5)}, lambda x: {"y": x.clamp(-0.5, 1.25)})
for name, function in [("add", torch.add), ("sub", torch.sub), ("mul", torch.mul), ("div", torch.div)]:
    case("elementwise", f"{name}_broadcast", name, {}, {"a": numbers(2, 3, 4), "b": numbers(3, 1).abs() + 0.5}, lambda a, b: {"y": function(a, b)})
for name, function in [("softmax", torch.softmax), ("log_softmax", torch.log_softmax)]:
    for axis in [0, -1]:
        case("reduction", f"{name}_axis{axis}", name, {"axis": axis}, {"x": numbers(4, 7, scale=3)}, lambda x: {"y": function(x, axis)}, rtol=3e-5)
for name, function in [("sum", torch.sum), ("mean", torch.mean), ("max", torch.amax), ("logsumexp", torch.logsumexp)]:
    case("reduction", f"{name}_axis1", name, {"axis": 1, "keepdim": True}, {"x": numbers(3, 4, 2)}, lambda x: {"y": function(x, 1, keepdim=True)})

# Attention.
for masked in [False, True]:
    shape, mask = (2, 2, 3, 4), torch.tensor([[0, 0, 1], [0, 1, 1]])
    inputs = {name: numbers(*shape) for name in "qkv"} | ({"key_padding_mask": mask} if masked else {})
    case("attention", f"sdpa{'_masked' if masked else ''}", "sdpa", {"scale": 0.4}, inputs,
         lambda q, k, v, key_padding_mask=None: {"y": F.scaled_dot_product_attention(
             q, k, v, scale=0.4, attn_mask=None if key_padding_mask is None else ~key_padding_mask.bool()[:, None, None, :])}, rtol=3e-5)


def multi_head(x, **w):
    y, _ = F.multi_head_attention_forward(
        x.transpose(0, 1), x.transpose(0, 1), x.transpose(0, 1), 6, 2, w["in_proj_weight"], w["in_proj_bias"], None, None, False, 0.0,
        w["out_proj.weight"], w["out_proj.bias"], need_weights=False)
    return {"y": y.transpose(0, 1)}


weights = {"in_proj_weight": numbers(18, 6), "in_proj_bias": numbers(18), "out_proj.weight": numbers(6, 6), "out_proj.bias": numbers(6)}
case("attention", "multi_head", "multi_head_attention", {"heads": 2, "dim": 6, "cross": False}, {"x": numbers(2, 3, 6)} | weights, multi_head,
     params=tuple(weights), rtol=3e-5)

# Distances.
for squared in [False, True]:
    case("distance", f"euclidean{'_squared' if squared else ''}", "euclidean_pairwise", {"squared": squared}, {"x": numbers(4, 5), "y": numbers(3, 5)},
         lambda x, y: {"d": ((x[:, None] - y[None]) ** 2).sum(-1) if squared else torch.cdist(x, y)})
case("distance", "mahalanobis", "mahalanobis_sq_pairwise", {}, {"x": numbers(4, 5), "y": numbers(3, 5), "l": numbers(2, 5)},
     lambda x, y, l: {"d": (((x[:, None] - y[None]) @ l.T) ** 2).sum(-1)}, params=("l",), rtol=3e-5)
case("distance", "mahalanobis_diagonal", "mahalanobis_diag_sq_pairwise", {}, {"x": numbers(4, 5), "y": numbers(3, 5), "m": numbers(5).abs()},
     lambda x, y, m: {"d": ((x[:, None] - y[None]) ** 2 * m).sum(-1)}, params=("m",))
for name, function in [("paired", lambda x, y: F.cosine_similarity(x, y, dim=-1, eps=1e-8)),
                       ("pairwise", lambda x, y: F.normalize(x, dim=-1) @ F.normalize(y, dim=-1).T)]:
    case("distance", f"cosine_{name}", f"cosine_similarity_{name}", {"eps": 1e-8}, {"x": numbers(4, 5), "y": numbers(4, 5)}, lambda x, y: {"s": function(x, y)}, rtol=3e-5)

# Losses of embeddings.
for squared in [False, True]:
    def triplet(a, p, n):
        d = lambda x, y: ((x - y) ** 2).sum(-1) if squared else ((x - y) ** 2).sum(-1).sqrt()
        return {"loss": F.relu(d(a, p) - d(a, n) + 1).mean()}
    case("metric", f"triplet{'_squared' if squared else ''}", "triplet", {"reduction": "mean", "margin": 1.0, "squared": squared},
         {"a": numbers(5, 4), "p": numbers(5, 4), "n": numbers(5, 4)}, triplet)
pairs = {"x1": numbers(6, 4), "x2": numbers(6, 4)}
case("metric", "cosine_embedding", "cosine_embedding", {"reduction": "mean", "margin": 0.1}, pairs | {"y": torch.tensor([1.0, -1, 1, -1, -1, 1])},
     lambda x1, x2, y: {"loss": F.cosine_embedding_loss(x1, x2, y, margin=0.1)}, constants=("y",))


def contrastive(x1, x2, y):
    d = 1 - F.cosine_similarity(x1, x2)
    return {"loss": torch.where(y == 1, d**2, F.relu(0.5 - d) ** 2).mean() / 2}


case("metric", "contrastive", "contrastive", {"reduction": "mean", "margin": 0.5}, pairs | {"y": torch.tensor([1.0, 0, 1, 0, 0, 1])}, contrastive, constants=("y",))
case("metric", "multiple_negatives_ranking", "multiple_negatives_ranking", {"reduction": "mean", "scale": 20.0}, {"a": numbers(5, 4), "p": numbers(5, 4)},
     lambda a, p: {"loss": F.cross_entropy(20 * F.normalize(a, dim=-1) @ F.normalize(p, dim=-1).T, torch.arange(5))}, rtol=3e-5)
case("metric", "metric_anchor_contrastive", "metric_anchor_contrastive", {"reduction": "mean", "tau": 0.07},
     {"e": numbers(5, 4), "anchors": numbers(3, 4), "target": torch.tensor([0, 2, 1, 1, 0])},
     lambda e, anchors, target: {"loss": F.cross_entropy(F.normalize(e, dim=-1) @ F.normalize(anchors, dim=-1).T / 0.07, target)}, rtol=3e-5)

# Losses of rows with labels, as pytorch-metric-learning separates them: distances, miners, losses and reducers. Here triplets and
# pairs are listed one by one, as that library does.
label = torch.tensor([0, 1, 0, 2, 1, 1, 0, 3])


def distance_of(name, x):
    if name == "cosine":
        return F.normalize(x, dim=-1) @ F.normalize(x, dim=-1).T
    if name.startswith("unit"):
        x = F.normalize(x, dim=-1)
    squares = ((x[:, None] - x[None]) ** 2).sum(-1)
    # The root has no slope at 0, where the diagonal is.
    return squares if name.endswith("squared") else (squares + torch.eye(len(x))).sqrt() - torch.eye(len(x))


def triplets_of(distance, inverted, miner, margin=0.2):
    sign, b = -1 if inverted else 1, len(label)
    every = [(a, p, n) for a in range(b) for p in range(b) for n in range(b) if a != p and label[a] == label[p] and label[n] != label[a]]
    far = lambda a, other: float(sign * distance[a, other].detach())
    if miner == "batch_hard":
        hardest = {}
        for a, p, n in every:
            old = hardest.get(a, (p, n))
            hardest[a] = (max(old[0], p, key=lambda i: far(a, i)), min(old[1], n, key=lambda i: far(a, i)))
        return [(a, p, n) for a, (p, n) in hardest.items()]
    beyond = lambda a, p, n: far(a, n) - far(a, p)
    keep = {"none": lambda g: True, "all": lambda g: g <= margin, "hard": lambda g: g <= margin and g <= 0,
            "semihard": lambda g: g <= margin and g > 0, "easy": lambda g: g > margin}[miner]
    return [t for t in every if keep(beyond(*t))]


def reduce(losses, reducer):
    losses = torch.stack(losses) if losses else torch.zeros(1)
    if reducer == "sum":
        return losses.sum()
    if reducer == "mean":
        return losses.mean()
    above = losses[losses > 0]
    return above.mean() if len(above) else losses.sum() * 0


def label_triplet(x, margin, distance, miner, reducer):
    d, inverted = distance_of(distance, x), distance == "cosine"
    sign = -1 if inverted else 1
    return reduce([F.relu(sign * (d[a, p] - d[a, n]) + margin) for a, p, n in triplets_of(d, inverted, miner)], reducer)


def label_contrastive(x, positive, negative, distance, miner, reducer):
    d, inverted, b = distance_of(distance, x), distance == "cosine", len(label)
    sign = -1 if inverted else 1
    both = [(i, j) for i in range(b) for j in range(b) if i != j]
    alike = [(i, j) for i, j in both if label[i] == label[j]]
    others = [(i, j) for i, j in both if label[i] != label[j]]
    if miner == "pair_margin":
        alike = [(i, j) for i, j in alike if sign * d[i, j] > sign * 0.2]
        others = [(i, j) for i, j in others if sign * d[i, j] < sign * 0.8]
    return reduce([F.relu(sign * (d[p] - positive)) for p in alike], reducer) + reduce([F.relu(sign * (negative - d[p])) for p in others], reducer)


def nt_xent(x, temperature, distance):
    s, b = distance_of(distance, x) * (1 if distance == "cosine" else -1) / temperature, len(label)
    losses = []
    for a in range(b):
        negatives = torch.stack([s[a, n] for n in range(b) if label[n] != label[a]])
        for p in range(b):
            if p != a and label[p] == label[a]:
                losses.append(torch.logsumexp(torch.cat([negatives, s[a, p][None]]), 0) - s[a, p])
    return torch.stack(losses).mean()


def labelled(name, op, attrs, function):
    case("metric", name, op, attrs, {"x": numbers(8, 3), "label": label}, lambda x, label: {"loss": function(x, **attrs)}, rtol=3e-5)


for distance, miner, reducer in [("unit_euclidean", "none", "mean_non_zero"), ("euclidean", "none", "mean"), ("euclidean_squared", "none", "sum"),
                                 ("cosine", "none", "mean_non_zero"), ("unit_euclidean", "all", "mean"), ("unit_euclidean", "hard", "mean"),
                                 ("unit_euclidean", "semihard", "mean"), ("unit_euclidean", "easy", "mean"), ("cosine", "semihard", "mean"),
                                 ("euclidean", "batch_hard", "mean"), ("cosine", "batch_hard", "mean_non_zero")]:
    labelled(f"label_triplet_{distance}_{miner}_{reducer}", "label_triplet", {"margin": 0.3, "distance": distance, "miner": miner, "reducer": reducer}, label_triplet)
for distance, positive, negative, miner, reducer in [("unit_euclidean", 0, 1, "none", "mean_non_zero"), ("cosine", 1, 0, "none", "mean"),
                                                     ("unit_euclidean", 0, 1, "pair_margin", "mean"), ("cosine", 0.9, 0.1, "pair_margin", "mean_non_zero")]:
    labelled(f"label_contrastive_{distance}_{miner}_{reducer}", "label_contrastive",
             {"positive": positive, "negative": negative, "distance": distance, "miner": miner, "reducer": reducer}, label_contrastive)
for distance in ["cosine", "unit_euclidean"]:
    labelled(f"nt_xent_{distance}", "nt_xent", {"temperature": 0.07, "distance": distance}, nt_xent)

# What encoders with rotary positions are made of.
for shift, eps in [(0, 1e-6), (1, 0.1)]:
    case("layer_norm", f"rms_4x7_shift{shift}", "rms_norm", {"eps": eps, "shift": shift}, {"x": numbers(4, 7), "weight": numbers(7)},
         lambda x, weight: {"y": F.rms_norm(x, (7,), shift + weight, eps)}, params=("weight",), rtol=3e-5)
gates = {"gelu": F.gelu, "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"), "silu": F.silu}
for name, gate in gates.items():
    case("elementwise", f"gated_{name}", "gated", {"activation": name}, {"x": numbers(3, 10, scale=2)},
         lambda x: {"y": gate(x[:, :5]) * x[:, 5:]}, rtol=3e-5)


def turned(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


angles = torch.outer(torch.arange(5), 100.0 ** -(torch.arange(3) / 3))
cos, sin = angles.cos().float().double(), angles.sin().float().double()
table = torch.stack([cos, sin], 1)


def rotary_columns(x, table):
    parts = x.unflatten(-1, (4, 8))
    done = torch.cat([turned(parts[..., :3, :6], cos[:, None], sin[:, None]), parts[..., :3, 6:]], -1)
    return {"y": torch.cat([done, parts[..., 3:, :]], -2).flatten(-2)}


case("attention", "rotary", "rotary", {"heads": 3, "head_size": 8}, {"x": numbers(2, 5, 32), "table": table}, rotary_columns, constants=("table",))
distance = torch.arange(9)[:, None] - torch.arange(9)
for name, seen in [("causal", distance >= 0), ("window", distance.abs() <= 2)]:
    def grouped(qkv):
        parts = qkv.unflatten(-1, (8, 3)).transpose(1, 2)
        y = F.scaled_dot_product_attention(parts[:, :4], parts[:, 4:6], parts[:, 6:], attn_mask=seen, scale=0.4, enable_gqa=True)
        return {"y": y.transpose(1, 2).flatten(-2)}
    case("attention", f"grouped_{name}", "self_attention", {"heads": 4, "key_heads": 2, "scale": 0.4, "window": name}, {"qkv": numbers(2, 9, 24)}, grouped, rtol=3e-5)

(here / "index.json").write_text(json.dumps({"torch": torch.__version__, "cases": cases}, indent=1) + "\n")
print(len(cases), "cases")
