#!/usr/bin/env python3
"""Compares thaw and PyTorch, measured in turns on the same machine.

    bench.py --setup          gets what is compared with (apt, pip)
    bench.py                  measures every suite and prints its table and verdicts
    bench.py resnet50 unet    measures these

Suites: localization (localization_suite.py); resnet50, unet, fcn8, resnet50_inference, all four also called engine
(engine_suite.py); trunk_resnet50, trunk_inception_v3, both also called trunk (trunk_suite.py). Medians over rounds; of
PyTorch's ways the fastest counts. Rounds disturbed by other programs count only if no quiet one exists.

Measured only where they are named: strategies (strategies_table.py), which compares with nothing: it prints what each strategy
of `transfer` makes of pretrained networks on real pictures; sweep_strategies and sweep_heads, both also called sweep
(sweep_suite.py), which take half an hour.
"""

import argparse
import json
import os
import signal
import sys

import bench_setup
import engine_suite
import localization_suite
import strategies_table
import sweep_suite
import trunk_suite
from variant import ROOT, print_verdicts

TRUNKS = {f"trunk_{name}": name for name in trunk_suite.CASES}
SUITES = ["localization", *engine_suite.CASES, *TRUNKS]
SWEEPS = {"sweep_strategies": "strategies", "sweep_heads": "heads"}
ON_REQUEST = ["strategies", *SWEEPS]
GROUPS = {"engine": set(engine_suite.CASES), "trunk": set(TRUNKS), "sweep": set(SWEEPS)}


def suites_named(names):
    """The suites to measure, in their order; without names all but those on request."""
    wanted = set()
    for name in names or SUITES:
        wanted |= GROUPS.get(name, {name})
    return [name for name in SUITES + ON_REQUEST if name in wanted]


def suite_named(name):
    """The function (arguments) -> (variants, verdicts) that measures a suite."""
    if name == "localization":
        return localization_suite.run
    if name == "strategies":
        return strategies_table.run
    if name in SWEEPS:
        return lambda arguments: sweep_suite.run(SWEEPS[name], arguments)
    if name in TRUNKS:
        return lambda arguments: trunk_suite.run(TRUNKS[name], arguments)
    return lambda arguments: engine_suite.run(name, arguments)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    release = os.path.join(ROOT, "build", "release")
    choices = [*SUITES, *ON_REQUEST, *GROUPS]
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"any of {', '.join(choices)} [all but strategies and sweeps]")
    parser.add_argument("--setup", action="store_true", help="install what is compared with, then end")
    parser.add_argument("--thaw", default=os.path.join(release, "thaw"))
    parser.add_argument("--engine", default=os.path.join(release, "engine_bench"))
    parser.add_argument("--data", default=os.environ.get("THAW_DATA"), help="folder that holds mnist/ (else glyphs)")
    parser.add_argument("--venv", default=bench_setup.default_venv(), help="virtual environment with PyTorch 2.x")
    parser.add_argument("--rounds", type=int, help="measurements of everything [localization 3, engine 2]")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", action="append", choices=["fp32", "bf16", "int8"], help="engine: only these")
    parser.add_argument("--torch-steps", type=int, default=60, help="localization: measured steps of each kind per run")
    parser.add_argument("--thaw-samples", type=int, default=12800, help="localization: samples of thaw's epoch per run")
    parser.add_argument("--thaw-set", action="append", default=[], metavar="PATH=VALUE", help="one more --set for thaw")
    parser.add_argument("--only", default="", metavar="TEXT", help="only PyTorch's ways whose description has TEXT")
    parser.add_argument("--wait", type=float, default=600, help="seconds to wait for other work to end, in all")
    parser.add_argument("--json", metavar="FILE", help="write every measurement there")
    parser.add_argument("--strict", action="store_true", help="exit 1 if a target is missed")
    strategies_table.add_options(parser)
    arguments = parser.parse_args()
    for name in arguments.suites:
        if name not in choices:
            parser.error(f"no suite '{name}': there are {', '.join(choices)}")
    return arguments


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
    print(f"{machine['cpu']}, {machine['cores']} cores")
    variants, rows = {}, []
    for name in suites_named(arguments.suites):
        suite = suite_named(name)
        variants[name], found = suite(arguments)
        rows += found
    if rows:
        print_verdicts(rows)
    if any(variant.is_disturbed() for each in variants.values() for variant in each):
        print("UNKNOWN: some figures come from disturbed runs only (0 quiet); measure again on a quiet machine.")
    if arguments.json:
        measured = {name: [vars(variant) for variant in each] for name, each in variants.items()}
        with open(arguments.json, "w") as file:
            json.dump({"machine": machine, "verdicts": rows, "variants": measured}, file, indent=1)
    return 1 if arguments.strict and not all(row["passed"] or row["limit"] is None for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
