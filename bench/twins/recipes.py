"""The recipes in PyTorch, with the settings that they have in recipes."""

import itertools

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn, optim


def layers(widths, **options):
    return nn.ModuleList(nn.Linear(a, b, **options) for a, b in zip(widths, widths[1:]))


class Recipe(nn.Module):
    """What recipes do unless they have a way of their own. `order` is where batches and fits draw from."""

    def start(self, rows, order):
        """Sets what the train rows decide, before the first epoch."""

    def refit(self, rows):
        """Fits to the train rows what is not learnt by steps, after each epoch."""

    def batches(self, score, order):
        shuffled = order.permutation(len(score))
        return [shuffled[i : i + self.settings["batch"]] for i in range(0, len(score), self.settings["batch"])]


class Bilinear(Recipe):
    settings = dict(optimizer=lambda p: optim.Adam(p, lr=1e-4, weight_decay=1e-5), batch=64, clip=1.0, patience=5,
                    min_lr=1e-6, epochs=15, early_stopping=20)

    def __init__(self, width, mean, rank=128):
        super().__init__()
        self.u, self.v = (nn.Linear(width, rank, bias=False) for _ in range(2))
        self.p = nn.Linear(rank, width, bias=False)
        for layer, deviation in ((self.u, width**-0.25), (self.v, width**-0.25), (self.p, (3 * rank) ** -0.5)):
            nn.init.uniform_(layer.weight, -deviation * 3**0.5, deviation * 3**0.5)
        widths = [3 * width, 512, 256, 128]
        self.layers = layers(widths)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for width in widths[1:])
        self.head = nn.Linear(widths[-1], 2)
        self.head.bias.data[0] = mean

    def forward(self, rows):
        m, t = rows["metric"], rows["text"]
        hidden = torch.cat([m, t, self.p(self.u(m) * self.v(t))], 1)
        for layer, norm in zip(self.layers, self.norms):
            hidden = F.dropout(F.relu(norm(layer(hidden))), 0.4, self.training)
        return self.head(hidden)

    def score(self, rows):
        return self(rows)[:, 0]

    def loss(self, rows):
        mean, log_variance = self(rows).unbind(1)
        log_variance = log_variance.clamp(-10, 10)
        each = (mean - rows["score"]) ** 2 / (log_variance.exp() + 1e-6) + log_variance
        return (each * rows["weight"]).mean()


class ResidualMlp(Recipe):
    settings = dict(optimizer=lambda p: optim.AdamW(p, lr=1e-3, weight_decay=1e-5), batch=256, clip=None, patience=4,
                    min_lr=0.0, epochs=15, early_stopping=12)

    def __init__(self, width, mean):
        super().__init__()
        widths = [3 * width, 1024, 512, 256]
        self.layers = layers(widths, bias=False)
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for width in widths[1:])
        self.around = nn.Linear(3 * width, 256, bias=False)
        self.norm = nn.LayerNorm(256)
        self.head = nn.Linear(256, 1)
        self.head.bias.data[0] = mean

    def score(self, rows):
        x = torch.cat([rows["prompt"], rows["response"], rows["metric"]], 1)
        hidden = x
        for layer, norm in zip(self.layers, self.norms):
            hidden = F.dropout(F.relu(norm(layer(hidden))), 0.2, self.training)
        return self.head(self.norm(hidden + self.around(x)))[:, 0]

    def loss(self, rows):
        noise = 0.05 * torch.randn(len(rows["score"]))
        return ((self.score(rows) - rows["score"] - noise) ** 2).mean()


