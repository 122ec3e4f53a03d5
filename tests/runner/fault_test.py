#!/usr/bin/env python3
"""Whatever the disk refuses: no file is left corrupt or cut short, the message names it, and a rerun ends the same."""

import errno
import os
import pathlib
import re
import shutil
import signal
import sys

import run_files
import strace_injection
from run_under_test import RunUnderTest, Tally, arguments

_ERRORS = ("ENOSPC", "EIO", "EMFILE")
_GROUPS = {
    "open": ("open", "openat", "openat2", "creat"),
    "write": ("write", "pwrite64", "writev", "pwritev"),
    "fsync": ("fsync", "fdatasync", "msync"),
    "rename": ("rename", "renameat", "renameat2"),
    "mkdir, flock, truncate": ("mkdir", "mkdirat", "flock", "ftruncate"),
    "read": ("read", "pread64"),
}


class Start:
    """What the runs folder holds before the faulty run: nothing, or the run as a kill left it."""

    def __init__(self, run, place=None):
        self._run = run
        self._saved = None
        self.leftovers = frozenset()
        if place:
            run.clear()
            result, _ = strace_injection.inject(run, place, "signal=KILL")
            if result.returncode != -signal.SIGKILL:
                raise SystemExit(f"{place}: was not killed there ({result.returncode})")
            self.leftovers = frozenset(run.folder.rglob("*.tmp"))
            self._saved = run.root / "killed"
            shutil.copytree(run.runs, self._saved)

    def restore(self):
        self._run.clear()
        if self._saved:
            shutil.copytree(self._saved, self._run.runs)


def problem_of_fault(run, start, place, error):
    start.restore()
    result, reached = strace_injection.inject(run, place, f"error={error}")
    problem = None if reached else "was not reached"
    problem = problem or problem_of_message(result, place, error)
    problem = problem or "; ".join(run_files.problems(run.folder, leftovers=start.leftovers))
    problem = problem or run.problem_after_finishing()
    return f"{place} {error}: {problem}" if problem else None


def problem_of_message(result, place, error):
    """It must fail, and one line must hold both the file and the cause."""
    if result.returncode != 1:
        return f"exit code {result.returncode}, expected 1; last words: {last_line(result.stderr)}"
    cause = os.strerror(getattr(errno, error))
    if not any(place.path in line and cause in line for line in result.stderr.splitlines()):
        return f"no line names the file and \"{cause}\"; last words: {last_line(result.stderr)}"
    return None


def last_line(text):
    return (text.strip().splitlines() or ["none"])[-1]


def faults(run, start, syscalls, quick):
    """One problem or None for every place of these calls and every error."""
    start.restore()
    found = strace_injection.places(run, syscalls)
    if not quick:
        return (problem_of_fault(run, start, place, error) for place in found for error in _ERRORS)
    sample = strace_injection.one_of_each_kind(found)
    return (problem_of_fault(run, start, place, _ERRORS[i % len(_ERRORS)]) for i, place in enumerate(sample))


def order_problems(run):
    """What a power cut could lose: a file renamed before its bytes are on disk, a folder or a record not synced."""
    run.clear()
    calls = strace_injection.places(run, _GROUPS["write"] + _GROUPS["fsync"] + _GROUPS["rename"])
    is_sync = [call.syscall in _GROUPS["fsync"] for call in calls]
    for i, call in enumerate(calls):
        if call.syscall in _GROUPS["rename"]:
            before = [j for j in range(i) if calls[j].path == call.path]
            folder = str(pathlib.Path(call.path).parent)
            next_call = next((j for j in range(i + 1, len(calls)) if not is_rename_in(folder, calls[j])), None)
            if not before or not is_sync[before[-1]]:
                yield f"{call}: renamed before fsync"
            elif next_call is None or not is_sync[next_call] or calls[next_call].path != folder:
                yield f"{call}: its folder is not synced next"
            else:
                yield None
        elif call.path.endswith(".binpb") and not is_sync[i]:
            is_safe = i + 1 < len(calls) and is_sync[i + 1] and calls[i + 1].path == call.path
            yield None if is_safe else f"{call}: not synced next"


def is_rename_in(folder, call):
    """Files that are written together are renamed one after the other, and their folder is synced once for all."""
    return call.syscall in _GROUPS["rename"] and str(pathlib.Path(call.path).parent) == folder


def middle_of_second_checkpoint(run):
    """Where a kill leaves one checkpoint, a half-written one and a record to go on from."""
    run.clear()
    writes = strace_injection.places(run, ("write",))
    checkpoints = [p for p in writes if re.search(r"/step-[0-9]+\.safetensors\.tmp$", p.path)]
    second = [p for p in checkpoints if p.path != checkpoints[0].path]
    return second[1] if len(second) > 1 else checkpoints[-1]


def main():
    options = arguments(__doc__).parse_args()
    if not strace_injection.is_available():
        print("skipped: strace is missing or tracing is forbidden")
        return strace_injection.SKIPPED
    run = RunUnderTest(options.binary, options.experiment, options.run_argument)
    run.take_reference()
    starts = {"a fresh run": Start(run), "a resumed run": Start(run, middle_of_second_checkpoint(run))}
    tally = Tally()
    tally.group("fsync before and after each rename, after each event", order_problems(run))
    for title, start in starts.items():
        for name, syscalls in _GROUPS.items():
            tally.group(f"{', '.join(_ERRORS)} at {name} of {title}", faults(run, start, syscalls, options.quick))
    return tally.exit_code()


if __name__ == "__main__":
    sys.exit(main())
