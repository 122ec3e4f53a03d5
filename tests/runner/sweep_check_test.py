"""`thaw check` and `thaw summary` of sweeps: what they tell, and what they find before anything runs."""

import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

THAW = ""
ROOT = pathlib.Path(__file__).resolve().parents[2]
TINY = ROOT / "tests/runner/sweep_tiny.pbtxt"
STRATEGIES = ROOT / "experiments/transfer/strategies.pbtxt"


def thaw(*words):
    return subprocess.run([THAW, *map(str, words)], capture_output=True, text=True, check=False, timeout=300)


class SweepCheck(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)

    def check(self, file, *words):
        return thaw("check", file, "--runs", self.root / "runs", *words)

    def summary(self, file, *words):
        result = thaw("summary", file, "--json", "--runs", self.root / "runs", *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def write(self, text, name="sweep"):
        file = self.root / f"{name}.pbtxt"
        file.write_text(f'base: "{TINY}"\n{text}')
        return file

    def test_the_flagship_is_checked_in_seconds(self):
        start = time.monotonic()
        result = self.check(STRATEGIES, "--jobs", "2")
        seconds = time.monotonic() - start
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertLess(seconds, 30)  # 0.6 where nothing else runs
        for part in ["strategy  \"from scratch\", \"feature extraction\", \"fine-tune\", \"gradual unfreezing\"\n",
                     "members: 80: 16 combinations, all of a grid, each with seeds 1 to 5\n",
                     "compared by: digit/accuracy, more is better; each strategy with each other\n",
                     "done: 0 of 80\n", "pretrain_letters.pbtxt (it has not been run); its time is not part of what follows\n",
                     " with 2 processes at once", ": no mistakes found\n"]:
            self.assertIn(part, result.stdout)
        self.assertRegex(result.stdout, r"most expensive: strategy \"[a-z -]+\", images \"2000\", seed 1, about ")

    def test_json_has_every_member(self):
        summary = self.summary(TINY)
        self.assertEqual([len(summary["members"]), summary["combinations"], summary["repeats"]], [8, 4, 2])
        member = summary["members"][3]
        self.assertEqual([member["combination"], member["seed"], member["status"], member["settings"]],
                         [1, 4, "new", {"learning_rate": 0.001}])
        self.assertEqual(len({member["id"] for member in summary["members"]}), 8)
        self.assertGreater(summary["prediction"]["wall_s"], 0)
        self.assertGreater(summary["prediction"]["memory_bytes"], 20e6)

    def test_what_was_run_before_is_found_whatever_it_was_for(self):
        before = self.summary(TINY)
        alone = ["--set", "sweep.axis=[]", "--set", "sweep.repeats=1", "--set", "name=other",
                 "--set", "description=words", "--set", "train.optimizer.adam.learning_rate=0.001"]
        result = thaw("run", TINY, "--runs", self.root / "runs", *alone)
        self.assertEqual(result.returncode, 0, result.stderr)
        after = self.summary(TINY)
        self.assertEqual([member["id"] for member in before["members"]], [member["id"] for member in after["members"]])
        self.assertEqual(before["id"], after["id"])
        done = [member for member in after["members"] if member["status"] == "done"]
        self.assertEqual([(member["combination"], member["seed"]) for member in done], [(1, 3)])
        self.assertEqual(done[0]["folder"], f"other/{done[0]['id']}")
        self.assertIn("done: 1 of 8 (1 of them in folders of other experiments)\n", self.check(TINY).stdout)

    def test_the_kept_file_has_the_same_members(self):
        result = thaw("run", TINY, "--runs", self.root / "runs")
        self.assertEqual(result.returncode, 0, result.stderr)
        kept = pathlib.Path(result.stdout.rstrip().splitlines()[-1][5:]) / "experiment.pbtxt"
        self.assertEqual([member["id"] for member in self.summary(kept)["members"]],
                         [member["id"] for member in self.summary(TINY)["members"]])
        result = self.check(TINY)
        self.assertIn("done: 8 of 8\nnothing is left to train\n", result.stdout)

    def test_members_of_one_trunk_and_seed_are_one_group(self):
        file = self.root / "heads.pbtxt"
        file.write_text(f'''base: "{ROOT}/experiments/transfer/few_digits.pbtxt"
compute {{ threads: 1 }}
sweep {{
  repeats: 2
  axis {{ field: "train.optimizer.adam.learning_rate" values: [0.001, 0.01] }}
  axis {{ name: "transfer" choice {{ name: "frozen" }} choice {{ name: "warm" set {{ transfer {{ warm_start {{}} }} }} }} }}
}}''')
        groups = {}
        for member in self.summary(file)["members"]:
            self.assertEqual(member["id"], "", "its weights are not there yet")
            groups.setdefault((member["settings"]["transfer"], member["seed"]), set()).add(member["group"])
        self.assertEqual(groups["warm", 1], {""})
        self.assertEqual([len(groups["frozen", 1]), len(groups["frozen", 2])], [1, 1])
        self.assertEqual(len({""} | groups["frozen", 1] | groups["frozen", 2]), 3)
        apart = self.summary(file, "--set", "sweep.side_by_side=false")
        self.assertEqual({member["group"] for member in apart["members"]}, {""})

    def test_members_that_are_the_same_run_are_told_of(self):
        file = self.write('''sweep {
  repeats: 1
  axis: []
  axis {
    name: "a"
    choice { name: "as it is" }
    choice { name: "said" set { train { epochs: 4 } } }
    choice { name: "other" set { train { epochs: 5 } } }
  }
}'''.replace("  axis: []\n", ""))
        result = self.check(file)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn('warning: a "as it is" and a "said" come to the same run: it is done once, as the first of them\n',
                      result.stderr)
        self.assertIn("members: 3: 3 combinations, all of a grid, seed 3; 1 comes to the same run as another\n", result.stdout)
        self.assertIn("done: 0 of 2\n", result.stdout)

    def test_what_only_data_and_network_show_is_said_once(self):
        file = self.write('''sweep {
  repeats: 2
  axis { name: "units" field: "model.layer[digit].dense.units" values: [2, 3] }
  axis { name: "height" field: "data.train.synthesis.canvas.height" values: [24, 20, 6] }
}''')
        result = self.check(file)
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn('model.layer[1].dense.units: "digit" has 3 units, but the train data has 2 classes (in ', result.stderr)
        self.assertEqual(result.stderr.count('"digit" has 3 units, but the train data has 2 classes'), 1)
        self.assertIn("(in all 4 members with height 6)", result.stderr)
        self.assertFalse((self.root / "runs").exists(), "nothing is written")

    def test_jobs_are_for_sweeps(self):
        for verb in ("check", "summary", "run"):
            result = thaw(verb, ROOT / "tests/runner/tiny.pbtxt", "--jobs", "2", "--runs", self.root / "runs")
            self.assertEqual(result.returncode, 2)
            self.assertEqual(result.stderr, f"{verb}: --jobs is for sweeps, and {ROOT}/tests/runner/tiny.pbtxt has none\n")
            result = thaw(verb, TINY, "--jobs", "0")
            self.assertEqual(result.stderr, f"thaw: {verb}: --jobs takes 1 to 1000 processes\n  see: thaw help {verb}\n")

    def test_kernels_and_passes_are_shown_of_one_experiment(self):
        result = thaw("summary", TINY, "--plan", "--runs", self.root / "runs")
        self.assertEqual((result.returncode, result.stderr),
                         (2, f"summary: --passes and --plan show one experiment, and {TINY} has a sweep\n"))

    def test_a_sweep_gives_no_weights(self):
        file = self.root / "after.pbtxt"
        file.write_text(f'base: "{TINY}"\nmodel {{ weights {{ experiment: "{TINY}" }} }}\n')
        result = thaw("check", file, "--set", "sweep.axis=[]", "--runs", self.root / "runs")
        self.assertEqual(result.returncode, 2)
        self.assertEqual(result.stderr,
                         f"{file}:2:19: model.weights[0].experiment: cannot use {TINY}: it has a sweep, so that it is many runs\n"
                         "  expected an experiment without one\n")


if __name__ == "__main__":
    THAW = sys.argv.pop(1)
    unittest.main()
