"""Writes test/golden/evaluation.json: what scikit-learn and SciPy say of small tables of logits.

    .cache/parity/bin/python test/parity/make_evaluation.py

Written with scikit-learn 1.9.1, SciPy 1.17.1. `npm test` reads the file and needs no Python.
"""

import json
import pathlib

import numpy as np

from evaluation import answer

OUT = pathlib.Path(__file__).resolve().parent.parent / "golden" / "evaluation.json"


def cases():
    """A plain one; one with ties, a class without images and one that is never guessed; two classes, sure of themselves."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 7, 48)
    yield rng.standard_normal((48, 7)) * 1.5 + 1.5 * np.eye(7)[labels], labels
    labels = rng.choice([0, 1, 2, 4, 5], 36)
    logits = rng.integers(-1, 2, (36, 6)) + 2.0 * np.eye(6)[labels]
    logits[:, 2] -= 9
    yield logits, labels
    labels = rng.integers(0, 2, 20)
    yield rng.standard_normal((20, 2)) + 30 * np.eye(2)[labels] * rng.choice([1, 1, 1, -1], (20, 1)), labels


def written(logits, labels):
    logits = np.round(logits, 3).astype(np.float32)
    found = answer(logits, labels)
    return {"logits": [[round(float(x), 3) for x in row] for row in logits], "labels": labels.tolist(), **found}


OUT.write_text(json.dumps([written(*case) for case in cases()], default=float).replace("}, {", "},\n{") + "\n")
