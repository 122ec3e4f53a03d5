"""Sees what else the machine is doing: a benchmark beside another program measures that program.

One competing thread makes an OpenMP step several times slower, so every measurement is preceded by a wait for quiet
and carries the processor time that others used while it ran.
"""

import os
import subprocess
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")


def parse_busy_seconds(stat_text):
    """Busy processor seconds of the whole machine since boot, from /proc/stat's text; time stolen by a host counts."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, stat_text.split("\n", 1)[0].split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


def busy_seconds():
    with open("/proc/stat") as file:
        return parse_busy_seconds(file.read())


def process_seconds():
    """{pid: (processor seconds, name)} of every process that can be seen."""
    result = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as file:
                head, tail = file.read().rsplit(")", 1)
        except OSError:  # it ended meanwhile
            continue
        fields = tail.split()
        result[int(pid)] = (int(fields[11]) + int(fields[12])) / TICKS, head.split("(", 1)[1]
    return result


def busiest(before, after, own):
    """(name, seconds) of the process that used most between two process_seconds(); None if none used any."""
    used = {pid: now[0] - before.get(pid, (0,))[0] for pid, now in after.items() if pid != own}
    pid = max(used, key=used.get, default=None)
    return (after[pid][1], used[pid]) if pid is not None and used[pid] > 0 else None


def look(seconds=1.0):
    """(cores that others keep busy, who most of all) over a short sleep."""
    busy, own, processes = busy_seconds(), time.process_time(), process_seconds()
    begin = time.monotonic()
    time.sleep(seconds)
    others = busy_seconds() - busy - (time.process_time() - own)
    who = busiest(processes, process_seconds(), os.getpid())
    return max(0.0, others) / (time.monotonic() - begin), who


def wait_for_quiet(limit_cores, limit_s, tell):
    """Waits until others keep fewer than `limit_cores` busy, at most `limit_s`; returns the load it saw last."""
    deadline, told = time.monotonic() + limit_s, False
    while True:
        cores, who = look()
        if cores <= limit_cores or time.monotonic() >= deadline:
            return cores
        if not told:
            tell(f"waiting for other work to end: {cores:.2f} cores busy" + (f", most by {who[0]}" if who else ""))
            told = True


def run_watched(command, environment):
    """Runs a command to its end: (exit status, stdout, stderr, wall seconds, peak RSS bytes, cores others kept busy).

    Memory and processor time are the kernel's figures for that one child: the same ruler for every program.
    """
    busy, own, begin = busy_seconds(), time.process_time(), time.monotonic()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:  # Ctrl-C: nothing keeps running behind it
            process.kill()
            raise
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - begin
        used = usage.ru_utime + usage.ru_stime + time.process_time() - own
        others = max(0.0, busy_seconds() - busy - used) / wall
        out.seek(0)
        err.seek(0)
        return process.returncode, out.read(), err.read(), wall, usage.ru_maxrss * 1024, others
