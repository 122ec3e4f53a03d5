#!/usr/bin/env python3
"""However often and wherever a run is killed: rerun, it ends with the bytes of the run that never was."""

import random
import signal
import sys
import time

import run_files
import strace_injection
from run_under_test import RunUnderTest, Tally, arguments

_CHECKPOINT_CALLS = ("openat", "write", "fsync", "close", "rename", "renameat2", "unlink", "getdents64")


def kill_at_random(run, draw, kills):
    """Kills fresh runs, some of them again after they resumed, until `kills` have struck; one verdict a run."""
    struck = 0
    while struck < kills:
        run.clear()
        found = []
        strikes = 1 + sum(draw.random() < 0.3 for _ in range(3))
        for _ in range(min(strikes, kills - struck)):
            if not was_killed(run, draw):
                break
            struck += 1
            found += run_files.problems(run.folder, was_killed=True)
        yield "; ".join(found) or run.problem_after_finishing()


def was_killed(run, draw):
    """Starts it and kills it at a random moment; False if it was done before that."""
    process = run.start()
    time.sleep(draw.uniform(0, run.duration_s))
    process.kill()
    return process.wait() == -signal.SIGKILL


def kill_at_checkpoint_steps(run, quick):
    """Kills a fresh run at each system call on each file under checkpoints/."""
    run.clear()
    steps = [p for p in strace_injection.places(run, _CHECKPOINT_CALLS) if "/checkpoints" in p.path]
    first = next(i for i, p in enumerate(steps) if p.syscall.startswith("rename") and "/step-" in p.path)
    for place in strace_injection.one_of_each_kind(steps) if quick else steps:
        yield problem_of_kill_at(run, place, has_checkpoint=steps.index(place) > first)


def problem_of_kill_at(run, place, has_checkpoint):
    run.clear()
    result, reached = strace_injection.inject(run, place, "signal=KILL")
    if not reached or result.returncode != -signal.SIGKILL:
        return f"{place}: was not killed there ({result.returncode})"
    found = run_files.problems(run.folder, was_killed=True)
    if has_checkpoint and not list(run.folder.glob("checkpoints/step-*.safetensors")):
        found.append("no checkpoint is left to resume from")
    problem = "; ".join(found) or run.problem_after_finishing()
    return f"{place}: {problem}" if problem else None


def stop(run, draw, numbers, count):
    """Signals sent while it trains: one stops it at the step's end, a second at once; the rerun goes on."""
    # 75 after two: it came to the end of the step between them. Which of two comes second is the system's choice.
    expected = {75} if len(numbers) == 1 else {75, 130, 143}
    for _ in range(count):
        code = code_of_stop(run, draw, numbers)
        if code not in expected:
            yield f"exit code {code}, expected one of {sorted(expected)}"
        else:
            found = run_files.problems(run.folder, was_killed=code != 75)
            yield "; ".join(found) or run.problem_after_finishing()


def code_of_stop(run, draw, numbers):
    """The exit code of a fresh run stopped while it trains; a moment that missed the training is drawn again."""
    code = None
    for _ in range(30):
        run.clear()
        process = run.start()
        wait_for_first_event(run, process)
        time.sleep(draw.uniform(0, run.duration_s / 2))
        for number in numbers:
            process.send_signal(number)
        code = process.wait()
        if code != 0 and code not in (-number for number in numbers):
            break
    return code


def wait_for_first_event(run, process):
    record = run.folder / "record.binpb"
    while process.poll() is None and not (record.exists() and record.stat().st_size > 0):
        time.sleep(0.002)


def second_process(run):
    """Two at once on one run: the second says who holds it, the first is not disturbed."""
    run.clear()
    process = run.start()
    wait_for_first_event(run, process)
    process.send_signal(signal.SIGSTOP)  # so that it is not done before the second one looks
    second = run.run()
    process.send_signal(signal.SIGCONT)
    first_code = process.wait()
    message = f"another thaw process is running this experiment (pid {process.pid})"
    if second.returncode != 2 or message not in second.stderr:
        yield f"exit code {second.returncode}, expected 2 and \"{message}\": {second.stderr.strip()}"
    elif first_code != 0:
        yield f"the first process ended with {first_code}"
    else:
        yield run.problem_after_finishing()


def main():
    parser = arguments(__doc__)
    parser.add_argument("--kills", type=int, help="kills at random times (default 100; 6 if quick)")
    options = parser.parse_args()
    run = RunUnderTest(options.binary, options.experiment, options.run_argument)
    run.take_reference()
    draw = random.Random(options.seed)
    tally = Tally()

    tally.group("same command twice", [run.problem_after_finishing(), fresh_problem(run)])
    kills = options.kills or (6 if options.quick else 100)
    tally.group(f"runs with {kills} SIGKILLs at random times", kill_at_random(run, draw, kills))
    stops = 1 if options.quick else 5
    tally.group("SIGINT", stop(run, draw, [signal.SIGINT], stops))
    tally.group("SIGTERM", stop(run, draw, [signal.SIGTERM], stops))
    tally.group("SIGINT, then SIGTERM", stop(run, draw, [signal.SIGINT, signal.SIGTERM], stops))
    tally.group("a second process", second_process(run))
    if strace_injection.is_available():
        tally.group("SIGKILL at each step of a checkpoint", kill_at_checkpoint_steps(run, options.quick))
    else:
        print("skip   SIGKILL at each step of a checkpoint: strace is missing or tracing is forbidden")
    return tally.exit_code()


def fresh_problem(run):
    run.clear()
    return run.problem_after_finishing()


if __name__ == "__main__":
    sys.exit(main())
