#!/usr/bin/env python3
"""Compares whole training steps of thaw and of PyTorch, measured in turns on the same machine.

    bench.py --setup          gets what is compared with (apt, pip)
    bench.py [--data DIR]     measures and prints the table

PyTorch stands at its best: each version with both memory formats, with Debian's BLAS and with OpenBLAS, with the
allocator as it comes and with three tunings of it, fed with batches made beforehand; thaw draws its own data. Medians
over rounds; of PyTorch's ways the fastest counts. Rounds disturbed by other programs count only if no quiet one exists.
"""

import argparse
import glob
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

import bench_setup
import foreign_load

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
QUIET_CORES = 0.1  # foreign load up to this much is called quiet
TARGETS = {"as it comes": 2.0, "tuned": 1.4}
MEMORY_TARGET, FIRST_STEP_TARGET_S = 0.5, 1.0
# Only these say which allocator and libraries a process gets; OpenMP's variables stay as the user has them.
CLEARED = ("LD_PRELOAD", "LD_LIBRARY_PATH", "GLIBC_TUNABLES")
GLIBC_TUNED = ":".join(
    f"glibc.malloc.{name}={value}"
    for name, value in [("mmap_threshold", 1 << 32), ("trim_threshold", 1 << 32), ("top_pad", 1 << 28)]
)


@dataclass
class Variant:
    """One way to run a training step, and what was measured of it."""

    program: str  # "thaw", "torch 1.13.0a0"
    way: str  # "channels_last, OpenBLAS, jemalloc"
    allocator: str  # "as it comes" or "tuned"
    command: list
    environment: dict = field(default_factory=dict)
    results: list = field(default_factory=list)

    def is_disturbed(self):
        return all(result["foreign_cores"] > QUIET_CORES for result in self.results)

    def median(self, key):
        return statistics.median(result[key] for result in counted(self.results))


def counted(results):
    """The quiet results; all of them if every one was disturbed."""
    return [result for result in results if result["foreign_cores"] <= QUIET_CORES] or results


def find_library(name):
    """Full path of a shared library in the benchmark's cache or on the system, or None."""
    for folder in (os.path.join(bench_setup.cache_dir(), "libraries"), "/"):
        found = sorted(glob.glob(f"{folder}/usr/lib/*-linux-gnu*/**/{name}", recursive=True))
        if found:
            return found[0]
    return None


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


def blas_choices(is_debian):
    """(name, environment); a wheel brings its own BLAS, Debian's takes the system's or, if found, OpenBLAS."""
    if not is_debian:
        return [("own BLAS", {})]
    openblas = find_library("openblas-openmp/libblas.so.3") or find_library("openblas-pthread/libblas.so.3")
    fast = [("OpenBLAS", {"LD_LIBRARY_PATH": os.path.dirname(openblas)})] if openblas else []
    return [("system BLAS", {}), *fast]


def torch_version(python):
    command = [python, "-c", "import torch, numpy; print(torch.__version__)"]
    result = subprocess.run(command, capture_output=True, text=True) if os.path.exists(python) else None
    return result.stdout.strip() if result and result.returncode == 0 else None


def torch_variants(python, is_debian, arguments):
    version = torch_version(python)
    if not version:
        print(f"{python}: no PyTorch there; left out (--setup installs it)")
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


def clean_environment():
    return {key: value for key, value in os.environ.items() if key not in CLEARED and not key.startswith("MALLOC_")}


def measure(variant, arguments):
    begin = time.monotonic()
    before = foreign_load.wait_for_quiet(QUIET_CORES, arguments.wait, lambda text: print("  " + text, flush=True))
    arguments.wait = max(0, arguments.wait - (time.monotonic() - begin))
    runs = tempfile.mkdtemp(prefix="thaw-bench-")
    try:
        command = variant.command + (["--runs", runs] if variant.program == "thaw" else [])
        status, out, err, wall, peak, others = foreign_load.run_watched(
            command, {**clean_environment(), **variant.environment}
        )
        if status != 0:
            raise SystemExit(f"{' '.join(command)}\nended with status {status}:\n{err or out}")
        result = read_thaw(out, arguments.thaw) if variant.program == "thaw" else read_torch(out)
    finally:
        shutil.rmtree(runs, ignore_errors=True)
    result.update(peak_rss_bytes=peak, wall_s=wall, foreign_cores=others, foreign_cores_before=before)
    variant.results.append(result)
    note = f"   DISTURBED: others kept {others:.2f} cores busy" if others > QUIET_CORES else ""
    print(f"  {variant.program:18} {variant.way:42} {result['samples_per_second']:7.0f} samples/s{note}", flush=True)


