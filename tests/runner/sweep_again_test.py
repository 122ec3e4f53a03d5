#!/usr/bin/env python3
"""What a sweep makes of what it finds: runs of others, damaged and lost files, experiments whose weights it needs."""

import pathlib
import shutil
import signal
import subprocess
import sys
import unittest

from sweep_under_test import RUN_EVENTS, SweepUnderTest, events, problems, wait_until

BINARY, EXPERIMENT = (sys.argv.pop(1), sys.argv.pop(1))
MEMBERS = 8
HALVING = ("--set", "sweep.search.successive_halving={min_epochs: 1 reduction: 2}", "--set", "sweep.repeats=1")


def damage(path):
    data = bytearray(path.read_bytes())
    data[10] ^= 1
    path.write_bytes(data)


class SweepAgainTest(unittest.TestCase):
    def setUp(self):
        self.sweep = self.another()

    def another(self, *arguments):
        sweep = SweepUnderTest(BINARY, EXPERIMENT, arguments)
        self.addCleanup(sweep.close)
        return sweep

    def run_it(self, *words, code=0):
        result = self.sweep.run(*words)
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    wait_until = staticmethod(wait_until)

    def test_more_repeats_use_what_is_there(self):
        self.assertNotIn("there already", self.run_it("--set", "sweep.repeats=1").stderr)
        self.assertIn("4 of 8 are there already\n", self.run_it().stderr)
        self.assertEqual(problems(self.sweep, MEMBERS, {}), [])
        self.assertEqual(len(list(self.sweep.runs.glob("*/sweep-*"))), 2)

    def test_a_damaged_record_is_its_members_affair(self):
        self.run_it()
        reference = self.sweep.hashes()
        bad = sorted(reference)[2]
        folder = self.sweep.members()[bad]
        damage(folder / "record.binpb")
        self.assertEqual(subprocess.run([BINARY, "check", EXPERIMENT, "--runs", self.sweep.runs], check=False,
                                        capture_output=True).returncode, 0)
        result = self.run_it(code=1)
        self.assertIn("7 of 8 done, 1 failed\n", result.stdout)
        self.assertRegex(result.stdout, rf"failed: {bad}  .*record\.binpb: damaged at byte 0: .*\n"
                         rf"  expected a whole record; without the folder {folder} it is trained anew\n")
        shutil.rmtree(folder)
        self.run_it()
        self.assertEqual(problems(self.sweep, MEMBERS, reference), [])

    def test_a_damaged_record_of_another_name_is_no_result(self):
        self.run_it("--set", "name=other")
        reference = self.sweep.hashes()
        damaged = self.sweep.members()[min(reference)]
        damage(damaged / "record.binpb")
        self.assertIn("7 of 8 are there already\n", self.run_it().stderr)
        shutil.rmtree(damaged)
        self.assertEqual(problems(self.sweep, MEMBERS, reference), [])

    def test_an_unfinished_run_of_another_name_is_left_alone(self):
        long = ("--jobs", "1", "--set", "train.epochs=500")
        process = self.sweep.start(*long, "--set", "name=other")
        self.wait_until(self.sweep.members, "a member has begun")
        process.send_signal(signal.SIGINT)
        process.communicate()
        self.assertEqual(process.returncode, 75)
        self.assertLess(len(self.sweep.hashes()), MEMBERS)
        result = self.run_it(*long)
        self.assertIn("8 of 8 done\n", result.stdout)
        self.assertNotIn("failed", result.stderr)

    def test_a_damaged_journal_keeps_nobody_from_going_on(self):
        self.run_it()
        reference = self.sweep.hashes()
        journal = next(self.sweep.folder().glob("journal/*.binpb"))
        damage(journal)
        shutil.rmtree(self.sweep.members()[min(reference)])
        result = self.run_it()
        self.assertRegex(result.stderr, rf"^warning: {journal}: damaged at byte 0: .*\n"
                         r"  it goes on without what this journal told of earlier attempts\n"
                         r"7 of 8 are there already\n")
        self.assertEqual(problems(self.sweep, MEMBERS, reference), [])

    def test_rungs_that_no_journal_tells_of_are_told(self):
        self.sweep = self.another(*HALVING)
        self.run_it()
        told = [sorted(values) for name, values in self.sweep.journal() if name == "decided"]
        self.assertEqual(len(told), 2)
        # As if it had been killed between the last member's end and that line of the journal.
        shutil.rmtree(self.sweep.folder() / "journal")
        self.run_it()
        self.assertEqual([sorted(values) for name, values in self.sweep.journal() if name == "decided"], told)

    def test_a_log_that_is_removed_meanwhile_is_not_missed(self):
        process = self.sweep.start("--jobs", "1", "--set", "train.epochs=200")
        logs = lambda: list(self.sweep.runs.glob("*/sweep-*/logs/*-*.txt"))
        self.wait_until(logs, "a worker has a log")
        for log in logs():
            log.unlink(missing_ok=True)
        _, stderr = process.communicate()
        self.assertEqual(process.returncode, 0, stderr)
        self.assertEqual(problems(self.sweep, MEMBERS, {}), [])

    def test_a_signal_while_others_have_all_that_is_left(self):
        long = ("--jobs", "2", "--set", "train.epochs=20000", "--set", "sweep.repeats=1",
                "--set", "sweep.axis[0].log_uniform.points=2")
        first = self.sweep.start(*long)
        self.wait_until(lambda: len(self.sweep.members()) == 2, "both members have begun")
        second = self.sweep.start(*long)
        self.wait_until(lambda: len(list(self.sweep.runs.glob("*/sweep-*/journal/*"))) == 2, "both run")
        for process in (second, first):
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate()
            self.assertEqual(process.returncode, 75, stderr)
            self.assertIn("stopped by SIGINT; the same command goes on from there", stderr)
            self.assertEqual("stopping" in stderr, process is first)

    def test_a_finished_sweep_answers_where_nothing_can_be_written(self):
        self.run_it()
        report = self.sweep.folder() / "report.html"
        report.unlink()
        report.mkdir()  # also root cannot write it
        result = self.run_it(code=1)
        self.assertIn("8 of 8 done\n", result.stdout)
        self.assertRegex(result.stderr, rf"^already done: nothing is left to train\nthaw: {report}\S*: rename: ")


