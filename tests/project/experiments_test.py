"""`thaw check` finds no mistake in any experiment that is shipped."""

import glob
import os
import subprocess
import sys
import tempfile
import unittest

import tree

FOLDER = os.path.join(tree.ROOT, "experiments")
# Data that $THAW_DATA has, by experiment, and what is changed so that it is found there.
NEEDS_DATA = {
    "localization/mnist.pbtxt": [],
    "localization/mnist_tuned.pbtxt": [],
    "transfer/ants_and_bees.pbtxt": [],
    "transfer/ants_and_bees_squeezenet.pbtxt": [],
    "transfer/cifar10_few.pbtxt": [
        "data.train.cifar10.path=[\"cifar10/cifar10_lossless_2000.bin.gz\"]",
        "data.validation.cifar10.path=[\"cifar10/cifar10_lossless_2000.bin.gz\"]",
        "data.allow_leakage=true",
    ],
    "transfer/inception_v3_binary.pbtxt": [],
    "transfer/resnet50_cifar10.pbtxt": ["data.train.cifar10.path=[\"cifar10/cifar10_lossless_2000.bin.gz\"]"],
}
# Its first layer is what another experiment exports: the README's commands do both.
NEEDS_A_MODEL = {"transfer/letters.pbtxt"}


class Experiments(unittest.TestCase):
    thaw = ""

    def check(self, name, settings):
        with tempfile.TemporaryDirectory() as runs:
            words = [word for setting in settings for word in ("--set", setting)]
            return subprocess.run([self.thaw, "check", os.path.join(FOLDER, name), "--runs", runs, *words],
                                  capture_output=True, text=True, check=False, timeout=600)

    def test_every_one_passes_its_check(self):
        names = {os.path.relpath(path, FOLDER) for path in glob.glob(f"{FOLDER}/**/*.pbtxt", recursive=True)}
        self.assertGreater(len(names), 5)
        self.assertEqual((set(NEEDS_DATA) | NEEDS_A_MODEL) - names, set(), "lists an experiment that is not there")
        for name in sorted(names - NEEDS_A_MODEL):
            with self.subTest(name):
                if name in NEEDS_DATA and "THAW_DATA" not in os.environ:
                    self.skipTest("needs THAW_DATA")
                result = self.check(name, NEEDS_DATA.get(name, []))
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertIn(": no mistakes found\n", result.stdout)

    def test_strategies_are_chosen_as_its_comment_says(self):
        name = "transfer/few_digits.pbtxt"
        lines = [line.split("'")[1] for line in tree.read(tree.ROOT, f"experiments/{name}").splitlines()
                 if line.startswith("#     --set 'transfer=")]
        self.assertEqual(len(lines), 5)
        for setting in lines:
            with self.subTest(setting):
                result = self.check(name, [setting, "data.train.synthesis.samples=20"])
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertIn(f"transfer: {setting.split('{')[1].strip()}\n", result.stdout)


if __name__ == "__main__":
    Experiments.thaw = os.path.abspath(sys.argv.pop(1))
    unittest.main()
