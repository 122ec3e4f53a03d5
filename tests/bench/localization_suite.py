"""The localization network beside PyTorch: whole training steps, measured in turns.

PyTorch stands at its best: each version with both memory formats, with Debian's BLAS and with OpenBLAS, with the
allocator as it comes and with three tunings of it, fed with batches made beforehand; thaw draws its own data.
"""

import json
import os
import subprocess
import tempfile

from variant import (
    HERE,
    ROOT,
    Refused,
    Variant,
    blas_choices,
    disturbed_note,
    find_library,
    in_turns,
    run_quietly,
    torch_pythons,
    torch_version,
    verdict,
)

ROUNDS = 3
TARGETS = {"as it comes": 2.0, "tuned": 1.4}
MEMORY_TARGET, FIRST_STEP_TARGET_S = 0.5, 1.0
GLIBC_TUNED = ":".join(
    f"glibc.malloc.{name}={value}"
    for name, value in [("mmap_threshold", 1 << 32), ("trim_threshold", 1 << 32), ("top_pad", 1 << 28)]
)


def allocators():
    """(name, kind, environment) of each allocator to measure."""
    result = [("glibc", "as it comes", {}), ("glibc tuned", "tuned", {"GLIBC_TUNABLES": GLIBC_TUNED})]
    for name, library, settings in [
        # Without these jemalloc gives pages back at once, and PyTorch spends its time in page faults.
        ("jemalloc", "libjemalloc.so.2", {"MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1,metadata_thp:auto"}),
        ("tcmalloc", "libtcmalloc_minimal.so.4", {}),
    ]:
        path = find_library(library)
        if path:
            result.append((name, "tuned", {"LD_PRELOAD": path, **settings}))
    return result


def torch_variants(python, is_debian, arguments):
    version = torch_version(python)
    if not version:
        return []
    worker = [python, os.path.join(HERE, "torch_step.py"), "--threads", str(arguments.threads)]
    worker += ["--batch", "64", "--steps", str(arguments.torch_steps)]
    worker += ["--data-dir", arguments.data] if arguments.data else []
    variants = []
    for blas, blas_environment in blas_choices(is_debian):
        for allocator, kind, environment in allocators():
            if kind == "tuned" and blas == "system BLAS" and len(blas_choices(is_debian)) > 1:
                continue  # the tuned step uses the better BLAS; four more runs per round would show nothing
            for memory_format in ("contiguous", "channels_last"):
                way = f"{memory_format}, {blas}, {allocator}"
                command = [*worker, "--memory-format", memory_format]
                variants.append(
                    Variant(f"torch {version}", way, kind, command, {**blas_environment, **environment})
                )
    return variants


def thaw_variant(arguments):
    name = "mnist" if arguments.data else "digits"
    experiment = os.path.join(ROOT, "experiments", "localization", name + ".pbtxt")
    settings = ["train.epochs=1", f"compute.threads={arguments.threads}"]
    settings += [f"data.train.take={arguments.thaw_samples}", "data.validation.take=640", *arguments.thaw_set]
    command = [arguments.thaw, "run", experiment, *(f"--set={setting}" for setting in settings)]
    command += ["--data", arguments.data] if arguments.data else []
    return Variant("thaw", f"{name}.pbtxt, synthesis included", "as it comes", command)


def find_key(tree, key):
    """The value of `key` wherever it stands in parsed JSON; None if nowhere."""
    if isinstance(tree, dict) and key in tree:
        return tree[key]
    children = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else []
    return next((value for child in children if (value := find_key(child, key)) is not None), None)


def read_thaw(output, thaw):
    """What the run that printed `output` measured of itself."""
    run = output.rstrip().rsplit("\n", 1)[-1]
    if not run.startswith("run: "):
        raise SystemExit(f"thaw run: the last line is not 'run: DIR': {run!r}")
    shown = subprocess.run([thaw, "show", run[len("run: ") :], "--json"], capture_output=True, text=True, check=True)
    values = {key: find_key(json.loads(shown.stdout), key) for key in ("samples_per_second", "time_to_first_step_s")}
    missing = [key for key, value in values.items() if value is None]
    if missing:
        raise SystemExit(f"thaw show --json: no {', '.join(missing)}")
    return {**values, "samples_per_second_drawn": values["samples_per_second"]}


