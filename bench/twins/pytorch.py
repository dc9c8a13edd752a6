"""Recipes written a second time in PyTorch, trained on the folds of a run with --folds, to compare final errors.

    python3 bench/twins/pytorch.py RECIPE SEED FOLDS DATA METRIC_NAMES METRIC_EMBEDDINGS EMBEDDINGS

RECIPE is bilinear, residual-mlp or joint-embedding, FOLDS the folder that `train --folds 5` has written, EMBEDDINGS the
folder with user_prompt.npy and response.npy. Settings are those of the recipes, without negatives, and at most 15 epochs
(joint-embedding: 100, without weights). As in `train --folds`, each fold keeps the epoch that is best on it.
"""

import csv
import json
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn, optim


def layers(widths, **options):
    return nn.ModuleList(nn.Linear(a, b, **options) for a, b in zip(widths, widths[1:]))


class Bilinear(nn.Module):
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


class ResidualMlp(nn.Module):
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


class JointEmbedding(nn.Module):
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


recipes = {"bilinear": Bilinear, "residual-mlp": ResidualMlp, "joint-embedding": JointEmbedding}


def score_weights(score, train):
    """The sample weights of `bilinear`."""
    of_class = np.floor(score + 0.5).astype(int)
    counts = np.bincount(of_class[train], minlength=11)
    weight = np.clip((counts.max() / np.maximum(counts, 1)) ** 0.5, 0.5, 8)[of_class]
    return np.where(of_class == 9, weight * 1.5, np.where(of_class == 10, weight * 1.3, weight)).astype(np.float32)


def train_fold(recipe, seed, rows, train, held_out):
    """Scores of the held-out rows at the epoch that is best on them."""
    torch.manual_seed(seed)
    order = np.random.RandomState(seed)
    score, weight = rows["score"].numpy(), rows["weight"].numpy()
    mean = float((weight[train] * score[train]).sum() / weight[train].sum())
    settings = recipe.settings
    network = recipe(rows["metrics"].shape[1], mean)
    optimizer = settings["optimizer"](network.parameters())
    schedule = optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=settings["patience"], min_lr=settings["min_lr"]
    )
    part = lambda at: {name: values if name == "metrics" else values[at] for name, values in rows.items()}
    best, best_score, since = float("inf"), None, 0
    for _ in range(settings["epochs"]):
        network.train()
        shuffled = order.permutation(train)
        for start in range(0, len(train), settings["batch"]):
            batch = part(shuffled[start : start + settings["batch"]])
            if len(batch["score"]) < 2:
                continue
            optimizer.zero_grad()
            network.loss(batch).backward()
            if settings["clip"]:
                nn.utils.clip_grad_norm_(network.parameters(), settings["clip"])
            optimizer.step()
        network.eval()
        with torch.no_grad():
            predicted = network.score(part(held_out)).clamp(0, 10).numpy()
        error = float(np.sqrt(((predicted - score[held_out]) ** 2).mean()))
        schedule.step(error)
        since += 1
        if error < best:
            best, best_score, since = error, predicted, 0
        if since >= settings["early_stopping"]:
            break
    return best_score


def main(name, seed, folds, data, metric_names, metric_embeddings, embeddings):
    records = json.load(open(data))
    index_of = {metric: i for i, metric in enumerate(json.load(open(metric_names)))}
    metrics = np.load(metric_embeddings)
    prompt, response = (np.load(f"{embeddings}/{field}.npy") for field in ("user_prompt", "response"))
    text = prompt + response
    text /= np.maximum(np.linalg.norm(text, axis=1, keepdims=True), 1e-12)
    metric_index = np.array([index_of[record["metric_name"]] for record in records])
    score = np.array([float(record["score"]) for record in records], dtype=np.float32)
    fold_of = np.zeros(len(records), int)
    for fold in range(5):
        for row in csv.DictReader(open(f"{folds}/fold-{fold}/validation.csv")):
            fold_of[int(row["ID"]) - 1] = fold
    predicted = np.zeros_like(score)
    for fold in range(5):
        train, held_out = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        weight = score_weights(score, train) if name == "bilinear" else np.ones_like(score)
        arrays = dict(prompt=prompt, response=response, text=text, metric=metrics[metric_index], metrics=metrics,
                      metric_index=metric_index, score=score, weight=weight)
        rows = {key: torch.from_numpy(values) for key, values in arrays.items()}
        predicted[held_out] = train_fold(recipes[name], 100 * int(seed) + fold, rows, train, held_out)
    print(f"{name}, seed {seed}: RMSE {np.sqrt(((predicted - score) ** 2).mean()):.3f} over all folds")


main(*sys.argv[1:])
