#!/usr/bin/env python3
"""Measures whole steps of one of the engine's networks in PyTorch; prints one line of JSON.

    torch_engine_step.py resnet50 --way channels_last:fp32
    torch_engine_step.py resnet50 --way contiguous:autocast --way channels_last:autocast --steps 1

A way is FORMAT:COMPUTE. FORMAT: contiguous, channels_last. COMPUTE, of training: fp32, autocast (bf16 where PyTorch
thinks it right), bf16 (the whole model); of inference: eager, jit (traced, frozen, optimized). Several ways are
measured one after the other; memory is then the largest of them. One that PyTorch cannot do has its "error" instead.
The allocator, BLAS and OpenMP are chosen by the environment; bench.py sets it.
"""

import argparse
import contextlib
import gc
import json
import statistics
import time
import warnings

import torch

import torch_networks
from torch_step import status_bytes

FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
COMPUTE = {"training": ("fp32", "autocast", "bf16"), "inference": ("eager", "jit")}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=sorted(torch_networks.SIZES))
    parser.add_argument("--way", action="append", required=True, metavar="FORMAT:COMPUTE")
    parser.add_argument("--inference", action="store_true", help="a frozen network, forward alone")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--pixels", type=int)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=2)
    arguments = parser.parse_args()
    batch, pixels, _ = torch_networks.SIZES[arguments.network]
    arguments.batch, arguments.pixels = arguments.batch or batch, arguments.pixels or pixels
    arguments.mode = "inference" if arguments.inference else "training"
    arguments.way = [way.split(":") for way in arguments.way]
    for memory_format, compute in arguments.way:
        if memory_format not in FORMATS or compute not in COMPUTE[arguments.mode]:
            parser.error(f"no way {memory_format}:{compute} of {arguments.mode}")
    return arguments


def training_step(network, compute):
    """A function (images, labels) -> loss that trains one step."""
    network.train()
    optimizer = torch_networks.sgd(network)

    def precision():
        return torch.autocast("cpu", torch.bfloat16) if compute == "autocast" else contextlib.nullcontext()

    def step(images, labels):
        optimizer.zero_grad(set_to_none=True)
        with precision():
            loss = torch_networks.loss_of(network(images), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def inference_step(network, compute, images):
    """A function (images, labels) -> first logit."""
    network.eval()
    if compute == "jit":
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(network, images)))

    def step(images, _labels):
        with torch.no_grad():
            return network(images).flatten()[0].item()

    return step


def measure(arguments, memory_format, compute):
    torch.manual_seed(1)
    dtype = torch.bfloat16 if compute == "bf16" else torch.float32
    network = torch_networks.build(arguments.network)
    parameters = torch_networks.parameter_count(network)
    network = network.to(dtype).to(memory_format=FORMATS[memory_format])
    batches = []
    for seed in (1, 2):
        images, labels = torch_networks.batch_of(arguments.network, arguments.batch, arguments.pixels, seed)
        batches.append((images.to(dtype).contiguous(memory_format=FORMATS[memory_format]), labels))
    if arguments.inference:
        step = inference_step(network, compute, batches[0][0])
    else:
        step = training_step(network, compute)
    seconds, results = [], []
    for i in range(arguments.warmup + arguments.steps):
        begin = time.perf_counter()
        results.append(step(*batches[i % len(batches)]))
        seconds.append(time.perf_counter() - begin)
    measured = sorted(seconds[arguments.warmup :])
    result = "logit" if arguments.inference else "loss"
    return {
        "seconds_per_step": {"median": statistics.median(measured), "min": measured[0], "max": measured[-1]},
        "parameters": parameters,
        f"first_{result}": results[0],
        f"last_{result}": results[-1],
    }


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    ways = []
    for memory_format, compute in arguments.way:
        way = {"memory_format": memory_format, "compute": compute}
        try:
            way.update(measure(arguments, memory_format, compute))
        except (RuntimeError, TypeError, NotImplementedError) as error:
            way["error"] = str(error).strip().split("\n")[0]
        gc.collect()
        ways.append(way)
    keep = ("network", "mode", "batch", "pixels", "steps")
    line = {"program": "torch", **{key: getattr(arguments, key) for key in keep}, "threads": torch.get_num_threads()}
    line.update(ways=ways, peak_rss_bytes=status_bytes("VmHWM"), library=f"torch {torch.__version__}")
    print(json.dumps(line))


if __name__ == "__main__":
    main()
