#!/usr/bin/env python3
"""However often a sweep and its workers are killed: rerun, nothing is lost, done twice or different."""

import argparse
import os
import random
import signal
import sys
import time

from sweep_under_test import SweepUnderTest, problems

_RETRIES = "sweep.retries=100"


def kill_and_rerun(sweep, draw, members, options):
    """Runs it until it is done, and kills when so many members have begun: how often the coordinator and a worker."""
    moments = sorted(draw.randrange(members * 9 // 10) for _ in range(options.kills))
    coordinators = workers = reruns = 0
    while True:
        process = sweep.start("--jobs", str(options.jobs))
        reruns += 1
        is_killed = False
        while moments and not is_killed:
            while process.poll() is None and len(sweep.members()) < moments[0]:
                time.sleep(0.005)
            time.sleep(draw.uniform(0, 0.1))
            if process.poll() is not None:
                break
            targets = sweep.workers(process.pid)
            if targets and draw.random() < 0.5:
                struck = was_killed(draw.choice(targets))
                workers += struck
            else:
                process.kill()
                is_killed = True
                coordinators += 1
                struck = 1
            moments = moments[struck:]
        _, stderr = process.communicate()
        if not is_killed:
            break
    return coordinators, workers, reruns, process.returncode, stderr


def was_killed(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("experiment", help="a sweep of two repeats of four members that take milliseconds")
    parser.add_argument("--repeats", type=int, default=50, help="of each of its four combinations")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    members = 4 * options.repeats
    arguments = ["--set", f"sweep.repeats={options.repeats}", "--set", _RETRIES]

    undisturbed = SweepUnderTest(options.binary, options.experiment, arguments)
    begin = time.monotonic()
    result = undisturbed.run("--jobs", str(options.jobs))
    duration_s = time.monotonic() - begin
    reference = undisturbed.hashes()
    found = problems(undisturbed, members, reference)
    if result.returncode != 0 or found:
        print(f"FAILED the undisturbed sweep ({result.returncode}): {found}: {result.stderr[-2000:]}")
        return 1

    sweep = SweepUnderTest(options.binary, options.experiment, arguments)
    draw = random.Random(options.seed)
    begin = time.monotonic()
    coordinators, workers, reruns, code, stderr = kill_and_rerun(sweep, draw, members, options)
    disturbed_s = time.monotonic() - begin
    found = problems(sweep, members, reference)
    if code != 0:
        found.append(f"exit code {code}: {stderr[-2000:]}")
    if coordinators + workers < options.kills:
        found.append(f"only {coordinators + workers} kills struck")
    resumed = sum(count["resumed"] for count in sweep.counts().values())
    again = sweep.run("--jobs", str(options.jobs))
    if again.returncode != 0 or "already done" not in again.stderr:
        found.append(f"the finished sweep does not say so ({again.returncode}): {again.stderr[-500:]}")
    print(
        f"{members} members; {coordinators} kills of the coordinator, {workers} of workers, {reruns} starts; "
        f"{resumed} members were resumed; {duration_s:.1f} s undisturbed, {disturbed_s:.1f} s with kills"
    )
    for problem in found:
        print(f"FAILED {problem}")
    if not found:
        print("0 lost, 0 doubled, all metrics and weights identical to the undisturbed sweep")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