class JointEmbedding(Recipe):
    settings = dict(optimizer=lambda p: optim.AdamW(p, lr=1e-3, weight_decay=1e-4), batch=64, clip=1.0, patience=3,
                    min_lr=0.0, epochs=100, early_stopping=10)

    def __init__(self, width, mean, projection=128, hidden=128):
        super().__init__()
        mlp = lambda a, b, c: nn.Sequential(nn.Linear(a, b), nn.ReLU(), nn.Dropout(0.2), nn.Linear(b, c))
        self.text, self.metric = mlp(width, projection, projection), mlp(width, projection, projection)
        self.head = mlp(4 * projection, hidden, 1)
        self.head[3].bias.data[0] = mean

    def forward(self, rows):
        e, anchors = F.normalize(self.text(rows["text"])), F.normalize(self.metric(rows["metrics"]))
        m = anchors[rows["metric_index"]]
        return self.head(torch.cat([e, m, e * m, (e - m).abs()], 1))[:, 0], e, anchors, m

    def score(self, rows):
        return self(rows)[0]

    def loss(self, rows):
        score, e, anchors, m = self(rows)
        pulled = F.cross_entropy(e @ anchors.T / 0.07, rows["metric_index"], reduction="none")
        pushed = F.relu((e * m).sum(1)) / 0.07
        of_class = torch.floor(rows["score"] + 0.5)
        contrast = (of_class >= 7) * pulled + (of_class <= 4) * pushed
        return ((score - rows["score"]) ** 2).mean() + 0.5 * contrast.mean()


