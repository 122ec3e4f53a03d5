"""One experiment that a test starts, kills, resumes and looks at."""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import run_files

_LIMIT_S = 300
_HASHES = ("weights_sha256", "metrics_sha256")


def arguments(description):
    """The command line that the kill and the fault test share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("binary", help="thaw, or a program with its `run` and `show`")
    parser.add_argument("experiment", help="a tiny experiment: seconds at most, several epochs")
    parser.add_argument("--run-argument", action="append", default=[], help="one more argument of `run`, as is")
    parser.add_argument("--quick", action="store_true", help="a sample of the cases, for the ordinary test suite")
    parser.add_argument("--seed", type=int, default=1, help="of whatever the test draws at random")
    return parser


class RunUnderTest:
    """The run, in a folder of its own that is emptied by clear()."""

    def __init__(self, binary, experiment, run_arguments):
        self._temporary = tempfile.TemporaryDirectory(prefix="thaw_run_")
        self.root = pathlib.Path(self._temporary.name).resolve()
        self.runs = self.root / "runs"
        self._binary = str(pathlib.Path(binary).resolve())
        self.command = [self._binary, "run", str(pathlib.Path(experiment).resolve()), "--runs", str(self.runs)]
        self.command += run_arguments
        self.folder = None
        self.duration_s = 0.0
        self._reference = None

    def clear(self):
        shutil.rmtree(self.runs, ignore_errors=True)

    def run(self, prefix=()):
        """Runs it to whatever end: a CompletedProcess with text."""
        return subprocess.run([*prefix, *self.command], capture_output=True, text=True, timeout=_LIMIT_S, check=False)

    def start(self):
        return subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def take_reference(self):
        """Runs it undisturbed: the hashes and files that every disturbed run must end with."""
        self.clear()
        begin = time.monotonic()
        result = self.run()
        self.duration_s = time.monotonic() - begin
        if result.returncode != 0:
            raise SystemExit(f"the undisturbed run failed ({result.returncode}): {result.stderr}")
        self.folder = pathlib.Path(re.search(r"^run: (.*)\Z", result.stdout.rstrip(), re.MULTILINE).group(1)).resolve()
        self._reference = self._outcome()
        found = run_files.problems(self.folder)
        if found:
            raise SystemExit("the undisturbed run left bad files: " + "; ".join(found))
        return self._reference

    def problem_after_finishing(self):
        """Runs it to the end without disturbance; what then differs from the reference, or None."""
        result = self.run()
        if result.returncode != 0:
            return f"the rerun failed ({result.returncode}): {result.stderr.strip()}"
        found = run_files.problems(self.folder)
        if found:
            return "after the rerun: " + "; ".join(found)
        outcome = self._outcome()
        if outcome != self._reference:
            return f"after the rerun: {outcome}, undisturbed: {self._reference}"
        return None

    def _outcome(self):
        result = subprocess.run(
            [self._binary, "show", str(self.folder), "--json"], capture_output=True, text=True, timeout=60, check=False
        )
        if result.returncode != 0:
            return f"show failed: {result.stderr.strip()}"
        shown = json.loads(result.stdout)
        hashes = {key: shown.get(key) for key in _HASHES}
        if not all(hashes.values()):
            return f"show gave no hashes: {shown}"
        return {**hashes, "files": sorted(run_files.names(self.folder))}


class Tally:
    """Counts cases; prints a line for each group and the sum."""

    def __init__(self):
        self._passed = self._failed = 0

    def group(self, title, results):
        """results: one problem, or None, for each case."""
        results = list(results)
        if not results:
            return  # nothing of this kind in the run
        failures = [problem for problem in results if problem]
        print(f"{'FAILED' if failures else 'ok':6} {title}: {len(results) - len(failures)} of {len(results)}", flush=True)
        for problem in failures[:5]:
            print(f"       {problem}", flush=True)
        self._passed += len(results) - len(failures)
        self._failed += len(failures)

    def exit_code(self):
        print(f"{self._passed} passed, {self._failed} failed")
        return 1 if self._failed or not self._passed else 0
