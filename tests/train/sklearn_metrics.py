#!/usr/bin/env python3
"""Writes sklearn_metrics.json: what scikit-learn makes of small sets of answers, for class_metrics_test.cpp to compare with.

usage: sklearn_metrics.py > sklearn_metrics.json     (needs Debian's python3-sklearn; the test itself does not)
Scores are multiples of 1/32, so that many are equal and all are exact in 32 bits. null: nothing can be said.
"""
import json
import sys

import numpy as np
from sklearn import metrics

BINS = (15, 4)


def area(function, truth, scores, is_defined):
    return float(function(truth, scores)) if is_defined else None


def areas(columns):
    """The mean over classes of both areas; columns: (truth, scores) of each class."""
    roc = [area(metrics.roc_auc_score, t, s, 0 < t.sum() < len(t)) for t, s in columns]
    pr = [area(metrics.average_precision_score, t, s, t.sum() > 0) for t, s in columns]
    mean = lambda values: float(np.mean([v for v in values if v is not None])) if any(v is not None for v in values) else None
    return {"roc_auc": mean(roc), "pr_auc": mean(pr)}, roc, pr


def calibration_error(probability, is_right, bins):
    """Guo and others (2017), with bins [low, high)."""
    at = np.minimum((probability * bins).astype(int), bins - 1)
    return float(sum(abs(probability[at == b].sum() - is_right[at == b].sum()) for b in range(bins)) / len(at))


def rates(truth, called, seen):
    """Macro over the classes that are true or called somewhere, recall over those that are true; micro over all."""
    true_classes, seen_classes = seen
    score = lambda f, average, labels: float(f(truth, called, average=average, labels=labels, zero_division=0))
    return {
        "precision_macro": score(metrics.precision_score, "macro", seen_classes),
        "precision_micro": score(metrics.precision_score, "micro", None),
        "recall_macro": score(metrics.recall_score, "macro", true_classes),
        "recall_micro": score(metrics.recall_score, "micro", None),
        "f1_macro": score(metrics.f1_score, "macro", seen_classes),
        "f1_micro": score(metrics.f1_score, "micro", None),
    }


def multi_class(name, truth, scores):
    called = scores.argmax(axis=1)
    classes = scores.shape[1]
    seen = (sorted(set(truth)), sorted(set(truth) | set(called)))
    means, roc, pr = areas([((truth == c).astype(int), scores[:, c]) for c in range(classes)])
    expected = {"accuracy": float(metrics.accuracy_score(truth, called)), **rates(truth, called, seen), **means}
    # By hand: scikit-learn orders equal scores otherwise.
    before = (scores > scores[range(len(truth)), truth][:, None]).sum(axis=1)
    before += np.array([(row[:t] == row[t]).sum() for row, t in zip(scores, truth)])
    expected["top_2_accuracy"] = float((before < 2).mean())
    for bins in BINS:
        expected[f"ece_{bins}"] = calibration_error(scores.max(axis=1), called == truth, bins)
    return case(name, "multi-class", [[int(t)] for t in truth], scores, expected, roc, pr)


def binary(name, truth, scores):
    called = (scores > 0.5).astype(int)
    seen = (sorted(set(truth)), sorted(set(truth) | set(called)))
    means, roc, pr = areas([(truth, scores)])
    expected = {"accuracy": float(metrics.accuracy_score(truth, called)), **rates(truth, called, seen), **means}
    for bins in BINS:
        expected[f"ece_{bins}"] = calibration_error(scores, truth == 1, bins)
    return case(name, "binary", [[int(t)] for t in truth], scores[:, None], expected, roc, pr)


def multi_label(name, truth, scores):
    called = (scores > 0.5).astype(int)
    classes = range(scores.shape[1])
    seen = ([c for c in classes if truth[:, c].any()], [c for c in classes if truth[:, c].any() or called[:, c].any()])
    means, roc, pr = areas([(truth[:, c], scores[:, c]) for c in classes])
    expected = {"accuracy": float((truth == called).mean()), **rates(truth, called, seen), **means}
    for bins in BINS:
        expected[f"ece_{bins}"] = calibration_error(scores.ravel(), truth.ravel() == 1, bins)
    return case(name, "multi-label", [[int(c) for c in np.flatnonzero(row)] for row in truth], scores, expected, roc, pr)


def case(name, kind, labels, scores, expected, roc, pr):
    return {"name": name, "kind": kind, "labels": labels, "scores": scores.tolist(), "expected": expected,
            "class_roc_auc": roc, "class_pr_auc": pr}


def main():
    random = np.random.default_rng(7)
    scores = lambda *shape: random.integers(0, 33, shape) / 32
    drawn = lambda classes, count: random.integers(0, classes, count)
    separated = drawn(2, 40)
    cases = [
        multi_class("four_classes_with_ties", drawn(4, 60), scores(60, 4)),
        multi_class("a_class_that_is_never_true", drawn(3, 30), scores(30, 4)),
        multi_class("a_class_that_is_neither_true_nor_called", drawn(3, 30), np.hstack([scores(30, 3), np.zeros((30, 1))])),
        multi_class("one_class_only", np.full(12, 2), scores(12, 3)),
        multi_class("one_sample", np.array([1]), scores(1, 3)),
        binary("yes_and_no_with_ties", drawn(2, 60), scores(60)),
        binary("told_apart", separated, (separated * 8 + drawn(8, 40)) / 16),
        binary("all_the_same_score", drawn(2, 20), np.full(20, 0.75)),
        binary("only_yes", np.ones(9, int), scores(9)),
        binary("only_no", np.zeros(9, int), scores(9)),
        multi_label("three_labels", drawn(2, (50, 3)), scores(50, 3)),
        multi_label("a_label_that_is_never_true", np.hstack([drawn(2, (20, 2)), np.zeros((20, 1), int)]), scores(20, 3)),
        multi_label("a_label_nobody_speaks_of", np.hstack([drawn(2, (20, 2)), np.zeros((20, 1), int)]),
                    np.hstack([scores(20, 2), np.zeros((20, 1))])),
        multi_label("a_label_that_is_always_true", np.hstack([drawn(2, (20, 2)), np.ones((20, 1), int)]), scores(20, 3)),
        multi_label("samples_without_a_label", drawn(2, (25, 4)) * drawn(2, (25, 1)), scores(25, 4)),
    ]
    import sklearn
    head = {"written_by": "sklearn_metrics.py", "scikit-learn": sklearn.__version__}
    lines = ",\n  ".join(json.dumps(each) for each in cases)
    sys.stdout.write('{"about": ' + json.dumps(head) + ', "cases": [\n  ' + lines + "\n]}\n")


if __name__ == "__main__":
    main()
