"""Every command in README.md works: the ```sh blocks are run, in order, as bash reads them.

They run in a folder where ./dev and build/release/thaw are stand-ins: `run` trains this build's thaw on a small version
of the experiment, the verbs of ./dev that take minutes only have to exist (CI runs them), all else is real.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import tree

SMALL = ("train.epochs=1", "data.train.take=256", "data.validation.take=64")
THAW = """#!/bin/bash
[[ $1 = run ]] && small=({small})
exec {thaw} "$@" "${{small[@]}}"
"""
DEV = """#!/bin/bash
[[ $1 = run ]] && exec build/release/thaw "$@"
{dev} help | grep -q "^  $1 " || {{ echo "no verb $1" >&2; exit 1; }}
"""


def shell_blocks(text):
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


class Folder:
    """A place to run blocks in."""

    def __init__(self, root, thaw):
        self.root = root
        shutil.copytree(os.path.join(tree.ROOT, "experiments"), os.path.join(root, "experiments"))
        small = " ".join(f"--set={setting}" for setting in SMALL)
        self.program("build/release/thaw", THAW.format(thaw=thaw, small=small))
        self.program("dev", DEV.format(dev=os.path.join(tree.ROOT, "dev")))
        for name, source in [("model.onnx", "relu.onnx"), ("image.npy", "x.npy"), ("training_0.npy", "x.npy"),
                             ("training_1.npy", "x.npy")]:
            shutil.copy(os.path.join(tree.ROOT, "tests/onnx", source), os.path.join(root, name))
        if "THAW_DATA" in os.environ:
            os.symlink(os.environ["THAW_DATA"], os.path.join(root, "data"))

    def program(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)

    def run(self, block):
        return subprocess.run(["bash", "-eux", "-o", "pipefail", "-c", block], cwd=self.root, capture_output=True,
                              text=True, check=False, timeout=300, env={**os.environ, "HOME": self.root})


class Readme(unittest.TestCase):
    thaw = ""

    def has_bfloat16(self):
        digits = os.path.join(tree.ROOT, "experiments/localization/digits.pbtxt")
        checked = subprocess.run([self.thaw, "check", digits, "--set", "compute.precision=BFLOAT16"],
                                 capture_output=True, text=True, check=False, timeout=300)
        return "has no kernels for BFLOAT16" not in checked.stderr

    def test_commands_work(self):
        blocks = shell_blocks(tree.read(tree.ROOT, "README.md"))
        self.assertGreater(len(blocks), 3)
        with tempfile.TemporaryDirectory() as root:
            folder = Folder(root, self.thaw)
            for block in blocks:
                with self.subTest(block):
                    if "~/data" in block and "THAW_DATA" not in os.environ:
                        self.skipTest("needs THAW_DATA")
                    if "BFLOAT16" in block and not self.has_bfloat16():
                        self.skipTest("this processor has no kernels for BFLOAT16")
                    result = folder.run(block)
                    self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            self.assertNotEqual(glob.glob(f"{root}/runs/*/*/report.html"), [], "the README's runs left no report")


class Blocks(unittest.TestCase):
    def setUp(self):
        root = tempfile.TemporaryDirectory()
        self.addCleanup(root.cleanup)
        self.folder = Folder(root.name, "echo")

    def test_are_those_marked_as_shell(self):
        self.assertEqual(shell_blocks("```sh\n./dev test\n```\n```\nnot me\n```\n```sh\na\nb\n```\n"),
                         ["./dev test\n", "a\nb\n"])

    def test_run_a_small_version(self):
        small = " ".join(f"--set={setting}" for setting in SMALL)
        self.assertEqual(self.folder.run("./dev run a.pbtxt").stdout, f"run a.pbtxt {small}\n")

    def test_run_other_verbs_as_they_are(self):
        self.assertEqual(self.folder.run("build/release/thaw show a  # comment").stdout, "show a\n")

    def test_fail_when_any_command_of_them_fails(self):
        self.assertNotEqual(self.folder.run("./dev tset\ntrue\n").returncode, 0)
        self.assertEqual(self.folder.run("./dev test\ntrue\n").returncode, 0)
        self.assertNotEqual(self.folder.run("thaw-of-no-name | cat\n").returncode, 0)


if __name__ == "__main__":
    Readme.thaw = os.path.abspath(sys.argv.pop(1))
    unittest.main()
