"""One sweep that a test runs, kills and looks at."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import time

_LIMIT_S = 600
# Fields of Event and SweepEvent (schemas/run_record.proto, schemas/sweep_record.proto).
RUN_EVENTS = {10: "started", 11: "resumed", 12: "epoch_end", 13: "stopped", 14: "diverged", 15: "finished"}
SWEEP_EVENTS = {10: "started", 11: "begun", 12: "ended", 13: "decided", 14: "stopped", 15: "finished"}
ENDS = ("DONE", "DIVERGED", "PAUSED", "STOPPED", "FAILED", "KILLED", "TAKEN")


def _varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    """(number, value) of a protobuf message: integers, or bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(data, at)
        else:
            size, at = (8, at) if kind == 1 else (4, at) if kind == 5 else _varint(data, at)
            value, at = data[at : at + size], at + size
        yield number, value


def events(path, names):
    """(name, fields) of each whole event; a torn tail is left out."""
    data, at = path.read_bytes(), 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "little")
        if size == 0 or at + 8 + size > len(data):
            return
        for number, value in fields(data[at + 8 : at + 8 + size]):
            if number in names:
                yield names[number], list(fields(value))
        at += 8 + size


class SweepUnderTest:
    """The sweep of a file, in a runs folder of its own that is emptied by clear()."""

    def __init__(self, binary, experiment, arguments=()):
        self._temporary = tempfile.TemporaryDirectory(prefix="thaw_sweep_", ignore_cleanup_errors=True)
        self.root = pathlib.Path(self._temporary.name).resolve()
        self.runs = self.root / "runs"
        self.binary = str(pathlib.Path(binary).resolve())
        self.experiment = str(pathlib.Path(experiment).resolve())
        self.arguments = list(arguments)

    def close(self):
        self._temporary.cleanup()

    def clear(self):
        shutil.rmtree(self.runs, ignore_errors=True)

    def command(self, *more):
        return [self.binary, "run", self.experiment, "--runs", str(self.runs), *self.arguments, *more]

    def run(self, *more, **settings):
        """Runs it to whatever end: a CompletedProcess with text."""
        return subprocess.run(
            self.command(*more), capture_output=True, text=True, timeout=_LIMIT_S, check=False, **settings
        )

    def start(self, *more, **settings):
        return subprocess.Popen(
            self.command(*more), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **settings
        )

    def members(self):
        """Folders of the members' runs, by id."""
        return {path.parent.name: path.parent for path in self.runs.glob("*/*/record.binpb")}

    def folder(self):
        """The sweep's."""
        return next(iter(self.runs.glob("*/sweep-*")))

    def hashes(self):
        """metrics_sha256 and weights_sha256 of each member that is finished, by id."""
        found = {}
        for member, folder in self.members().items():
            for name, values in events(folder / "record.binpb", RUN_EVENTS):
                if name == "finished":
                    values = dict(values)
                    found[member] = (values[4].decode(), values[2].decode())
        return found

    def counts(self):
        """How often each run's record holds each kind of event, by id."""
        found = {}
        for member, folder in self.members().items():
            names = [name for name, _ in events(folder / "record.binpb", RUN_EVENTS)]
            found[member] = {name: names.count(name) for name in RUN_EVENTS.values()}
        return found

    def journal(self):
        """(event, fields) of all journals; of one process in order."""
        found = []
        for path in sorted(self.folder().glob("journal/*.binpb")):
            found += events(path, SWEEP_EVENTS)
        return found

    def ends(self, member=None):
        """How attempts ended: (member's id, end, reason)."""
        found = []
        for name, values in self.journal():
            if name == "ended":
                values = dict(values)
                found.append((values[1].decode(), ENDS[values.get(3, 0)], values.get(4, b"").decode()))
        return [end for end in found if member in (None, end[0])]

    def workers(self, coordinator):
        """Processes that it started and that live."""
        try:
            text = pathlib.Path(f"/proc/{coordinator}/task/{coordinator}/children").read_text()
        except OSError:
            return []
        return [int(pid) for pid in re.findall(r"\d+", text)]


def wait_until(condition, what):
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError(f"waited in vain until {what}")


def problems(sweep, members, reference):
    """What is lost, done twice or different: sentences."""
    found = []
    counts, hashes = sweep.counts(), sweep.hashes()
    lost = [member for member in reference if member not in hashes]
    if lost or len(hashes) != members:
        found.append(f"{len(lost)} of {members} members lost: {lost[:3]}; {len(hashes)} are finished")
    doubled = [member for member, count in counts.items() if count["started"] != 1 or count["finished"] != 1]
    if doubled:
        found.append(f"{len(doubled)} members were begun or finished twice: {doubled[:3]}")
    different = [member for member in reference if member in hashes and hashes[member] != reference[member]]
    if different:
        found.append(f"{len(different)} members differ from the undisturbed sweep: {different[:3]}")
    return found
