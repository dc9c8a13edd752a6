"""How often embeddings tell a record whose metric fits its texts from one whose metric does not, by script; see
docs/encoders.md.

    python3 fit_by_script.py SAMPLE EMBEDDINGS

SAMPLE is a folder of `deno task sample`, EMBEDDINGS/train and EMBEDDINGS/test are what `deno task embed` makes of its
prompts and responses. Ridge regression, fitted to the train records, takes the mean of a record's rows to its metric's
embedding; a test record is scored by the cosine of what that says and of the metric it carries.
"""
import json
import sys

import numpy as np

sample, folder = sys.argv[1:]
train, test = (json.load(open(f"{sample}/{part}.json")) for part in ("train", "test"))
names, metrics = json.load(open(f"{sample}/metric_names.json")), np.load(f"{sample}/metric_embeddings.npy")
score = np.loadtxt(f"{sample}/test_scores.csv", delimiter=",", skiprows=1)[: len(test), 1]
blocks = {"Latin": "az", "Devanagari": "\u0900\u097f", "Bengali": "\u0980\u09ff", "Tamil": "\u0b80\u0bff"}


def texts(part):
    return sum(np.load(f"{folder}/{part}/{field}.npy") for field in ("user_prompt", "response")) / 2


def metrics_of(records):
    return metrics[[names.index(record["metric_name"]) for record in records]]


def scripts_of(records):
    """The script of most letters of each prompt."""
    count = lambda prompt, block: sum(block[0] <= letter <= block[1] for letter in prompt.lower())
    return np.array([max(blocks, key=lambda name: count(r["user_prompt"], blocks[name])) for r in records])


def fit_told(learnt, scored):
    """Share of pairs of test records, one scored above 5 and one not, in which the first is nearer to its metric."""
    x, m = texts("train")[learnt], metrics_of(train)[learnt]
    x_mean, m_mean = x.mean(0), m.mean(0)
    x = x - x_mean
    penalty = 0.03 * (x**2).sum() / x.shape[1]
    weight = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ (m - m_mean))
    said, own = ((texts("test") - x_mean) @ weight)[scored], (metrics_of(test) - m_mean)[scored]
    near = (said * own).sum(1) / np.linalg.norm(said, axis=1) / np.linalg.norm(own, axis=1)
    fits = score[scored] > 5
    return (near[fits][:, None] > near[~fits][None]).mean()


train_script, test_script = scripts_of(train), scripts_of(test)
every = np.ones(len(train), bool)
print(f"learnt from all: {fit_told(every, np.ones(len(test), bool)):.3f}")
for name in blocks:
    own, latin = (fit_told(rows, test_script == name) for rows in (every, train_script == "Latin"))
    print(f"{name}: learnt from all {own:.3f}, from Latin alone {latin:.3f}")
