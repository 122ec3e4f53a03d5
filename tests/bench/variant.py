"""What every suite of the benchmark shares: ways to run a program, how one is measured, verdicts."""

import glob
import os
import statistics
import subprocess
import time
from dataclasses import dataclass, field

import bench_setup
import foreign_load

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
QUIET_CORES = 0.1  # foreign load up to this much is called quiet
# Only these say which allocator and libraries a process gets; OpenMP's variables stay as the user has them.
CLEARED = ("LD_PRELOAD", "LD_LIBRARY_PATH", "GLIBC_TUNABLES")


@dataclass
class Variant:
    """One way to run a training step, and what was measured of it."""

    program: str  # "thaw", "torch 1.13.0a0"
    way: str  # "channels_last, OpenBLAS, jemalloc"
    allocator: str  # "as it comes" or "tuned"
    command: list
    environment: dict = field(default_factory=dict)
    results: list = field(default_factory=list)
    refusal: str = ""  # why it cannot be measured

    def is_disturbed(self):
        return all(result["foreign_cores"] > QUIET_CORES for result in self.results)

    def median(self, key):
        return statistics.median(result[key] for result in counted(self.results))

    def rounds_text(self):
        quiet = sum(result["foreign_cores"] <= QUIET_CORES for result in self.results)
        return f"{quiet} quiet of {len(self.results)}"


class Refused(Exception):
    """A program that was to be measured ended with a failure."""


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


def blas_choices(is_debian):
    """(name, environment); a wheel brings its own BLAS, Debian's takes the system's or, if found, OpenBLAS."""
    if not is_debian:
        return [("own BLAS", {})]
    openblas = find_library("openblas-openmp/libblas.so.3") or find_library("openblas-pthread/libblas.so.3")
    fast = [("OpenBLAS", {"LD_LIBRARY_PATH": os.path.dirname(openblas)})] if openblas else []
    return [("system BLAS", {}), *fast]


def torch_version(python):
    """Version of the PyTorch that an interpreter finds; None, which is said, if it finds none."""
    command = [python, "-c", "import torch, numpy; print(torch.__version__)"]
    result = subprocess.run(command, capture_output=True, text=True) if os.path.exists(python) else None
    if result and result.returncode == 0:
        return result.stdout.strip()
    print(f"{python}: no PyTorch there; left out (--setup installs it)")
    return None


def torch_pythons(arguments):
    """(interpreter, whether it is Debian's) of each PyTorch to compare with."""
    return [("/usr/bin/python3", True), (os.path.join(arguments.venv, "bin", "python"), False)]


def clean_environment():
    return {key: value for key, value in os.environ.items() if key not in CLEARED and not key.startswith("MALLOC_")}


def run_quietly(variant, arguments, more=()):
    """Waits for quiet, then runs the variant's command with `more` arguments: (its output, what the kernel says of it).

    `arguments.wait` is what is left to wait. Throws Refused if the command fails.
    """
    begin = time.monotonic()
    before = foreign_load.wait_for_quiet(QUIET_CORES, arguments.wait, lambda text: print("  " + text, flush=True))
    arguments.wait = max(0, arguments.wait - (time.monotonic() - begin))
    command = [*variant.command, *more]
    status, out, err, wall, peak, others = foreign_load.run_watched(
        command, {**clean_environment(), **variant.environment}
    )
    if status != 0:
        raise Refused(f"{' '.join(command)}\nended with status {status}:\n{err or out}")
    return out, {"peak_rss_bytes": peak, "wall_s": wall, "foreign_cores": others, "foreign_cores_before": before}


def disturbed_note(foreign_cores):
    return f"   DISTURBED: others kept {foreign_cores:.2f} cores busy" if foreign_cores > QUIET_CORES else ""


def in_turns(thaw, others, every=3):
    """One round's order: thaw among the others, so that a slow drift of the machine meets both."""
    if not thaw:
        return others
    order = []
    for start in range(0, len(others), every):
        order += [thaw, *others[start : start + every]]
    return order or [thaw]


def verdict(target, against, value, limit, passed):
    """A row of the verdicts: `passed` is None where nothing can be said, `limit` where nothing is wanted."""
    return {"target": target, "against": against, "value": value, "limit": limit, "passed": passed}


def verdict_line(row):
    mark = {True: "PASS", False: "SHORT", None: "UNKNOWN"}[row["passed"]] if row["limit"] is not None else ""
    value = f"{row['value']:5.2f}" if row["value"] is not None else "    -"
    target = f"(target {row['limit']:g})" if row["limit"] is not None else "(no target)"
    return f"{mark:7} {row['target']:38} {value} {target:13}  {row['against']}"


def print_verdicts(rows):
    print("\nthaw / PyTorch, or as a line says")
    for row in rows:
        print(verdict_line(row))
