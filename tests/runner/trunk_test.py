"""The frozen trunk in whole runs: computed once, shared by runs and processes, and no number changed by being kept."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

THAW = ""
TINY = pathlib.Path(__file__).parent / "tiny.pbtxt"
FROZEN = ["--set", 'transfer={rules {rule {match: "conv2d" trainable: false}}}', "--set", "train.epochs=2"]
SAME = ["--set", "data.train.synthesis.same_every_epoch=true"]


class TrunkTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory(prefix="thaw_trunk_")
        self.addCleanup(self._folder.cleanup)
        self.root = pathlib.Path(self._folder.name)
        self.cache = self.root / "cache"

    def command(self, *words, runs="runs"):
        return [THAW, "run", str(TINY), "--runs", str(self.root / runs), "--cache", str(self.cache), *FROZEN, *words]

    def run_tiny(self, *words, runs="runs", code=0):
        result = subprocess.run(self.command(*words, runs=runs), capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    @staticmethod
    def shown(result):
        folder = result.stdout.rstrip().splitlines()[-1][5:]
        return json.loads(subprocess.check_output([THAW, "show", folder, "--json"], text=True))

    @staticmethod
    def counts(shown):
        return {row["split"]: (row["computed"], row["samples"]) for row in shown["trunk"]}

    def features(self):
        return sorted(self.cache.glob("*.features"))

    def test_what_is_kept_changes_no_number(self):
        kept = self.shown(self.run_tiny(*SAME, runs="kept"))
        run = self.shown(self.run_tiny(*SAME, "--set", "transfer.trunk.cache=false", runs="run"))
        self.assertEqual(self.counts(kept), {"train": (78, 78), "validation": (20, 20)})
        self.assertEqual([row["key"] for row in run["trunk"]], [None, None])
        for name in ("weights_sha256", "best_weights_sha256", "metrics_sha256"):
            self.assertEqual(kept[name], run[name])

    def test_runs_that_share_a_trunk_compute_it_once(self):
        first = self.shown(self.run_tiny(*SAME))
        other = self.shown(self.run_tiny(*SAME, "--set", "train.optimizer.adam.learning_rate=0.01",
                                         "--set", "train.batch_size=8"))
        self.assertEqual(self.counts(first), {"train": (78, 78), "validation": (20, 20)})
        self.assertEqual(self.counts(other), {"train": (0, 78), "validation": (0, 20)})
        self.assertEqual([row["key"] for row in first["trunk"]], [row["key"] for row in other["trunk"]])
        self.assertEqual(len(self.features()), 2)

    def test_other_pictures_weights_or_precision_have_features_of_their_own(self):
        self.run_tiny(*SAME)
        for i, words in enumerate((["--set", "data.train.synthesis.noise=0.1"], ["--set", "seed=2"],
                                   ["--set", "transfer.trunk.precision=INT8"],
                                   ["--set", "model.layer[0].conv2d.filters=15"])):
            shown = self.shown(self.run_tiny(*SAME, *words))
            self.assertEqual(self.counts(shown)["train"], (78, 78), words)
            self.assertGreaterEqual(len(self.features()), 3 + i, words)

    def test_two_processes_at_once_compute_it_once(self):
        processes = [subprocess.Popen(self.command(*SAME, "--set", f"train.optimizer.adam.learning_rate=0.00{i}"),
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for i in (1, 2, 3)]
        computed = {"train": 0, "validation": 0}
        for process in processes:
            output, errors = process.communicate(timeout=300)
            self.assertEqual(process.returncode, 0, errors)
            folder = output.rstrip().splitlines()[-1][5:]
            shown = json.loads(subprocess.check_output([THAW, "show", folder, "--json"], text=True))
            for split, (count, _) in self.counts(shown).items():
                computed[split] += count
        self.assertEqual(computed, {"train": 78, "validation": 20})

    def test_a_damaged_file_is_computed_anew(self):
        first = self.shown(self.run_tiny(*SAME))
        for path in self.features():
            content = bytearray(path.read_bytes())
            content[200] ^= 1
            path.write_bytes(content)
        again = self.run_tiny(*SAME, runs="again")
        self.assertEqual(again.stderr.count("is damaged (its checksum is wrong) and is computed anew"), 2)
        self.assertEqual(first["weights_sha256"], self.shown(again)["weights_sha256"])
        for path in self.features():
            path.write_bytes(path.read_bytes()[:-5])
        self.assertIn("bytes instead of", self.run_tiny(*SAME, runs="third").stderr)

    def test_pictures_that_are_new_every_epoch_go_through_it_every_time(self):
        shown = self.shown(self.run_tiny())
        self.assertEqual(self.counts(shown), {"train": (0, 0), "validation": (20, 20)})

    def test_without_room_it_runs_in_every_epoch_and_says_so(self):
        result = self.run_tiny(*SAME, "--cache-limit", "0")
        self.assertIn("its features cannot be kept: they take ", result.stderr)
        page = pathlib.Path(result.stdout.rstrip().splitlines()[-1][5:], "report.html").read_text()
        self.assertIn(f"--cache {self.cache} --cache-limit 0 --runs ", page)
        self.assertEqual(self.counts(self.shown(result)), {"train": (0, 0), "validation": (0, 0)})
        kept = self.shown(self.run_tiny(*SAME, runs="kept"))
        self.assertEqual(kept["weights_sha256"], self.shown(result)["weights_sha256"])

    def test_stopped_while_it_is_computed_goes_on(self):
        words = [*SAME, "--set", "data.train.synthesis.samples=4000", "--set", "train.epochs=1"]
        whole = self.shown(self.run_tiny(*words, runs="whole"))
        shutil.rmtree(self.cache)
        process = subprocess.Popen(self.command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not list(self.cache.glob("*.tmp")):
            time.sleep(0.002)
            self.assertIsNone(process.poll(), "ended before it could be stopped")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 75, errors)
        self.assertEqual(list(self.cache.glob("*.tmp")), [])
        self.assertEqual(whole["weights_sha256"], self.shown(self.run_tiny(*words))["weights_sha256"])

    def test_killed_while_it_is_computed_goes_on(self):
        words = [*SAME, "--set", "data.train.synthesis.samples=4000", "--set", "train.epochs=1"]
        process = subprocess.Popen(self.command(*words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not list(self.cache.glob("*.tmp")):
            time.sleep(0.002)
            self.assertIsNone(process.poll(), "ended before it could be killed")
        process.kill()
        process.wait()
        killed = self.shown(self.run_tiny(*words))
        shutil.rmtree(self.cache)
        self.assertEqual(killed["weights_sha256"], self.shown(self.run_tiny(*words, runs="whole"))["weights_sha256"])

    def test_in_8_and_16_bits_it_learns_the_same(self):
        exact = self.shown(self.run_tiny(*SAME))["best_validation"]["loss"]
        for precision in ("BFLOAT16", "INT8"):
            result = subprocess.run(self.command(*SAME, "--set", f"transfer.trunk.precision={precision}"),
                                    capture_output=True, text=True, timeout=300, check=False)
            if "has no kernels for" in result.stderr:
                print(f"skipped: {result.stderr}", file=sys.stderr)
                continue
            self.assertEqual(result.returncode, 0, result.stderr)
            shown = self.shown(result)
            self.assertEqual(self.counts(shown)["train"], (78, 78))
            self.assertAlmostEqual(shown["best_validation"]["loss"], exact, delta=0.02)

    def test_says_beforehand_what_the_trunk_is(self):
        text = subprocess.check_output([THAW, "check", str(TINY), *FROZEN, *SAME], text=True)
        self.assertRegex(text, r"frozen trunk: 0\.00 GFLOP a picture in \d+ kernels, once for each; its features take [\d,]+ bytes each")
        self.assertIn(" for the frozen trunk once, ", text)
        text = subprocess.check_output([THAW, "check", str(TINY), *FROZEN], text=True)
        self.assertIn("in every epoch (the pictures are never the same)", text)

    def test_refuses_a_limit_that_is_none(self):
        result = self.run_tiny("--cache-limit", "-1", code=2)
        self.assertIn("--cache-limit takes gigabytes, 0 (keep nothing) to 1000000", result.stderr)


if __name__ == "__main__":
    THAW = sys.argv.pop(1)
    os.environ.pop("THAW_DATA", None)
    unittest.main()
