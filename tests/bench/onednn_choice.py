#!/usr/bin/env python3
"""Says which of two builds of onednn_speed.cpp is faster on this machine: what ./dev onednn chooses by.

    onednn_choice.py PROGRAM_OF_THE_SYSTEM'S PROGRAM_OF_3.2

Prints a table to stderr and the choice, "system" or "3.2", to stdout. The two run in turns, and of each layer the
fastest time counts, so that what else the machine does matters little.
"""

import math
import os
import statistics
import subprocess
import sys

import foreign_load

ROUNDS = 3
QUIET_CORES = 0.1
# The system's library comes with its security updates: another one must be faster by more than what measuring is wrong by.
WORTH_IT = 0.97


def parse(text):
    """({(network, numbers, direction): {layer: (count, seconds)}}, oneDNN's version) of the program's output.

    A network that this oneDNN cannot run in these numbers here is None.
    """
    times, version = {}, ""
    for line in text.splitlines():
        fields = line.split("\t")
        if fields[0] == "version":
            version = fields[1]
        elif fields[3] == "none":
            times[tuple(fields[:3])] = None
        else:
            layers = times.setdefault(tuple(fields[:3]), {})
            layers[fields[3]] = (int(fields[4]), float(fields[5]))
    return times, version


def fastest(rounds):
    """Seconds of each network over rounds of parse()'s times: of each layer the fastest, times its count."""
    result = {}
    for key in rounds[0]:
        if any(times[key] is None for times in rounds):
            continue
        layers = rounds[0][key]
        result[key] = sum(
            count * min(times[key][layer][1] for times in rounds) for layer, (count, _) in layers.items()
        )
    return result


def mean_ratio(system, other):
    """Geometric mean of other/system over what both can run."""
    ratios = [other[key] / system[key] for key in system if key in other]
    return math.exp(statistics.fmean(map(math.log, ratios)))


def choose(ratio):
    return "3.2" if ratio < WORTH_IT else "system"


def table(system, other, names):
    lines = [f"{'network':<10} {'numbers':<8} {'direction':<17} {names[0]:>10} {names[1]:>10}  time ratio"]
    for key in sorted(system.keys() | other.keys()):
        times = [f"{1000 * each[key]:.1f} ms" if key in each else "none" for each in (system, other)]
        ratio = f"{other[key] / system[key]:10.3f}" if key in system and key in other else ""
        lines.append(f"{key[0]:<10} {key[1]:<8} {key[2]:<17} {times[0]:>10} {times[1]:>10}  {ratio}".rstrip())
    return "\n".join(lines)


def measure(programs, threads):
    rounds, versions = [[] for _ in programs], [""] * len(programs)
    for turn in range(ROUNDS):
        load, who = foreign_load.look()
        if load > QUIET_CORES:
            print(f"  another program keeps {load:.1f} cores busy{f' ({who[0]})' if who else ''}", file=sys.stderr)
        for i, program in enumerate(programs):
            text = subprocess.run([program, str(threads)], check=True, capture_output=True, text=True).stdout
            times, versions[i] = parse(text)
            rounds[i].append(times)
        print(f"  measured {turn + 1} of {ROUNDS}", file=sys.stderr)
    return [fastest(each) for each in rounds], versions


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    (system, other), versions = measure(sys.argv[1:], len(os.sched_getaffinity(0)))
    ratio = mean_ratio(system, other)
    print(table(system, other, versions), file=sys.stderr)
    print(f"mean ratio {ratio:.3f} (below {WORTH_IT}: the newer one is worth it)", file=sys.stderr)
    print(choose(ratio))


if __name__ == "__main__":
    main()
