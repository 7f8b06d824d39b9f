"""What scikit-learn, SciPy and the definitions say of logits and labels. For reference.py and make_evaluation.py."""

import warnings

import numpy as np
from scipy.special import logsumexp, softmax
from scipy.stats import binomtest
from sklearn.metrics import (
    accuracy_score, average_precision_score, balanced_accuracy_score, brier_score_loss, precision_recall_curve,
    precision_recall_fscore_support, roc_auc_score, roc_curve, top_k_accuracy_score,
)

BINS = 15


def answer(logits, labels):
    """`logits` [N, K] are float32; everything is computed in float64."""
    logits, labels = np.asarray(logits, np.float32).astype(np.float64), np.asarray(labels)
    images, classes = logits.shape
    guesses, p = logits.argmax(1), softmax(logits, 1)
    with warnings.catch_warnings():
        # A class that is predicted and does not occur is worth a warning there.
        warnings.simplefilter("ignore")
        balanced = balanced_accuracy_score(labels, guesses)
    scores = lambda average: dict(zip(("precision", "recall", "f1"), precision_recall_fscore_support(labels, guesses, average=average, zero_division=0)[:3]))
    one_by_one = precision_recall_fscore_support(labels, guesses, labels=range(classes), average=None, zero_division=0)
    # scikit-learn's log_loss cuts probabilities off below 2e-16, which sure and wrong answers reach.
    loss = (logsumexp(logits, 1) - logits[np.arange(images), labels]).mean()
    metrics = {"loss": loss, "top1": accuracy_score(labels, guesses), **scores("macro"), "balanced_accuracy": balanced}
    if classes > 5:
        # Of equal scores scikit-learn takes the last class first: seen from behind, the first.
        metrics["top5"] = top_k_accuracy_score(classes - 1 - labels, logits[:, ::-1], k=5, labels=range(classes))
    ece, mce, bins = calibration(p.max(1), guesses == labels)
    metrics["ece"] = ece
    shares = {name: wilson(round(metrics[name] * images), images) for name in ("top1", "top5") if name in metrics}
    rows = [one_class(logits, p, labels, guesses, k, *(float(part[k]) for part in one_by_one)) for k in range(classes)]
    known = lambda name: [row[name] for row in rows if row[name] is not None]
    return {
        "metrics": metrics, "intervals": shares, "weighted": scores("weighted"), "classes": rows,
        "macro": {name: float(np.mean(known(name))) if known(name) else None for name in ("auc", "ap")},
        "calibration": {"ece": ece, "mce": mce, "brier": brier_score_loss(labels, p, labels=range(classes), scale_by_half=False), "bins": bins},
    }


def wilson(hits, of):
    return list(binomtest(hits, of).proportion_ci(method="wilson")) if of else None


def calibration(confidence, hits):
    """Equations 2, 3 and 5 of Guo et al. 2017, with its bins ((m - 1)/M, m/M]."""
    ece, mce, bins = 0.0, 0.0, []
    for m in range(BINS):
        inside = (confidence > m / BINS) & (confidence <= (m + 1) / BINS)
        count = int(inside.sum())
        bins.append({"count": count, "confidence": confidence[inside].mean() if count else None, "accuracy": hits[inside].mean() if count else None})
        if count:
            gap = abs(bins[-1]["accuracy"] - bins[-1]["confidence"])
            ece, mce = ece + count / len(hits) * gap, max(mce, gap)
    return ece, mce, bins


def one_class(logits, p, labels, guesses, k, precision, recall, f1, support):
    own = labels == k
    hits, predicted = int((own & (guesses == k)).sum()), int((guesses == k).sum())
    row = {
        "support": int(support), "predicted": predicted, "precision": precision, "recall": recall, "f1": f1,
        "precisionInterval": wilson(hits, predicted), "recallInterval": wilson(hits, int(support)), "auc": None, "ap": None, "aucOfProbabilities": None,
    }
    # Log-odds in single precision, by another way than ours: equal rows in another order shall stay equal.
    score = (logits[:, k] - logsumexp(np.delete(logits, k, 1), 1)).astype(np.float32)
    if own.any():
        row["ap"] = average_precision_score(own, score)
    if own.any() and not own.all():
        fpr, tpr, _ = roc_curve(own, score, drop_intermediate=False)
        precisions, recalls, _ = precision_recall_curve(own, score)
        row |= {
            "auc": roc_auc_score(own, score), "aucOfProbabilities": roc_auc_score(own, p[:, k]), "roc": [fpr.tolist(), tpr.tolist()],
            "pr": [recalls[::-1].tolist(), precisions[::-1].tolist()],
        }
    return row
