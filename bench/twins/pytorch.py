"""Recipes written a second time in PyTorch, trained on the folds of a run with --folds, to compare final errors.

    python3 bench/twins/pytorch.py RECIPE SEED FOLDS DATA METRIC_NAMES METRIC_EMBEDDINGS EMBEDDINGS

RECIPE is bilinear, residual-mlp, joint-embedding, attention-refiner or scml, FOLDS the folder that `train --folds 5`
has written, EMBEDDINGS the folder with user_prompt.npy and response.npy. Settings are those of the recipes, without
negatives, and at most 15 epochs (joint-embedding: 100); weights for bilinear alone, two texts for attention-refiner.
What has a closed form is fitted here, by NumPy and with draws of its own: only the folds are read from the run. As in
`train --folds`, each fold keeps the epoch that is best on it.
"""

import csv
import json
import sys

import numpy as np
import torch
from torch import nn, optim

from recipes import recipes


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
    with torch.no_grad():
        network.start(part(train), order)
    best, best_score, since = float("inf"), None, 0
    for _ in range(settings["epochs"]):
        network.train()
        for picked in network.batches(score[train], order):
            batch = part(train[picked])
            if len(batch["score"]) < 2:
                continue
            optimizer.zero_grad()
            network.loss(batch).backward()
            if settings["clip"]:
                nn.utils.clip_grad_norm_(network.parameters(), settings["clip"])
            optimizer.step()
        network.eval()
        with torch.no_grad():
            network.refit(part(train))
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
    torch.set_num_threads(1)
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
