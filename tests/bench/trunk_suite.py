"""Training a head on a frozen backbone for some epochs, beside PyTorch, which runs the backbone in every epoch.

thaw is measured from the command to its end: reading and decoding the pictures, the trunk once, all epochs, checkpoints and
the report. Of PyTorch one epoch's steps are measured, with pictures that lie decoded in memory, and multiplied: nothing else of
it is counted. Its fastest way of each kind counts: both memory formats, the allocator as it comes and tuned.
"""

import json
import os
import random
import subprocess
import tempfile
from dataclasses import dataclass

from engine_suite import ALLOCATORS, last_line
from variant import HERE, Refused, Variant, blas_choices, disturbed_note, run_quietly, torch_pythons, torch_version, verdict

IMAGES, EPOCHS, BATCH = 1000, 10, 32
FORMATS = ("contiguous", "channels_last")


@dataclass(frozen=True)
class Case:
    """`targets`: the trunk's precision -> how many times as fast as PyTorch's fastest eager way."""

    pixels: int
    classes: int
    layers: str
    loss: str
    targets: dict


CASES = {
    "resnet50": Case(
        224,
        10,
        'layer { name: "backbone" zoo { name: "resnet50" } } layer { global_average_pooling2d {} }'
        ' layer { name: "label" dense { units: 10 activation: SOFTMAX } }',
        'loss { output: "label" categorical_cross_entropy {} }',
        {"FLOAT32": 10, "INT8": 35},
    ),
    "inception_v3": Case(
        150,
        2,
        'layer { name: "backbone" zoo { name: "inception_v3" until: "mixed7" } } layer { flatten {} }'
        " layer { dense { units: 1024 activation: RELU } }"
        ' layer { name: "label" dense { units: 1 activation: SIGMOID } }',
        'loss { output: "label" binary_cross_entropy {} }',
        {"FLOAT32": 4.5, "INT8": 5.5},
    ),
}


