#!/usr/bin/env python3
"""Trains one member of experiments/transfer/strategies.pbtxt in PyTorch, as its users write it; prints one line of JSON.

    torch_sweep_member.py feature_extraction --samples 100 --way channels_last

The network is the same ResNet-20, batch, epochs and optimizer too; after each epoch 1,000 pictures are judged, in batches of
250 under no_grad. A frozen backbone runs in evaluation mode under no_grad, in every epoch; gradual_unfreezing releases a stage
an epoch. Pictures lie in memory, drawn: their drawing is not counted, and what they show does not matter, so that they are
noise. The allocator and BLAS are chosen by the environment.
"""

import argparse
import json
import time

import torch
from torch import nn

from torch_step import status_bytes

FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
STRATEGIES = ("from_scratch", "feature_extraction", "fine_tune", "warm_start", "gradual_unfreezing")
PIXELS, CLASSES, BATCH, JUDGED, JUDGED_BATCH = 36, 10, 10, 1000, 250
PARAMETERS = 274_154  # Keras's 274,442 of three colours, for one


def conv(channels, filters, kernel, stride=1):
    return nn.Conv2d(channels, filters, kernel, stride, kernel // 2)


class Block(nn.Module):
    """Two convolutions with their normalizations beside a shortcut, as in Keras's example for CIFAR-10."""

    def __init__(self, channels, filters, stride):
        super().__init__()
        self.conv1, self.norm1 = conv(channels, filters, 3, stride), nn.BatchNorm2d(filters, eps=1e-3)
        self.conv2, self.norm2 = conv(filters, filters, 3), nn.BatchNorm2d(filters, eps=1e-3)
        self.shortcut = conv(channels, filters, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x):
        inner = torch.relu_(self.norm1(self.conv1(x)))
        return torch.relu_(self.norm2(self.conv2(inner)) + self.shortcut(x))


def make_backbone():
    stages = [nn.Sequential(conv(1, 16, 3), nn.BatchNorm2d(16, eps=1e-3), nn.ReLU(inplace=True))]
    channels = 16
    for stage in range(3):
        filters = 16 << stage
        blocks = [Block(channels if block == 0 else filters, filters, 2 if stage > 0 and block == 0 else 1) for block in range(3)]
        stages.append(nn.Sequential(*blocks))
        channels = filters
    return nn.Sequential(*stages, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class Member:
    """One network with its strategy."""

    def __init__(self, strategy, memory_format):
        torch.manual_seed(1)
        self.strategy = strategy
        self.backbone = make_backbone().to(memory_format=memory_format)
        self.head = nn.Linear(64, CLASSES)
        parameters = sum(p.numel() for p in [*self.backbone.parameters(), *self.head.parameters()])
        # Keras counts running statistics as well.
        parameters += sum(b.numel() for name, b in self.backbone.named_buffers() if "running" in name)
        if parameters != PARAMETERS:
            raise SystemExit(f"the network has {parameters} parameters, expected {PARAMETERS}: not the same network")
        groups = [{"params": list(self.head.parameters())}]
        if strategy != "feature_extraction":
            rate = {"fine_tune": 3e-4, "gradual_unfreezing": 3e-4}.get(strategy, 3e-3)
            groups.append({"params": list(self.backbone.parameters()), "lr": rate})
        # In one pass over each parameter where this PyTorch can on the CPU.
        version = tuple(int(part) for part in torch.__version__.split(".")[:2])
        self.optimizer = torch.optim.Adam(groups, lr=3e-3, **({"fused": True} if version >= (2, 4) else {}))

    def begin_epoch(self, epoch):
        """Says what is trained from this epoch on, counted from 0."""
        self.backbone.train(self.strategy in ("from_scratch", "warm_start"))  # else stored statistics
        if self.strategy == "gradual_unfreezing":
            for stage in range(4):
                self.backbone[stage].requires_grad_(stage >= 4 - epoch)

    def logits(self, images):
        if self.strategy != "feature_extraction":
            return self.head(self.backbone(images))
        with torch.no_grad():
            features = self.backbone(images)
        return self.head(features)

    def train_step(self, images, labels):
        loss = nn.functional.cross_entropy(self.logits(images), labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def judge(self, images, labels):
        self.backbone.eval()
        with torch.no_grad():
            right = sum(
                (self.head(self.backbone(images[i : i + JUDGED_BATCH])).argmax(1) == labels[i : i + JUDGED_BATCH]).sum().item()
                for i in range(0, len(images), JUDGED_BATCH)
            )
        return right / len(images)


def pictures(count, seed, memory_format):
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(count, 1, PIXELS, PIXELS, generator=generator).contiguous(memory_format=memory_format)
    return images, torch.randint(CLASSES, (count,), generator=generator)


def train(arguments, memory_format):
    begin = time.perf_counter()
    member = Member(arguments.strategy, memory_format)
    images, labels = pictures(arguments.samples, 1, memory_format)
    judged = pictures(JUDGED, 2, memory_format)
    epochs = []
    for epoch in range(arguments.epochs):
        start = time.perf_counter()
        member.begin_epoch(epoch)
        order = torch.randperm(arguments.samples)
        for i in range(0, arguments.samples, BATCH):
            rows = order[i : i + BATCH]
            member.train_step(images[rows], labels[rows])
        member.judge(*judged)
        epochs.append(time.perf_counter() - start)
    return time.perf_counter() - begin, epochs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("strategy", choices=STRATEGIES)
    parser.add_argument("--samples", type=int, required=True)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--way", choices=sorted(FORMATS), default="contiguous")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    seconds, epochs = train(arguments, FORMATS[arguments.way])
    line = {"seconds": seconds, "epochs": epochs, "peak_rss_bytes": status_bytes("VmHWM"), "library": f"torch {torch.__version__}"}
    print(json.dumps(line))


if __name__ == "__main__":
    main()
