#!/usr/bin/env python3
"""Measures whole training steps of the localization recipe in PyTorch; prints one line of JSON.

Every step is measured twice over: with batches made beforehand, and with each batch drawn in the step.
The allocator, BLAS and OpenMP are chosen by the environment; bench.py sets it.
"""

import argparse
import json
import os
import statistics
import time


def seconds_since_process_start():
    """Wall time since exec, from the kernel's own clock."""
    with open("/proc/self/stat") as file:
        started = int(file.read().rsplit(")", 1)[1].split()[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started


def status_bytes(field):
    """A memory line (VmHWM, VmRSS) of /proc/self/status, in bytes."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(field + ":"))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-format", choices=["contiguous", "channels_last"], default="contiguous")
    parser.add_argument("--steps", type=int, default=60, help="measured steps of each kind")
    parser.add_argument("--block", type=int, default=10, help="steps per block; the median of blocks is reported")
    parser.add_argument("--warmup", type=int, default=10)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--data-dir", help="folder with MNIST's IDX files; random sprites without it")
    parser.add_argument("--adam", choices=["default", "foreach", "fused"], default="default")
    parser.add_argument("--compile", action="store_true", help="torch.compile the network (2.x)")
    return parser.parse_args()


class Trainer:
    """One network and its optimizer; runs steps and adds up where their time went."""

    def __init__(self, arguments):
        import torch
        import localization

        torch.set_num_threads(arguments.threads)
        torch.manual_seed(1)
        self.channels_last = arguments.memory_format == "channels_last"
        model = localization.Localizer()
        if self.channels_last:
            model = model.to(memory_format=torch.channels_last)
        self.optimizer = localization.adam(model, **{} if arguments.adam == "default" else {arguments.adam: True})
        self.model = torch.compile(model) if arguments.compile else model
        self.loss_of = localization.loss_of
        self.seconds = dict.fromkeys(["data", "forward", "backward", "update"], 0.0)

    def in_format(self, batch):
        images, labels, boxes = batch
        if self.channels_last:
            # With one channel both layouts are the same bytes, so .to(memory_format) does nothing; but convolution
            # chooses its layout by the strides.
            images = images.as_strided(images.shape, (images.stride(0), 1, images.stride(2), 1))
        return images, labels, boxes

    def step(self, next_batch):
        marks = [time.perf_counter()]
        images, labels, boxes = next_batch()
        marks.append(time.perf_counter())
        loss = self.loss_of(self.model(images), labels, boxes)
        marks.append(time.perf_counter())
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        marks.append(time.perf_counter())
        self.optimizer.step()
        marks.append(time.perf_counter())
        for part, begin, end in zip(self.seconds, marks, marks[1:]):
            self.seconds[part] += end - begin

    def measure(self, next_batch, arguments):
        """Samples per second (median and mean over blocks) and milliseconds of each part of a step."""
        for _ in range(arguments.warmup):
            self.step(next_batch)
        self.seconds = dict.fromkeys(self.seconds, 0.0)
        rates, blocks = [], max(1, arguments.steps // arguments.block)
        for _ in range(blocks):
            begin = time.perf_counter()
            for _ in range(arguments.block):
                self.step(next_batch)
            rates.append(arguments.block * arguments.batch / (time.perf_counter() - begin))
        steps = blocks * arguments.block
        return {
            "samples_per_second": statistics.median(rates),
            "samples_per_second_mean": statistics.harmonic_mean(rates),
            "steps_per_second": statistics.median(rates) / arguments.batch,
            "split_ms": {part: 1000 * seconds / steps for part, seconds in self.seconds.items()},
        }


def main():
    arguments = parse_arguments()
    import numpy as np
    import torch
    import localization

    import_s, import_rss = seconds_since_process_start(), status_bytes("VmRSS")
    canvases = localization.Canvases(*localization.load_sprites(arguments.data_dir, "train"), seed=1)
    # Samples are visited by a shuffle, as training does; a wrapped slice of it is a batch.
    order = np.random.default_rng(2).permutation(len(canvases.labels))
    position = 0

    def draw():
        nonlocal position
        position = (position + arguments.batch) % (len(order) - arguments.batch)
        return trainer.in_format(canvases.draw(order[position : position + arguments.batch]))

    trainer = Trainer(arguments)
    trainer.step(draw)
    first_step_s = seconds_since_process_start()
    premade = [draw() for _ in range(8)]
    turn = iter(range(1 << 40))
    fed = trainer.measure(lambda: premade[next(turn) % len(premade)], arguments)
    drawn = trainer.measure(draw, arguments)
    print(
        json.dumps(
            {
                "torch": torch.__version__,
                "numpy": np.__version__,
                "threads": torch.get_num_threads(),
                "memory_format": arguments.memory_format,
                "adam": arguments.adam,
                "compiled": arguments.compile,
                "batch": arguments.batch,
                "premade": fed,
                "drawn": drawn,
                "import_s": import_s,
                "import_rss_bytes": import_rss,
                "time_to_first_step_s": first_step_s,
                "peak_rss_bytes": status_bytes("VmHWM"),
            }
        )
    )


if __name__ == "__main__":
    main()
