"""The localization recipe in PyTorch: data, network and losses, shared by torch_step.py and train_torch.py.

Written from the recipe's text alone; it shares nothing with thaw, so that it can stand as a witness.
Works with PyTorch 1.13 (Debian 12) and 2.x.
"""

import gzip
import os
import struct

import numpy as np
import torch
from torch import nn

CANVAS = 75
SPRITE = 28
CLASSES = 10


def read_idx(path):
    """Reads an IDX file of bytes, plain or .gz; `path` is given without the .gz."""
    opener = open
    if not os.path.exists(path):
        path, opener = path + ".gz", gzip.open
    with opener(path, "rb") as file:
        data = file.read()
    rank = data[3]  # the magic number's last byte; 28 x 28 images have rank 3, labels 1
    shape = struct.unpack(f">{rank}I", data[4 : 4 + 4 * rank])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def load_sprites(data_dir, split):
    """Sprites (n, 28, 28) uint8 and labels of MNIST's `split` (train, t10k); random ones without `data_dir`."""
    if not data_dir:
        random = np.random.default_rng(1)
        return random.integers(0, 256, (4096, SPRITE, SPRITE), np.uint8), random.integers(0, CLASSES, 4096)
    folder = os.path.join(data_dir, "mnist")
    stem = os.path.join(folder if os.path.isdir(folder) else data_dir, split)
    return read_idx(stem + "-images-idx3-ubyte"), read_idx(stem + "-labels-idx1-ubyte").astype(np.int64)


class Canvases:
    """Draws batches: each sprite at a uniformly random place of its own empty canvas."""

    def __init__(self, sprites, labels, seed):
        self.sprites, self.labels = sprites, labels
        self.random = np.random.default_rng(seed)

    def draw(self, indices):
        """(images (n, 1, 75, 75), labels (n), boxes (n, 4) as xmin, ymin, xmax, ymax in 0..1), as tensors."""
        count = len(indices)
        x, y = self.random.integers(0, CANVAS - SPRITE + 1, (2, count))
        images = np.zeros((count, CANVAS, CANVAS), np.float32)
        # One strided view of every possible window: a single indexed store places the whole batch.
        windows = np.lib.stride_tricks.sliding_window_view(images, (SPRITE, SPRITE), axis=(1, 2), writeable=True)
        # Sprites stay bytes until here, so that PyTorch's peak memory is not charged for our float copy of MNIST.
        windows[np.arange(count), y, x] = self.sprites[indices] * np.float32(1 / 255)
        boxes = np.stack([x, y, x + SPRITE, y + SPRITE], 1).astype(np.float32) / CANVAS
        return torch.from_numpy(images[:, None]), torch.from_numpy(self.labels[indices]), torch.from_numpy(boxes)


class Localizer(nn.Module):
    """conv16-pool-conv32-pool-conv64-pool, dense 128, then class logits and a linear box; Keras's initial weights."""

    def __init__(self):
        super().__init__()
        layers, channels = [], 1
        for filters in (16, 32, 64):
            layers += [nn.Conv2d(channels, filters, 3), nn.ReLU(), nn.AvgPool2d(2)]
            channels = filters
        self.trunk = nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 7 * 7, 128), nn.ReLU())
        self.classification = nn.Linear(128, CLASSES)
        self.bounding_box = nn.Linear(128, 4)
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, images):
        features = self.trunk(images)
        return self.classification(features), self.bounding_box(features)


def loss_of(outputs, labels, boxes):
    logits, predicted = outputs
    return nn.functional.cross_entropy(logits, labels) + nn.functional.mse_loss(predicted, boxes)


def adam(model, **options):
    return torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7, **options)
