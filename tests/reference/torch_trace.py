#!/usr/bin/env python3
"""Writes torch_trace.json: losses of the localization network as PyTorch trains it in f64.

Third witness of the reference. Run by hand where PyTorch is installed:  python3 torch_trace.py > torch_trace.json
"""
import json

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
BATCH, CHANNELS, HEIGHT, WIDTH, CLASSES, STEPS = 3, 2, 22, 25, 5, 6


def wave(number, scale, *shape):
    """Numbers that need no file: element i is scale * sin(0.7391 i + number)."""
    count = int(torch.tensor(shape).prod())
    return (scale * torch.sin(0.7391 * torch.arange(count) + number)).reshape(shape)


def network():
    shapes = [(4, CHANNELS, 3, 3), (4,), (6, 4, 3, 3), (6,), (7, 6 * 4 * 4), (7,), (CLASSES, 7), (CLASSES,), (4, 7), (4,)]
    return [wave(10 + k, 0.4 if len(s) > 1 else 0.1, *s).requires_grad_() for k, s in enumerate(shapes)]


def loss_of(w, pool, activation):
    act = {"Relu": F.relu, "Tanh": torch.tanh}[activation]
    pooling = {"AveragePool": F.avg_pool2d, "MaxPool": F.max_pool2d}[pool]
    x = wave(1, 1, BATCH, CHANNELS, HEIGHT, WIDTH)
    label, truth, weights = torch.tensor([1, 4, 0]), wave(2, 0.5, BATCH, 4), torch.tensor([1.0, 0.5, 0.25])
    x = pooling(act(F.conv2d(x, w[0], w[1])), 2)
    x = pooling(act(F.conv2d(x, w[2], w[3])), 2)
    x = act(F.linear(x.flatten(1), w[4], w[5]))
    rows = F.cross_entropy(F.linear(x, w[6], w[7]), label, reduction="none", label_smoothing=0.1)
    box = ((F.linear(x, w[8], w[9]) - truth) ** 2).mean(1)
    return (weights * (rows + 2 * box)).sum() / weights.sum()


def trace(pool, activation, make, clip_norm):
    w = network()
    optimizer = make(w)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(w, pool, activation)
        loss.backward()
        if clip_norm:
            norm = torch.sqrt(sum((p.grad**2).sum() for p in w))
            for p in w:
                p.grad *= min(1.0, clip_norm / float(norm))
        optimizer.step()
        losses.append(float(loss))
    return losses


# PyTorch's RMSprop and Adam add epsilon elsewhere than Keras's: equal where epsilon does not matter.
OPTIMIZERS = {
    "sgd": (lambda w: torch.optim.SGD(w, lr=0.05), 0),
    "sgd_clipped": (lambda w: torch.optim.SGD(w, lr=0.05), 0.3),
    "sgd_momentum": (lambda w: torch.optim.SGD(w, lr=0.02, momentum=0.9), 0),
    "sgd_nesterov": (lambda w: torch.optim.SGD(w, lr=0.02, momentum=0.9, nesterov=True), 0),
    "rms_prop": (lambda w: torch.optim.RMSprop(w, lr=0.002, alpha=0.9, eps=1e-30), 0),
    "rms_prop_momentum": (lambda w: torch.optim.RMSprop(w, lr=0.002, alpha=0.9, eps=1e-30, momentum=0.5), 0),
    "adam": (lambda w: torch.optim.Adam(w, lr=0.005, betas=(0.9, 0.999), eps=1e-30), 0),
}

traces = []
for pool, activation in [("AveragePool", "Relu"), ("MaxPool", "Tanh")]:
    for name, (make, clip_norm) in OPTIMIZERS.items():
        losses = trace(pool, activation, make, clip_norm)
        traces.append({"pool": pool, "activation": activation, "optimizer": name, "losses": losses})
print(json.dumps({"made_by": "PyTorch " + torch.__version__, "traces": traces}, indent=1))
