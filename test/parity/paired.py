"""What SciPy and scikit-learn say of two classifiers on the same images. For reference.py."""

import warnings

import numpy as np
from scipy import stats
from sklearn.metrics import balanced_accuracy_score, f1_score


def mcnemar(pairs):
    return [float(stats.binomtest(first, first + second, 0.5).pvalue) if first + second else 1.0 for first, second in pairs]


def replicates(case):
    """The scores of given resamples, and NumPy's percentiles of them and of their differences."""
    labels = np.asarray(case["labels"])
    rows = []
    with warnings.catch_warnings():
        # A class that is predicted and does not occur is worth a warning there.
        warnings.simplefilter("ignore")
        for guesses in map(np.asarray, case["guesses"]):
            rows.append({"top1": [], "balanced_accuracy": [], "f1": []})
            for images in map(np.asarray, case["resamples"]):
                y, said = labels[images], guesses[images]
                rows[-1]["top1"].append(float((y == said).mean()))
                rows[-1]["balanced_accuracy"].append(float(balanced_accuracy_score(y, said)))
                rows[-1]["f1"].append(float(f1_score(y, said, average="macro", zero_division=0)))
    ends = lambda values: [float(end) for end in np.quantile(values, [0.025, 0.975])]
    return {
        "rows": rows,
        "intervals": [{name: ends(values) for name, values in row.items()} for row in rows],
        "differences": {name: ends(np.subtract(rows[1][name], rows[0][name])) for name in rows[0]},
    }


def interval(case):
    """SciPy's own paired percentile bootstrap of the difference of two accuracies."""
    first, second = (np.asarray(case["guesses"][j]) == np.asarray(case["labels"]) for j in (0, 1))
    found = stats.bootstrap(
        (first.astype(float), second.astype(float)), lambda a, b, axis: b.mean(axis) - a.mean(axis), paired=True, vectorized=True,
        n_resamples=20_000, method="percentile", rng=np.random.default_rng(0), batch=1000,
    )
    return {"interval": [float(found.confidence_interval.low), float(found.confidence_interval.high)], "error": float(found.standard_error)}
