#!/usr/bin/env python3
"""Measures steps that train a head on a frozen backbone in PyTorch, as its users write them: the backbone in evaluation
mode under no_grad, in every step. Prints one line of JSON.

    torch_trunk_step.py resnet50 --way channels_last:eager

A way is FORMAT:COMPUTE. FORMAT: contiguous, channels_last. COMPUTE: eager, or jit (the backbone traced, frozen, optimized).
Pictures lie in memory, decoded: nothing is read. The allocator and BLAS are chosen by the environment.
"""

import argparse
import json
import statistics
import time
import warnings

import torch
from torch import nn

import torch_trunk_networks as networks
from torch_step import status_bytes

FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


def adam(parameters):
    """In one pass over each parameter where this PyTorch can (2.4 and later, on the CPU)."""
    try:
        return torch.optim.Adam(parameters, lr=1e-4, fused=True)
    except (TypeError, RuntimeError):
        return torch.optim.Adam(parameters, lr=1e-4)


def measure(arguments, memory_format, compute):
    torch.manual_seed(1)
    backbone = networks.backbone(arguments.network)
    parameters = networks.parameter_count(arguments.network, backbone)
    backbone = backbone.to(memory_format=FORMATS[memory_format])
    pixels, classes, _ = networks.SIZES[arguments.network]
    images = torch.rand(arguments.batch, 3, pixels, pixels).contiguous(memory_format=FORMATS[memory_format])
    labels = torch.arange(arguments.batch) % max(classes, 2)
    if compute == "jit":
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            backbone = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(backbone, images)))
    head = networks.head(arguments.network)
    optimizer = adam(list(head.parameters()))
    seconds = []
    for _ in range(arguments.warmup + arguments.steps):
        begin = time.perf_counter()
        with torch.no_grad():
            features = backbone(images)
        logits = head(features)
        if classes == 1:
            loss = nn.functional.binary_cross_entropy_with_logits(logits[:, 0], labels.float())
        else:
            loss = nn.functional.cross_entropy(logits, labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        seconds.append(time.perf_counter() - begin)
    measured = sorted(seconds[arguments.warmup :])
    return {"seconds_per_step": statistics.median(measured), "parameters": parameters, "loss": loss.item()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=sorted(networks.SIZES))
    parser.add_argument("--way", action="append", required=True, metavar="FORMAT:COMPUTE")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--warmup", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    ways = []
    for way in arguments.way:
        memory_format, compute = way.split(":")
        measured = {"way": way}
        try:
            measured.update(measure(arguments, memory_format, compute))
        except (RuntimeError, TypeError, NotImplementedError) as error:
            measured["error"] = str(error).strip().split("\n")[0]
        ways.append(measured)
    print(json.dumps({"ways": ways, "peak_rss_bytes": status_bytes("VmHWM"), "library": f"torch {torch.__version__}"}))


if __name__ == "__main__":
    main()