class AttentionLayer(nn.Module):
    def __init__(self, width, cross=False, heads=8, dropout=0.1):
        super().__init__()
        self.norm, self.norm_feed = nn.LayerNorm(width), nn.LayerNorm(width)
        self.norm_memory = nn.LayerNorm(width) if cross else None
        self.attention = nn.MultiheadAttention(width, heads, dropout, bias=False, batch_first=True)
        self.feed = nn.Sequential(nn.Linear(width, 4 * width), nn.ReLU(), nn.Dropout(dropout),
                                  nn.Linear(4 * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, memory=None):
        q = self.norm(x)
        kv = q if memory is None else self.norm_memory(memory)
        x = x + self.dropout(self.attention(q, kv, kv, need_weights=False)[0])
        return x + self.dropout(self.feed(self.norm_feed(x)))


class AttentionRefiner(Recipe):
    settings = dict(optimizer=lambda p: optim.Adam(p, lr=3e-4), batch=128, clip=1.0, patience=3, min_lr=0.0, epochs=15,
                    early_stopping=8)

    def __init__(self, width, mean, token=128):
        super().__init__()
        self.metric_token, self.text_token = (nn.Linear(width, token, bias=False) for _ in range(2))
        stack = lambda cross=False: nn.ModuleList(AttentionLayer(token, cross) for _ in range(2))
        self.metric, self.text, self.cross, self.joint = stack(), stack(), stack(True), stack()

    def forward(self, rows):
        tokens = lambda layer, *fields: F.normalize(layer(torch.stack(fields, 1)), dim=2) * layer.out_features**0.5
        m = tokens(self.metric_token, rows["metric"])
        t = tokens(self.text_token, rows["prompt"], rows["response"])
        for layer in self.metric:
            m = layer(m)
        for layer in self.text:
            t = layer(t)
        for layer in self.cross:
            m = layer(m, t)
        z = torch.cat([m, t], 1)
        for layer in self.joint:
            z = layer(z)
        return F.normalize(z.mean(1))

    def batches(self, score, order):
        """The bins of scores take turns in giving a row, in a random order that begins anew once all are used up."""
        def endless(rows):
            while True:
                yield from order.permutation(rows)

        bin_of = np.digitize(score, [3, 6, 9])
        bins = [endless(np.flatnonzero(bin_of == i)) for i in range(4) if (bin_of == i).any()]
        size, turns = self.settings["batch"], itertools.cycle(bins)
        return [np.array([next(next(turns)) for _ in range(size)]) for _ in range(-(-len(score) // size))]

    def loss(self, rows):
        """Triplet hinge of squared distances; each row is the anchor of a random triplet, where it has one."""
        x, score = self(rows), rows["score"]
        apart = (score[:, None] - score).abs()
        near, far = (apart <= 1) & ~torch.eye(len(score), dtype=torch.bool), apart >= 3
        found = near.any(1) & far.any(1)
        positive, negative = (torch.multinomial(choice[found].float(), 1)[:, 0] for choice in (near, far))
        distance = lambda to: ((x[found] - x[to]) ** 2).sum(1)
        return F.relu(1 + distance(positive) - distance(negative)).mean()

    def refit(self, rows):
        """Ridge regression, with the penalty that has the least error on left-out rows."""
        x, y = (values.double().numpy() for values in (self(rows), rows["score"]))
        x_mean, y_mean = x.mean(0), y.mean()
        u, s, v = np.linalg.svd(x - x_mean, full_matrices=False)
        def fit(alpha):
            kept = s**2 / (s**2 + alpha)
            residual = y - y_mean - u @ (kept * (u.T @ (y - y_mean)))
            left_out = residual / (1 - 1 / len(y) - u**2 @ kept)
            return (left_out**2).mean(), v.T @ (s / (s**2 + alpha) * (u.T @ (y - y_mean)))
        _, coef = min((fit(10.0**power) for power in range(-3, 4)), key=lambda found: found[0])
        self.coef, self.intercept = torch.from_numpy(coef).float(), float(y_mean - x_mean @ coef)

    def score(self, rows):
        return self(rows) @ self.coef + self.intercept


def score_triplets(score, count, order):
    """Numbers of an anchor, a row within 1 and a row 3 or more away; anchors are drawn score by score."""
    rows_of = {value: np.flatnonzero(score == value) for value in np.unique(score)}
    triplets = []
    while len(triplets) < count:
        anchor = order.choice(rows_of[order.choice(list(rows_of))])
        apart = np.abs(score - score[anchor])
        near, far = np.flatnonzero(apart <= 1), np.flatnonzero(apart >= 3)
        near = near[near != anchor]
        if len(near) and len(far):
            triplets.append((anchor, order.choice(near), order.choice(far)))
    return triplets


class Scml(Recipe):
    settings = dict(optimizer=lambda p: optim.AdamW(p, lr=1e-3, weight_decay=0.01), batch=64, clip=None, patience=5,
                    min_lr=0.0, epochs=15, early_stopping=12)

    def __init__(self, width, mean, components=128, projection=32, bases=128, hidden=64):
        super().__init__()
        self.input = nn.Linear(2 * width, components).requires_grad_(False)
        self.project = nn.Linear(components, projection, bias=False)
        self.weigh = nn.Linear(projection, bases)
        self.basis = nn.Parameter(torch.zeros(components, bases))
        self.mlp = nn.Sequential(nn.Linear(bases, hidden), nn.ReLU(), nn.Dropout(0.2), nn.Linear(hidden, 1))
        self.mlp[3].bias.data.fill_(mean)

    def start(self, rows, order):
        """Principal components with a mean square of 1, and directions by which far rows differ more than near ones."""
        features = torch.cat([rows["metric"], rows["text"]], 1).double().numpy()
        mean = features.mean(0)
        _, s, v = np.linalg.svd(features - mean, full_matrices=False)
        count, bases = self.basis.shape
        v = v[:count] * np.sqrt(count * (len(features) - 1) / (s[:count] ** 2).sum())
        self.input.weight.copy_(torch.from_numpy(v))
        self.input.bias.copy_(torch.from_numpy(-v @ mean))
        x = (features - mean) @ v.T
        anchor, near, far = np.transpose(score_triplets(rows["score"].numpy(), 5000, order))
        found = []
        while len(found) < bases:
            drawn = order.randint(len(anchor), size=count)
            a, b = (x[anchor[drawn]] - x[other[drawn]] for other in (far, near))
            values, vectors = np.linalg.eigh(a.T @ a - b.T @ b)
            found += [vectors[:, i] for i in reversed(range(count)) if values[i] > 1e-9 * values[-1]]
        self.basis.copy_(torch.from_numpy(np.transpose(found[:bases])))

    def score(self, rows):
        x = self.input(torch.cat([rows["metric"], rows["text"]], 1))
        weights = F.softplus(self.weigh(self.project(x)))
        return self.mlp(weights.sqrt() * (x @ self.basis))[:, 0]

    def loss(self, rows):
        return ((self.score(rows) - rows["score"]) ** 2).mean()


recipes = {"bilinear": Bilinear, "residual-mlp": ResidualMlp, "joint-embedding": JointEmbedding,
           "attention-refiner": AttentionRefiner, "scml": Scml}