def in_turns(thaw, others, every=3):
    """One round's order: thaw among the others, so that a slow drift of the machine meets both."""
    if not thaw:
        return others
    order = []
    for start in range(0, len(others), every):
        order += [thaw, *others[start : start + every]]
    return order or [thaw]


def print_table(variants):
    print(f"\n{'':18} {'':42} {'samples/s':>9} {'drawing':>8} {'peak MiB':>8} {'1st step':>8} {'foreign':>7}  rounds")
    for variant in variants:
        quiet = sum(result["foreign_cores"] <= QUIET_CORES for result in variant.results)
        print(
            f"{variant.program:18} {variant.way:42} {variant.median('samples_per_second'):9.0f} "
            f"{variant.median('samples_per_second_drawn'):8.0f} {variant.median('peak_rss_bytes') / 2**20:8.0f} "
            f"{variant.median('time_to_first_step_s'):6.2f} s {variant.median('foreign_cores'):7.2f}  "
            f"{quiet} quiet of {len(variant.results)}"
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


def verdict(target, against, value, limit, passed):
    return {"target": target, "against": against, "value": value, "limit": limit, "passed": passed}


def print_verdicts(rows):
    print("\nthaw / PyTorch")
    for row in rows:
        mark = {True: "PASS", False: "SHORT", None: "UNKNOWN"}[row["passed"]]
        print(f"{mark:7} {row['target']:24} {row['value']:5.2f} (target {row['limit']:g})  {row['against']}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--setup", action="store_true", help="install what is compared with, then end")
    parser.add_argument("--thaw", default=os.path.join(ROOT, "build", "release", "thaw"))
    parser.add_argument("--data", default=os.environ.get("THAW_DATA"), help="folder that holds mnist/ (else glyphs)")
    parser.add_argument("--venv", default=bench_setup.default_venv(), help="virtual environment with PyTorch 2.x")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--torch-steps", type=int, default=60, help="measured steps of each kind per run")
    parser.add_argument("--thaw-samples", type=int, default=12800, help="samples of thaw's epoch per run")
    parser.add_argument("--thaw-set", action="append", default=[], metavar="PATH=VALUE", help="one more --set for thaw")
    parser.add_argument("--only", default="", metavar="TEXT", help="only PyTorch's ways whose description has TEXT")
    parser.add_argument("--wait", type=float, default=600, help="seconds to wait for other work to end, in all")
    parser.add_argument("--json", metavar="FILE", help="write every measurement there")
    parser.add_argument("--strict", action="store_true", help="exit 1 if a target is missed")
    return parser.parse_args()


def describe_machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "?")
    openmp = {key: value for key, value in os.environ.items() if key.startswith(("OMP_", "GOMP_", "KMP_", "MKL_"))}
    return {"cpu": model, "cores": len(os.sched_getaffinity(0)), "openmp_environment": openmp}


def main():
    arguments = parse_arguments()
    if arguments.setup:
        bench_setup.setup(arguments.venv)
        return 0
    # An ordinary exit, so that the program being measured ends and its folder goes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    machine = describe_machine()
    print(f"{machine['cpu']}, {machine['cores']} cores; {arguments.threads} threads, batch 64, fp32")
    others = torch_variants("/usr/bin/python3", True, arguments)
    others += torch_variants(os.path.join(arguments.venv, "bin", "python"), False, arguments)
    others = [variant for variant in others if arguments.only in f"{variant.program}, {variant.way}"]
    thaw = thaw_variant(arguments) if os.path.exists(arguments.thaw) else None
    if not thaw:
        print(f"{arguments.thaw}: no such file; thaw is left out")
    for number in range(1, arguments.rounds + 1):
        print(f"round {number} of {arguments.rounds}")
        for variant in in_turns(thaw, others):
            measure(variant, arguments)

    variants = ([thaw] if thaw else []) + others
    print_table(variants)
    rows = verdicts(thaw, others) if thaw else []
    if rows:
        print_verdicts(rows)
    if any(variant.is_disturbed() for variant in variants):
        print("UNKNOWN: some figures come from disturbed runs only (0 quiet); measure again on a quiet machine.")
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"machine": machine, "verdicts": rows, "variants": [vars(v) for v in variants]}, file, indent=1)
    return 1 if arguments.strict and not all(row["passed"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
