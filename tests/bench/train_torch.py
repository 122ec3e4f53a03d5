#!/usr/bin/env python3
"""Trains the localization recipe in PyTorch: an independent witness for the accuracy that thaw should reach."""

import argparse
import os

import numpy as np
import torch

import localization


def iou(predicted, truth):
    """Intersection over union of boxes (n, 4); 0 for a predicted box that is inside out."""
    low = torch.maximum(predicted[:, :2], truth[:, :2])
    high = torch.minimum(predicted[:, 2:], truth[:, 2:])
    intersection = (high - low).clamp(min=0).prod(1)

    def area(boxes):
        return (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(1)

    return intersection / (area(predicted) + area(truth) - intersection)


def evaluate(model, batches):
    """(accuracy, box MSE, mean IoU, share of IoU >= 0.6), exact over a short last batch."""
    right, squares, overlaps = [], [], []
    with torch.no_grad():
        for images, labels, boxes in batches:
            logits, predicted = model(images)
            right.append((logits.argmax(1) == labels).float())
            squares.append(((predicted - boxes) ** 2).mean(1))
            overlaps.append(iou(predicted, boxes))
    overlap = torch.cat(overlaps)
    values = torch.cat(right), torch.cat(squares), overlap, (overlap >= 0.6).float()
    return [value.mean().item() for value in values]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", default=os.environ.get("THAW_DATA"), help="folder with MNIST's IDX files")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    if not arguments.data_dir:
        parser.error("--data-dir or $THAW_DATA must name the folder with MNIST")

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    train = localization.Canvases(*localization.load_sprites(arguments.data_dir, "train"), arguments.seed)
    held_out = localization.Canvases(*localization.load_sprites(arguments.data_dir, "t10k"), seed=0)
    order = np.arange(len(held_out.labels))
    validation = [held_out.draw(order[i : i + 500]) for i in range(0, len(order), 500)]
    random = np.random.default_rng(arguments.seed)
    model = localization.Localizer()
    optimizer = localization.adam(model)

    for epoch in range(1, arguments.epochs + 1):
        order = random.permutation(len(train.labels))
        for i in range(0, len(order), arguments.batch):
            images, labels, boxes = train.draw(order[i : i + arguments.batch])
            loss = localization.loss_of(model(images), labels, boxes)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        accuracy, mse, overlap, share = evaluate(model, validation)
        print(
            f"epoch {epoch}: accuracy {accuracy:.4f}, box MSE {mse:.6f}, IoU {overlap:.4f}, IoU >= 0.6 {share:.4f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