def read_torch(output):
    measured = json.loads(output.rstrip().rsplit("\n", 1)[-1])
    return {
        "samples_per_second": measured["premade"]["samples_per_second"],
        "samples_per_second_drawn": measured["drawn"]["samples_per_second"],
        "time_to_first_step_s": measured["time_to_first_step_s"],
        "import_rss_bytes": measured["import_rss_bytes"],
        "split_ms": measured["premade"]["split_ms"],
    }


def measure(variant, arguments):
    is_thaw = variant.program == "thaw"
    with tempfile.TemporaryDirectory(prefix="thaw-bench-") as runs:
        try:
            out, watched = run_quietly(variant, arguments, ["--runs", runs] if is_thaw else [])
        except Refused as error:
            raise SystemExit(str(error)) from error
        result = read_thaw(out, arguments.thaw) if is_thaw else read_torch(out)
    result.update(watched)
    variant.results.append(result)
    note = disturbed_note(result["foreign_cores"])
    print(f"  {variant.program:18} {variant.way:42} {result['samples_per_second']:7.0f} samples/s{note}", flush=True)


def print_table(variants):
    print(f"\n{'':18} {'':42} {'samples/s':>9} {'drawing':>8} {'peak MiB':>8} {'1st step':>8} {'foreign':>7}  rounds")
    for variant in variants:
        print(
            f"{variant.program:18} {variant.way:42} {variant.median('samples_per_second'):9.0f} "
            f"{variant.median('samples_per_second_drawn'):8.0f} {variant.median('peak_rss_bytes') / 2**20:8.0f} "
            f"{variant.median('time_to_first_step_s'):6.2f} s {variant.median('foreign_cores'):7.2f}  "
            f"{variant.rounds_text()}"
        )
    print(
        "samples/s: PyTorch with batches made beforehand, thaw with its data synthesis; drawing: both with it.\n"
        "peak: the kernel's figure for the whole process; foreign: cores that other programs kept busy meanwhile."
    )


def verdicts(thaw, variants):
    """One row per target: {target, against, value, limit, passed}; passed is None where no quiet run can tell."""
    rows = []
    speed = thaw.median("samples_per_second")
    for program in dict.fromkeys(variant.program for variant in variants):
        own = [variant for variant in variants if variant.program == program]
        for kind, limit in TARGETS.items():
            ways = [variant for variant in own if variant.allocator == kind]
            if not ways:
                continue
            best = max(ways, key=lambda v: v.median("samples_per_second"))
            ratio = speed / best.median("samples_per_second")
            # A disturbed way might have been the fastest.
            unknown = any(variant.is_disturbed() for variant in [thaw, *ways])
            passed = None if unknown else ratio >= limit
            rows.append(verdict(f"throughput, {kind}", f"{program}: {best.way}", ratio, limit, passed))
        lean = min(own, key=lambda v: v.median("peak_rss_bytes"))
        ratio = thaw.median("peak_rss_bytes") / lean.median("peak_rss_bytes")
        rows.append(verdict("peak memory", f"{program}: {lean.way}", ratio, MEMORY_TARGET, ratio <= MEMORY_TARGET))
    first = thaw.median("time_to_first_step_s")
    passed = None if thaw.is_disturbed() else first < FIRST_STEP_TARGET_S
    rows.append(verdict("first step, seconds", "command to first step", first, FIRST_STEP_TARGET_S, passed))
    return rows


def run(arguments):
    """Measures and prints: (every variant, the verdicts)."""
    print(f"\nlocalization: training, batch 64, fp32, {arguments.threads} threads")
    others = []
    for python, is_debian in torch_pythons(arguments):
        others += torch_variants(python, is_debian, arguments)
    others = [variant for variant in others if arguments.only in f"{variant.program}, {variant.way}"]
    thaw = thaw_variant(arguments) if os.path.exists(arguments.thaw) else None
    if not thaw:
        print(f"{arguments.thaw}: no such file; thaw is left out")
    rounds = arguments.rounds or ROUNDS
    for number in range(1, rounds + 1):
        print(f"round {number} of {rounds}")
        for variant in in_turns(thaw, others):
            measure(variant, arguments)
    variants = ([thaw] if thaw else []) + others
    print_table(variants)
    return variants, verdicts(thaw, others) if thaw else []
