"""Makes chosen system calls of a program fail, or kills it at them, by strace -e inject."""

import collections
import pathlib
import re
import shutil
import subprocess

SKIPPED = 77  # the exit code that CTest reads as "skipped"

# One place in a run: the nth `syscall` on exactly this path.
Place = collections.namedtuple("Place", "syscall path nth")


def is_available():
    """False where strace is missing or tracing is forbidden."""
    if not shutil.which("strace"):
        return False
    probe = ["strace", "-f", "-qq", "-e", "inject=openat:error=EIO", "true"]
    result = subprocess.run(probe, capture_output=True, text=True, timeout=60, check=False)
    return "(INJECTED)" in result.stderr


def places(run, syscalls):
    """Every place of these system calls on a path under the run's folder, in the order a run comes to them."""
    log = run.root / "places.log"
    # -y names the file behind each descriptor; file names are never cut, however small -s is.
    prefix = ["strace", "-f", "-qq", "-y", "-s", "0", "-e", "trace=" + ",".join(syscalls), "-o", str(log)]
    run.run(prefix)
    path_pattern = re.compile(re.escape(str(run.runs)) + r'[^">]*')
    counts = collections.Counter()
    found = {}
    for line in log.read_text().splitlines():
        call = re.match(r"(\d+) +(\w+)\((.*)", line)
        path = path_pattern.search(call.group(3)) if call else None
        if path:
            # strace counts each thread's calls by themselves.
            counts[key := (call.group(1), call.group(2), path.group())] += 1
            found[Place(key[1], key[2], counts[key])] = None
    return list(found)


def inject(run, place, what):
    """Runs it with `what` ("error=EIO", "signal=KILL") at the place: the result, and whether the place was reached."""
    log = run.root / "inject.log"
    prefix = ["strace", "-f", "-qq", "-s", "0", "-P", place.path, "-e", f"trace={place.syscall}", "-o", str(log)]
    prefix += ["-e", f"inject={place.syscall}:{what}:when={place.nth}"]
    result = run.run(prefix)
    reached = sum(1 for line in log.read_text().splitlines() if re.match(rf"\d+ +{place.syscall}\(", line))
    return result, reached >= place.nth


def kind_of(place):
    """What a place has in common with its like: "write step-#.safetensors.tmp"."""
    return f"{place.syscall} {re.sub('[0-9a-f]{12}|[0-9]+', '#', pathlib.Path(place.path).name)}"


def one_of_each_kind(all_places):
    """The middle one of each kind."""
    kinds = collections.defaultdict(list)
    for place in all_places:
        kinds[kind_of(place)].append(place)
    return [group[len(group) // 2] for group in kinds.values()]