class WeightsFirstTest(unittest.TestCase):
    def setUp(self):
        self.sweep = SweepUnderTest(BINARY, EXPERIMENT)
        self.addCleanup(self.sweep.close)
        text = pathlib.Path(EXPERIMENT).read_text()
        first = self.sweep.root / "first.pbtxt"
        first.write_text(text[: text.index("sweep {")].replace('"sweep-tiny"', '"first"'))
        after = self.sweep.root / "after.pbtxt"
        after.write_text(f'base: "{self.sweep.experiment}"\nmodel {{ weights {{ experiment: "{first}" }} }}\n')
        self.first, self.sweep.experiment = first, str(after)

    def first_record(self):
        return next(self.sweep.runs.glob("first/*/record.binpb"))

    def test_two_at_once_run_it_once(self):
        both = [self.sweep.start("--jobs", "1") for _ in range(2)]
        ends = [(process.communicate()[1], process.returncode) for process in both]
        for stderr, code in ends:
            self.assertEqual(code, 0, stderr)
        names = [name for name, _ in events(self.first_record(), RUN_EVENTS)]
        self.assertEqual((names.count("started"), names.count("finished")), (1, 1))
        self.assertEqual(problems(self.sweep, MEMBERS + 1, {}), [])

    def test_its_command_can_be_typed(self):
        result = self.sweep.run("--jobs", "2")
        self.assertEqual(result.returncode, 0, result.stderr)
        shown = subprocess.check_output([BINARY, "show", self.first_record().parent], text=True)
        self.assertIn(f"thaw run {self.first} --runs {self.sweep.runs}\n", shown)


if __name__ == "__main__":
    unittest.main()
