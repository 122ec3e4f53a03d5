#!/usr/bin/env python3
"""Members of a sweep over a frozen trunk train side by side in a few processes, and come to what each comes to alone."""

import json
import pathlib
import subprocess
import sys
import unittest

from sweep_under_test import SweepUnderTest

BINARY = sys.argv.pop(1)
TINY = pathlib.Path(__file__).resolve().parent / "tiny.pbtxt"
SWEEP = f"""base: "{TINY}"
name: "beside"
data {{ train {{ synthesis {{ same_every_epoch: true }} }} }}
transfer {{ rules {{ rule {{ match: "conv2d" trainable: false }} }} }}
train {{ epochs: 2 }}
compute {{ threads: 1 }}
sweep {{
  axis {{ field: "train.optimizer.adam.learning_rate" values: [0.001, 0.003, 0.01] }}
  axis {{ field: "model.layer[features].dense.units" values: [5, 16] }}
}}
"""
MEMBERS = 6
SAMPLES = {"train": 78, "validation": 20}


class SweepBesideTest(unittest.TestCase):
    def run_sweep(self, *arguments):
        sweep = SweepUnderTest(BINARY, TINY, arguments)
        self.addCleanup(sweep.close)
        file = sweep.root / "beside.pbtxt"
        file.write_text(SWEEP)
        sweep.experiment = str(file)
        result = sweep.run()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(sweep.hashes()), MEMBERS)
        return sweep

    @staticmethod
    def companies(sweep):
        """Who trained in one process, by the journals: sets of ids."""
        found = set()
        for name, values in sweep.journal():
            if name == "begun":
                found.add(frozenset(value.decode() for number, value in values if number in (1, 5)))
        return found

    @staticmethod
    def computed(sweep):
        """Samples that went through the trunk, over all members."""
        counts = {}
        for folder in sweep.members().values():
            shown = json.loads(subprocess.check_output([BINARY, "show", folder, "--json"], text=True))
            for row in shown["trunk"]:
                counts[row["split"]] = counts.get(row["split"], 0) + row["computed"]
        return counts

    def test_they_are_what_they_are_alone(self):
        alone = self.run_sweep("--set", "sweep.side_by_side=false", "--jobs", "1")
        expected = alone.hashes()
        self.assertEqual(self.companies(alone), {frozenset([member]) for member in expected})
        for jobs in (1, 2):
            with self.subTest(jobs=jobs):
                beside = self.run_sweep("--jobs", str(jobs))
                self.assertEqual(beside.hashes(), expected)
                companies = self.companies(beside)
                self.assertEqual(sorted(len(company) for company in companies), [MEMBERS // jobs] * jobs)
                self.assertEqual(frozenset().union(*companies), frozenset(expected))
                self.assertEqual(self.computed(beside), SAMPLES, "each sample goes through the trunk once")


if __name__ == "__main__":
    unittest.main()