def bitmap(pixels, seed):
    """A BMP file of noise."""
    rows = random.Random(seed).randbytes((3 * pixels + 3) // 4 * 4 * pixels)
    header = b"BM" + (54 + len(rows)).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
    header += (40).to_bytes(4, "little") + pixels.to_bytes(4, "little") * 2 + (1).to_bytes(2, "little")
    header += (24).to_bytes(2, "little") + bytes(4) + len(rows).to_bytes(4, "little") + bytes(16)
    return header + rows


def make_pictures(folder, case):
    for i in range(IMAGES):
        path = os.path.join(folder, f"class_{i % case.classes}")
        os.makedirs(path, exist_ok=True)
        with open(os.path.join(path, f"{i:04}.bmp"), "wb") as file:
            file.write(bitmap(case.pixels, i))


def experiment(name, case):
    return f"""
name: "trunk-{name}"
data {{ train {{ image_folder {{ path: "pictures" }} }} }}
model {{ input {{ height: {case.pixels} width: {case.pixels} channels: 3 }} {case.layers} }}
train {{ epochs: {EPOCHS} batch_size: {BATCH} optimizer {{ adam {{ learning_rate: 0.0001 }} }} {case.loss} }}
transfer {{ rules {{ rule {{ match: "backbone" trainable: false }} }} }}
report {{ samples: 8 worst: 4 }}
"""


def torch_choices(ways, arguments):
    """Each PyTorch with its faster BLAS, each allocator and each of `ways`, "FORMAT" or "FORMAT:COMPUTE", as far as --only
    allows: (interpreter, version, allocator, environment, way, words)."""
    for python, is_debian in torch_pythons(arguments):
        version = torch_version(python)
        if not version:
            continue
        blas, blas_environment = blas_choices(is_debian)[-1]
        for allocator, environment in ALLOCATORS.items():
            for way in ways:
                words = f"torch {version}: {way.replace(':', ', ')}, {blas}, {allocator}"
                if arguments.only in words:
                    yield python, version, allocator, {**blas_environment, **environment}, way, words


def torch_ways(name, arguments):
    """Measures every way once: {compute: (seconds a step, words)} of the fastest ones."""
    best = {}
    ways = [f"{memory_format}:{compute}" for compute in ("eager", "jit") for memory_format in FORMATS]
    for python, version, allocator, environment, way, words in torch_choices(ways, arguments):
        command = [python, "-B", os.path.join(HERE, "torch_trunk_step.py"), name, "--way", way]
        command += ["--threads", str(arguments.threads), "--batch", str(BATCH)]
        worker = Variant(f"torch {version}", way, allocator, command, environment)
        out, watched = run_quietly(worker, arguments)
        measured = last_line(out)["ways"][0]
        if "error" in measured:
            print(f"  {words}: cannot: {measured['error']}")
            continue
        check_parameters(name, measured["parameters"])
        seconds, compute = measured["seconds_per_step"], way.split(":")[1]
        print(f"  {seconds:8.3f} s/step  {words}{disturbed_note(watched['foreign_cores'])}", flush=True)
        worker.results.append({"seconds": seconds, **watched})
        if compute not in best or seconds < best[compute][0]:
            best[compute] = (seconds, words)
    return best


def check_parameters(name, found):
    wanted = {"resnet50": 23_587_712, "inception_v3": 8_975_264}[name]
    if found != wanted:
        raise SystemExit(f"{name}: PyTorch's backbone has {found} parameters, expected {wanted}: not the same network")


def measure_thaw(folder, precision, arguments):
    """(the variant with its whole run measured, what `thaw show` says of it)."""
    command = [arguments.thaw, "run", os.path.join(folder, "trunk.pbtxt"), "--data", folder]
    command += ["--set", f"transfer.trunk.precision={precision}", "--set", f"compute.threads={arguments.threads}"]
    thaw = Variant("thaw", precision, "as it comes", command)
    with tempfile.TemporaryDirectory(prefix="thaw-bench-") as runs:
        out, watched = run_quietly(thaw, arguments, ["--runs", runs])
        run = out.rstrip().rsplit("\n", 1)[-1][len("run: ") :]
        shown = json.loads(subprocess.check_output([arguments.thaw, "show", run, "--json"], text=True))
    thaw.results.append({"seconds": watched["wall_s"], **watched})
    trunk = sum(row["seconds"] for row in shown["trunk"])
    note = disturbed_note(watched["foreign_cores"])
    print(f"  {watched['wall_s']:8.2f} s in all  thaw, {precision} trunk: {trunk:.2f} s of it, for {IMAGES} pictures{note}", flush=True)
    return thaw


def run(name, arguments):
    """Measures and prints: (every variant, the verdicts)."""
    case = CASES[name]
    steps = EPOCHS * ((IMAGES + BATCH - 1) // BATCH)
    print(f"\ntrunk of {name}: {IMAGES} pictures of {case.pixels}x{case.pixels}, {EPOCHS} epochs, batch {BATCH}")
    try:
        torch = torch_ways(name, arguments)
        with tempfile.TemporaryDirectory(prefix="thaw-bench-") as folder:
            make_pictures(os.path.join(folder, "pictures"), case)
            with open(os.path.join(folder, "trunk.pbtxt"), "w") as file:
                file.write(experiment(name, case))
            variants = [measure_thaw(folder, precision, arguments) for precision in case.targets]
    except Refused as error:
        raise SystemExit(str(error)) from error
    rows = []
    for variant in variants:
        for compute, (seconds, words) in torch.items():
            ratio = seconds * steps / variant.median("seconds")
            limit = case.targets[variant.way] if compute == "eager" else None
            passed = None if variant.is_disturbed() else ratio >= (limit or 0)
            against = f"{words}, {seconds * steps:.0f} s by {seconds:.3f} s a step"
            rows.append(verdict(f"trunk {name} {variant.way}", against, ratio, limit, passed))
    return variants, rows
