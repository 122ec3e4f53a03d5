#!/usr/bin/env python3
"""Tests of the table of strategies: what it runs, what it survives, and its arithmetic. Nothing here trains."""

import argparse
import contextlib
import io
import json
import os
import tarfile
import tempfile
import unittest

import strategies_table
from strategies_table import CASES, Row

# Stands for thaw: `run` fails for seed 2, `summary` and `show` tell what a run with two trunks and a stage would.
FAKE = """#!/usr/bin/env python3
import json, sys
verb = sys.argv[1]
if verb == "run" and "seed=2" in sys.argv:
    print("epoch 1/2", file=sys.stderr)
    sys.exit("training diverged: the loss is NaN")
if verb == "run":
    print("report: x/report.html\\nrun: x")
if verb == "summary":
    print(json.dumps({"trainable_parameters": 650, "parameters": 271098}))
if verb == "show":
    print(json.dumps({"validation": {"class/accuracy": 0.75}, "time": {"wall_s": 2.0}, "trunk": [{"seconds": 0.5}, {"seconds": 0.25}],
                      "stages": [{"trainable_parameters": 2000}, {"trainable_parameters": 9000}]}))
"""


def arguments(**changed):
    plain = {"case": None, "strategy": None, "images": None, "seeds": 3, "runs": None, "thaw": "", "threads": 1,
             "data": "."}
    return argparse.Namespace(**{**plain, **changed})


def row(strategy, *accuracies, images=20, failures=()):
    count = len(accuracies)
    return Row("cifar10_few", images, strategy, list(accuracies), [3.0] * count, [0.0] * count, "1 of 2", list(failures))


class StrategiesTableTest(unittest.TestCase):
    def test_every_combination_is_run_unless_options_say_less(self):
        budgets = sum(len(case.budgets) for case in CASES.values())
        self.assertEqual(len(strategies_table.combinations(arguments())), 5 * budgets)
        some = strategies_table.combinations(
            arguments(case=["cifar10_few"], images=[20, 500], strategy=["warm_start", "fine_tune"])
        )
        self.assertEqual(
            [(name, budget[0], strategy) for name, budget, strategy in some],
            [("cifar10_few", images, strategy) for images in (20, 500) for strategy in ("fine_tune", "warm_start")],
        )

    def test_a_run_is_told_what_differs(self):
        case = CASES["cifar10_few"]
        words = strategies_table.settings_of(case, (100, 20, 10), "gradual_unfreezing", 3)
        self.assertEqual(words[0::2], ["--set"] * 5)
        self.assertEqual(
            words[1:8:2],
            ["seed=3", "train.epochs=20", "train.batch_size=10", "transfer={gradual_unfreezing { every_epochs: 2 }}"],
        )
        self.assertIn("take:100}", words[9])
        plain = strategies_table.settings_of(CASES["ants_and_bees"], (183, 5, 16), "warm_start", 1)
        self.assertEqual(plain[1::2], ["seed=1", "train.epochs=5", "train.batch_size=16", "transfer={warm_start {}}"])

    def test_a_failing_run_leaves_the_others_their_row(self):
        with tempfile.TemporaryDirectory() as folder:
            fake = os.path.join(folder, "thaw")
            with open(fake, "w", encoding="utf-8") as file:
                file.write(FAKE)
            os.chmod(fake, 0o755)
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                found = strategies_table.row_of(
                    "cifar10_few", (20, 40, 10), "gradual_unfreezing", folder, arguments(thaw=fake)
                )
        failure = "seed 2: status 1: training diverged: the loss is NaN"
        self.assertEqual(out.getvalue(), f"  FAILED: cifar10_few, 20 pictures, gradual_unfreezing, {failure}\n")
        self.assertEqual(found.failures, [failure])
        self.assertEqual((found.accuracies, found.seconds, found.trunk_seconds), ([0.75] * 2, [2.0] * 2, [0.75] * 2))
        self.assertEqual(
            strategies_table.cells(found),
            ["CIFAR-10", "ResNet-20", "20", "gradual_unfreezing", "75.0 ± 0.0 %, 1 failed", "2.0", "0.8",
             "650 to 9,000 of 271,098"],
        )

    def test_accuracy_is_mean_and_deviation_over_seeds(self):
        self.assertEqual(strategies_table.accuracy_text([0.5, 0.6, 0.7]), "60.0 ± 10.0 %")
        self.assertEqual(strategies_table.accuracy_text([0.5]), "50.0 %")
        self.assertEqual(strategies_table.accuracy_text([]), "failed")

    def test_a_row_without_any_run_is_in_the_table(self):
        lines = strategies_table.table([row("warm_start", failures=["seed 1: status 3: diverged"])]).splitlines()
        self.assertEqual(lines[1].split(), ["CIFAR-10", "ResNet-20", "20", "warm_start", "failed", "-", "-", "1", "of", "2"])

    def test_few_pictures_must_favour_pretrained_features(self):
        rows = [row("feature_extraction", 0.75, 0.85), row("from_scratch", 0.25, 0.35),
                row("feature_extraction", 0.5, images=500), row("from_scratch", 0.5, images=500),
                row("feature_extraction", 0.5, images=2000), row("from_scratch", 0.75, images=2000),
                row("feature_extraction", images=100), row("from_scratch", 0.5, images=100)]
        self.assertEqual(
            [(each["target"], each["value"] and round(each["value"], 6), each["limit"], each["passed"])
             for each in strategies_table.verdicts(rows)],
            [("cifar10_few, 20 pictures", 50, 0, True), ("cifar10_few, 500 pictures", 0, 0, False),
             ("cifar10_few, 2000 pictures", -25, None, False), ("cifar10_few, 100 pictures", None, 0, None)],
        )

    def test_only_the_pictures_that_are_needed_are_unpacked(self):
        with tempfile.TemporaryDirectory() as folder:
            archive = os.path.join(folder, "cifar10.tar.gz")
            with tarfile.open(archive, "w:gz") as packed:
                for name in ("train/cat/0000.jpg", "train/cat/0499.jpg", "train/cat/0500.jpg", "test/dog/0099.jpg",
                             "test/dog/0100.jpg"):
                    member = tarfile.TarInfo(name)
                    member.size = len(name)
                    packed.addfile(member, io.BytesIO(name.encode()))
            strategies_table.unpack_cifar(archive, folder)
            unpacked = os.path.join(folder, "cifar10_jpg")
            found = [os.path.relpath(os.path.join(at, name), unpacked) for at, _, names in os.walk(unpacked) for name in names]
            self.assertEqual(sorted(found), ["test/dog/0099.jpg", "train/cat/0000.jpg", "train/cat/0499.jpg"])

    def test_rows_can_be_written_as_json(self):
        self.assertEqual(json.loads(json.dumps(vars(row("warm_start", 0.5))))["accuracies"], [0.5])


if __name__ == "__main__":
    unittest.main()
