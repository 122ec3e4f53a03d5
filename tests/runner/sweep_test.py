#!/usr/bin/env python3
"""How a sweep is run: its processes, who does what, what fails and what is said of it."""

import fcntl
import os
import pathlib
import pty
import re
import resource
import signal
import struct
import subprocess
import sys
import termios
import time
import unittest

from sweep_under_test import RUN_EVENTS, SweepUnderTest, events, problems, wait_until

BINARY, EXPERIMENT = (sys.argv.pop(1), sys.argv.pop(1))
MEMBERS = 8
EPOCHS = 4
HALVING = ("--set", "sweep.search.successive_halving={min_epochs: 1 reduction: 2}", "--set", "sweep.repeats=1")
F_OFD_SETLK = 37


class SweepTest(unittest.TestCase):
    reference = None

    @classmethod
    def setUpClass(cls):
        sweep = SweepUnderTest(BINARY, EXPERIMENT)
        cls.first = sweep.run("--jobs", "2")
        cls.reference = sweep.hashes()
        cls.ids = sorted(cls.reference)
        cls.folder_name = sweep.folder().name
        cls.undisturbed = sweep  # keeps its folder

    @classmethod
    def tearDownClass(cls):
        cls.undisturbed.close()

    def setUp(self):
        self.sweep = self.another(EXPERIMENT)

    def another(self, experiment, *arguments):
        sweep = SweepUnderTest(BINARY, experiment, arguments)
        self.addCleanup(sweep.close)
        return sweep

    def check(self, sweep=None):
        self.assertEqual(problems(sweep or self.sweep, MEMBERS, self.reference), [])

    wait_until = staticmethod(wait_until)

    def hold_claim(self, member):
        """The claim, as another process would hold it; closing the file gives it back."""
        folder = self.sweep.runs / ".claims"
        folder.mkdir(parents=True, exist_ok=True)
        claim = open(folder / member, "w")
        self.addCleanup(claim.close)
        fcntl.fcntl(claim, F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
        claim.write("elsewhere pid 1\n")
        claim.flush()
        return claim

    # What is done, and what is said of it.

    def test_the_whole(self):
        self.assertEqual(self.first.returncode, 0, self.first.stderr)
        self.check(self.undisturbed)
        for count in self.undisturbed.counts().values():
            self.assertEqual((count["epoch_end"], count["resumed"]), (EPOCHS, 0))
        folder = self.undisturbed.folder()
        lines = self.first.stdout.splitlines()
        self.assertEqual(lines[-1], f"run: {folder}")
        self.assertEqual(lines[-2], f"report: {folder}/report.html")
        self.assertIn("8 of 8 done", lines)
        said = [line for line in self.first.stderr.splitlines() if line.startswith("[")]
        self.assertEqual(len(said), MEMBERS)
        self.assertRegex(said[-1], r"^\[8/8\] [0-9a-f]{12}  .*learning_rate .*, seed [34]: done, .*\([0-9:]+\)$")
        self.assertEqual([end for _, end, _ in self.undisturbed.ends()], ["DONE"] * MEMBERS)
        kinds = [name for name, _ in self.undisturbed.journal()]
        self.assertEqual((kinds[0], kinds[-1]), ("started", "finished"))
        for member in self.ids:
            self.assertTrue((folder / "logs" / f"{member}.txt").read_text().endswith("done\n"))
        self.assertEqual(len(list((folder / "logs").iterdir())), MEMBERS)

    def test_a_finished_sweep_says_so(self):
        journals = list(self.undisturbed.folder().glob("journal/*"))
        result = self.undisturbed.run()
        self.assertEqual((result.returncode, result.stderr), (0, "already done: nothing is left to train\n"))
        self.assertEqual(list(self.undisturbed.folder().glob("journal/*")), journals)

    def test_a_members_own_file_repeats_it(self):
        member = self.undisturbed.members()[self.ids[0]]
        alone = self.another(member / "experiment.pbtxt")
        result = alone.run()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(alone.hashes(), {self.ids[0]: self.reference[self.ids[0]]})

    def test_another_number_of_processes_changes_nothing(self):
        for jobs in ("1", "3"):
            self.sweep.clear()
            result = self.sweep.run("--jobs", jobs)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.check()
            self.assertEqual(self.sweep.folder().name, self.folder_name)

    def test_members_of_another_name_are_used(self):
        self.sweep.run("--set", "sweep.repeats=1")
        trained = self.sweep.hashes()
        self.assertEqual(len(trained), 4)
        result = self.sweep.run("--set", "name=other")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.check()
        self.assertEqual(len(list(self.sweep.runs.glob("other/*/record.binpb"))), 4)

    def test_two_at_once_divide_the_work(self):
        both = [self.sweep.start("--jobs", "1", "--set", "sweep.repeats=4") for _ in range(2)]
        for process in both:
            _, stderr = process.communicate()
            self.assertEqual(process.returncode, 0, stderr)
        counts = self.sweep.counts()
        self.assertEqual(len(counts), 16)
        for member, count in counts.items():
            self.assertEqual(count, {"started": 1, "epoch_end": EPOCHS, "finished": 1, "resumed": 0, "stopped": 0,
                                     "diverged": 0}, member)
        journals = list(self.sweep.folder().glob("journal/*.binpb"))
        self.assertEqual(len(journals), 2)
        done = [end for end in self.sweep.ends() if end[1] == "DONE"]
        self.assertGreaterEqual(len(done), 16)

    def test_a_member_that_another_process_has_is_waited_for(self):
        claim = self.hold_claim(self.ids[3])
        process = self.sweep.start("--jobs", "2")
        self.wait_until(lambda: len(self.sweep.hashes()) == MEMBERS - 1, "the others are done")
        time.sleep(1)
        self.assertIsNone(process.poll())
        self.assertNotIn(self.ids[3], self.sweep.members())
        claim.close()
        _, stderr = process.communicate()
        self.assertEqual(process.returncode, 0, stderr)
        self.check()

    # What goes wrong.

    def test_a_killed_worker_is_replaced_and_its_end_told(self):
        process = self.sweep.start("--jobs", "1")
        self.wait_until(lambda: self.sweep.workers(process.pid), "a worker runs")
        os.kill(self.sweep.workers(process.pid)[0], signal.SIGKILL)
        _, stderr = process.communicate()
        self.assertEqual(process.returncode, 0, stderr)
        self.check()
        self.assertIn("failed, and is tried again: killed by SIGKILL (out of memory?)", stderr)
        killed = [reason for _, end, reason in self.sweep.ends() if end == "KILLED"]
        self.assertEqual(killed, ["killed by SIGKILL (out of memory?)"])

    def test_one_that_always_fails_is_given_up_and_the_others_go_on(self):
        bad = self.ids[2]
        (self.sweep.runs / "sweep-tiny").mkdir(parents=True)
        (self.sweep.runs / "sweep-tiny" / bad).write_text("in the way")
        result = self.sweep.run("--jobs", "2", "--set", "sweep.retries=2")
        self.assertEqual(result.returncode, 1, result.stderr)
        expected = dict(self.reference)
        del expected[bad]
        self.assertEqual(self.sweep.hashes(), expected)
        reason = f"thaw: {self.sweep.runs}/sweep-tiny/{bad}"
        self.assertEqual(len([1 for _, end, _ in self.sweep.ends(bad) if end == "FAILED"]), 3)
        folder = self.sweep.folder()
        self.assertIn("7 of 8 done, 1 failed\n", result.stdout)
        self.assertRegex(result.stdout, rf"failed: {bad}  .*, seed [34]: {re.escape(reason)}: mkdir: File exists")
        self.assertIn(f"  its log: {folder}/logs/{bad}.txt\n", result.stdout)
        self.assertIn(reason, (folder / "logs" / f"{bad}.txt").read_text())
        # Whoever starts it again, after looking, wants it tried again.
        (self.sweep.runs / "sweep-tiny" / bad).unlink()
        result = self.sweep.run("--set", "sweep.retries=2")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.check()

    def test_a_sweep_of_one_failing_member(self):
        experiment = self.sweep.root / "one.pbtxt"
        text = pathlib.Path(EXPERIMENT).read_text()
        experiment.write_text(text[: text.index("sweep {")] + "sweep { retries: 1 }\n")
        id_of = self.another(experiment)
        self.assertEqual(id_of.run().returncode, 0)
        member = next(iter(id_of.members()))
        sweep = self.another(experiment)
        (sweep.runs / "sweep-tiny").mkdir(parents=True)
        (sweep.runs / "sweep-tiny" / member).write_text("in the way")
        result = sweep.run()
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("0 of 1 done, 1 failed\n", result.stdout)

    def test_one_that_diverges_is_not_tried_again(self):
        experiment = self.sweep.root / "diverging.pbtxt"
        text = pathlib.Path(EXPERIMENT).read_text()
        choices = (
            'sweep { axis { name: "loss" choice { name: "small" } choice { name: "huge" '
            "set { train { optimizer { sgd { learning_rate: 1e6 } } "
            'loss { output: "digit" mean_squared_error {} weight: 1e6 } } } } } }\n'
        )
        text = text.replace("units: 2 activation: SOFTMAX", "units: 4").replace('"digit" categorical_cross_entropy', '"digit" mean_squared_error')
        text = text.replace('metric { output: "digit" accuracy {} }', "")
        experiment.write_text(text[: text.index("sweep {")] + choices)
        sweep = self.another(experiment)
        result = sweep.run()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("1 of 2 done, 1 diverged\n", result.stdout)
        ends = sorted(end for _, end, _ in sweep.ends())
        self.assertEqual(ends, ["DIVERGED", "DONE"])
        reason = next(reason for _, end, reason in sweep.ends() if end == "DIVERGED")
        self.assertRegex(reason, r"became NaN or infinite; what to try: lower the learning rate")
        self.assertEqual(sweep.run().returncode, 0)
        self.assertEqual(len(sweep.ends()), 2)

    def test_ctrl_c_and_on(self):
        process = self.sweep.start("--jobs", "2")
        self.wait_until(lambda: self.sweep.members(), "a member has begun")
        workers = self.sweep.workers(process.pid)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate()
        self.assertEqual(process.returncode, 75, stderr)
        self.assertIn("stopped by SIGINT; the same command goes on from there", stderr)
        for pid in workers:
            self.assertFalse(os.path.exists(f"/proc/{pid}"))
        self.assertEqual(self.sweep.journal()[-1][0], "stopped")
        result = self.sweep.run("--jobs", "2")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.check()

    def test_workers_stop_when_their_coordinator_is_killed(self):
        process = self.sweep.start("--jobs", "2")
        self.wait_until(lambda: len(self.sweep.workers(process.pid)) == 2, "two workers run")
        workers = self.sweep.workers(process.pid)
        process.kill()
        process.communicate()
        self.wait_until(lambda: not any(is_alive(pid) for pid in workers), "its workers are gone")

    def test_a_folder_that_cannot_be_written(self):
        self.sweep.runs.write_text("a file")
        result = self.sweep.run()
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, f"thaw: {self.sweep.runs}: mkdir: File exists\n")

    def test_a_disk_that_takes_no_more(self):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

        result = self.sweep.run(preexec_fn=limit)
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertRegex(result.stderr, rf"thaw: {self.sweep.runs}/sweep-tiny/sweep-[0-9a-f]+/\S+: write: File too large\n$")
        result = self.sweep.run()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.check()

    def test_a_journal_that_cannot_be_written_ends_it_honestly(self):
        self.sweep.run()
        self.sweep.clear()
        folder = self.sweep.runs / "sweep-tiny" / self.folder_name
        folder.mkdir(parents=True)
        (folder / "journal").write_text("a file")
        result = self.sweep.run()
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, f"thaw: {folder}/journal: list: Not a directory\n")

    # Successive halving.

    def test_halving_comes_to_the_same_for_any_number_of_processes_and_kills(self):
        outcomes = []
        for jobs, kills in (("1", 0), ("3", 0), ("2", 1)):
            sweep = self.another(EXPERIMENT, *HALVING)
            if kills:
                process = sweep.start("--jobs", jobs)
                self.wait_until(lambda: len(sweep.members()) > 1, "two members have begun")
                process.kill()
                process.communicate()
            result = sweep.run("--jobs", jobs)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("1 of 4 done, 3 left behind\n", result.stdout)
            decided = [sorted(values) for name, values in sweep.journal() if name == "decided"]
            self.assertEqual(len(decided), 2)
            epochs = {member: len({dict(v)[1] for n, v in sweep_events(folder) if n == "epoch_end"})
                      for member, folder in sweep.members().items()}
            self.assertEqual(sorted(epochs.values()), [1, 1, 2, 4])
            outcomes.append((decided, epochs, sweep.hashes()))
        self.assertEqual(outcomes[0], outcomes[1])
        self.assertEqual(outcomes[0], outcomes[2])
        # Who never paused ends with the same bytes.
        winner = outcomes[0][2]
        self.assertEqual({member: self.reference.get(member) for member in winner}, winner)

    # The command line and the terminal.

    def test_work_is_not_for_people(self):
        command = self.sweep.command()
        for words in (["work"], ["work", "x"], ["work", "x", "--member", "abc:1:2"]):
            result = run([command[0], *words])
            self.assertEqual(result[0], 2)
        self.assertEqual(
            run([command[0], "work", "x"])[1],
            "thaw: work is what thaw run starts for members of a sweep, and not for people; type: thaw run FILE\n"
            "  see: thaw help run\n",
        )
        self.assertNotIn("work", run([command[0], "help"])[2].replace("networks", "").replace("network", ""))

    def test_jobs_are_for_sweeps(self):
        self.assertEqual(
            self.sweep.run("--jobs", "0").stderr,
            "thaw: run: --jobs takes 1 to 1000 processes\n  see: thaw help run\n",
        )
        tiny = str(pathlib.Path(EXPERIMENT).parent / "tiny.pbtxt")
        self.assertEqual(
            run([BINARY, "run", tiny, "--jobs", "2", "--runs", str(self.sweep.runs)])[1],
            f"run: --jobs is for sweeps, and {tiny} has none\n",
        )

    def test_the_table_fits_the_window(self):
        rows = 7
        main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 60, 0, 0))
        process = subprocess.Popen(
            self.sweep.command("--jobs", "2", "--set", "train.epochs=400"), stdout=subprocess.DEVNULL, stderr=side
        )
        os.close(side)
        shown = b""
        while True:
            try:
                shown += os.read(main, 65536)
            except OSError:  # the other side is closed
                break
        os.close(main)
        self.assertEqual(process.wait(), 0, shown)
        frames = shown.decode().split("\x1b[?7l")[1:]
        self.assertGreater(len(frames), 1)
        for frame in frames:
            self.assertLess(frame.split("\x1b[?7h")[0].count("\n"), rows)
        self.assertRegex(frames[-1], r"sweep-tiny: \d of 8 done")
        self.assertRegex("".join(frames), r"epoch [1-9]\d*/400")


def sweep_events(folder):
    return events(folder / "record.binpb", RUN_EVENTS)


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def run(words):
    result = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    return result.returncode, result.stderr, result.stdout


if __name__ == "__main__":
    unittest.main()
