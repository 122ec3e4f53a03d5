"""What the program foretells of a run and measures in it: peak memory, where the time goes, and that looking changes nothing."""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

THAW = ""
ROOT = pathlib.Path(__file__).resolve().parents[2]
TINY = pathlib.Path(__file__).parent / "tiny.pbtxt"
DIGITS = ROOT / "experiments/localization/digits.pbtxt"
NETWORKS = ROOT / "tests/bench/predicted"
FEW = ["data.train.synthesis.samples=768", "data.validation.synthesis.samples=512", "train.epochs=2"]
# Networks whose memory goes to different things: batches, activations, weights, the program itself.
MEMORY = {
    "batch 16": (DIGITS, ["train.batch_size=16"]),
    "batch 64": (DIGITS, ["train.batch_size=64"]),
    "batch 256": (DIGITS, ["train.batch_size=256"]),
    "plain descent": (DIGITS, ["train.optimizer.sgd.learning_rate=0.01"]),
    "many batches ahead": (DIGITS, ["data.prefetch_batches=40", "train.batch_size=32"]),
    "drawn by the trainer": (DIGITS, ["data.loader_threads=0", "train.batch_size=128"]),
    "one compute thread": (DIGITS, ["compute.threads=1"]),
    # A checkpoint in the middle: only those are written with the optimizer's slots.
    "wide dense": (NETWORKS / "wide_dense.pbtxt", ["train.checkpoint.every_steps=20"]),
    "wide dense, plain descent": (NETWORKS / "wide_dense.pbtxt", ["train.optimizer.sgd.learning_rate=0.01"]),
    # Twenty and twelve steps an epoch: their peaks are those of ninety-six and twenty-four.
    "large canvas": (NETWORKS / "large_canvas.pbtxt", ["data.train.synthesis.samples=160",
                                                       "data.validation.synthesis.samples=64"]),
    "deep stack": (NETWORKS / "deep_stack.pbtxt", ["data.train.synthesis.samples=384",
                                                   "data.validation.synthesis.samples=128"]),
    "narrow": (NETWORKS / "narrow.pbtxt", []),
}


def thaw(*words):
    return subprocess.run([THAW, *map(str, words)], capture_output=True, text=True, timeout=300, check=False)


class PredictTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory(prefix="thaw_predict_")
        self.addCleanup(self._folder.cleanup)
        self.root = pathlib.Path(self._folder.name)

    def run_file(self, path, *words, runs="runs"):
        result = thaw("run", path, "--runs", self.root / runs, *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def shown(self, result):
        return json.loads(thaw("show", result.stdout.rstrip().splitlines()[-1][5:], "--json").stdout)

    def test_peak_memory_is_foretold_within_a_tenth(self):
        for name, (path, overrides) in MEMORY.items():
            with self.subTest(name):
                words = [word for override in FEW + overrides for word in ("--set", override)]
                check = json.loads(thaw("summary", path, *words, "--json").stdout)["prediction"]
                shown = self.shown(self.run_file(path, *words, runs=name))
                measured = shown["peak_rss_bytes"]
                for predicted in (check["peak_memory_bytes"], shown["prediction"]["peak_memory_bytes"]):
                    ratio = predicted / measured
                    print(f"{name}: predicted {predicted / 2**20:.0f} MiB, measured {measured / 2**20:.0f} MiB: {ratio:.3f}")
                    self.assertLess(abs(ratio - 1), 0.1)
                self.assertEqual(sum(check["memory"].values()), check["peak_memory_bytes"])

    def test_a_model_file_is_not_held_beside_the_weights(self):
        plain, model, top = NETWORKS / "wide_dense.pbtxt", self.root / "wide.onnx", self.root / "top.pbtxt"
        words = ["--set", "train.epochs=1", "--set", "data.train.synthesis.samples=64",
                 "--set", "data.validation.synthesis.samples=32", "--set", "train.optimizer.sgd.learning_rate=0.01"]
        run = self.run_file(plain, *words)
        self.assertEqual(thaw("export", run.stdout.rstrip().splitlines()[-1][5:], "-o", model).returncode, 0)
        top.write_text(f'base: "{plain}" name: "top" model {{ layer {{ name: "class" onnx {{ path: "wide.onnx" '
                       'until: "class" } } }\n')
        shown = self.shown(self.run_file(top, *words))
        check = json.loads(thaw("summary", top, *words, "--json").stdout)["prediction"]
        part = "program, libraries, compiled kernels and data"
        held = shown["prediction"]["memory"][part] - self.shown(run)["prediction"]["memory"][part]
        self.assertLess(held, model.stat().st_size * 0.75)
        for predicted in (check["peak_memory_bytes"], shown["prediction"]["peak_memory_bytes"]):
            print(f"from a model file: {predicted / shown['peak_rss_bytes']:.3f} of what was measured")
            self.assertLess(abs(predicted / shown["peak_rss_bytes"] - 1), 0.1)

    def test_the_peak_is_this_process_own(self):
        # A parent's memory must not count: getrusage() would carry it over.
        ballast = bytearray(600 << 20)
        ballast[::4096] = b"x" * len(ballast[::4096])
        self.assertLess(self.shown(self.run_file(TINY))["peak_rss_bytes"], 300 << 20)
        del ballast

    def test_a_profile_changes_neither_bytes_nor_the_run(self):
        plain, profiled = self.run_file(TINY, runs="plain"), self.run_file(TINY, "--profile", runs="profiled")
        a, b = self.shown(plain), self.shown(profiled)
        for key in ("id", "weights_sha256", "best_weights_sha256", "metrics_sha256"):
            self.assertEqual(a[key], b[key])
        self.assertIsNone(a["profile"])
        self.assertIsNone(a["prediction"]["run_s"])
        self.assertGreater(b["prediction"]["run_s"], 0)

    def test_a_profile_names_every_kernel_and_reorder(self):
        result = self.run_file(TINY, "--set", "train.epochs=6", "--profile")
        profile, plan = self.shown(result)["profile"], json.loads(thaw("summary", TINY, "--json").stdout)
        reorders = [k for k in profile["kernels"] if k["is_reorder"]]
        self.assertEqual((profile["first_step"], profile["steps"]), (6, 20))
        self.assertEqual(len(profile["kernels"]), plan["kernels_train"] + plan["reorders"])
        self.assertEqual(len(reorders), plan["reorders"])
        self.assertEqual(profile["flops"], plan["prediction"]["flops_per_step"])
        self.assertEqual(profile["bytes"], plan["prediction"]["bytes_per_step"])
        self.assertGreater(profile["peak_flops_per_s"], 0)
        for kernel in profile["kernels"]:
            self.assertGreater(kernel["min_s"], 0, kernel)
            self.assertLessEqual(kernel["min_s"], kernel["mean_s"], kernel)
            self.assertNotEqual(kernel["layer"], "", kernel)
        page = next((self.root / "runs").glob("tiny/*/report.html")).read_text()
        self.assertIn('<section id="profile">', page)
        self.assertIn("conv2d/ConvGradWeight", page)

    def test_few_steps_are_profiled_as_far_as_they_go(self):
        profile = self.shown(self.run_file(TINY, "--set", "train.epochs=1", "--profile"))["profile"]
        self.assertEqual((profile["first_step"], profile["steps"]), (2, 4))

    def test_a_finished_run_is_not_profiled(self):
        self.run_file(TINY)
        again = self.run_file(TINY, "--profile")
        self.assertIn("already done; nothing is left to train, so nothing was timed: --profile needs a run that is not "
                      "done, as in: --runs DIR elsewhere", again.stderr)
        self.assertIsNone(self.shown(again)["profile"])

    def test_a_run_that_goes_on_profiles_its_own_first_steps(self):
        words = [THAW, "run", str(TINY), "--runs", str(self.root / "runs"), "--set", "train.epochs=60", "--profile"]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not list((self.root / "runs").glob("tiny/*/checkpoints/step-*.safetensors")):
            time.sleep(0.005)
            self.assertIsNone(process.poll(), "ended before it could be stopped")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 75, errors)
        stopped_after = int(errors.split("after step ")[1].split()[0])
        profile = self.shown(self.run_file(TINY, "--set", "train.epochs=60", "--profile"))["profile"]
        self.assertEqual(profile["first_step"], stopped_after + 6)

    def test_check_says_what_a_run_takes(self):
        check = thaw("check", TINY)
        self.assertEqual(check.returncode, 0, check.stderr)
        for text in ("peak memory: about ", "  activations and gradients: ", "time, about: ", " a step, ", " an epoch, ",
                     " in all", "machine: ", " GFLOP/s, "):
            self.assertIn(text, check.stdout)
        prediction = json.loads(thaw("summary", TINY, "--json").stdout)["prediction"]
        self.assertLess(prediction["step_s"], prediction["epoch_s"])
        self.assertLess(prediction["epoch_s"], prediction["run_s"])

    def test_check_says_when_an_estimate_is_rough(self):
        check = thaw("check", TINY, "--set", "train.early_stopping.patience=2")
        self.assertIn("; a rough estimate:\n", check.stdout)
        self.assertIn("  training may stop early: the time of the whole run is the most it should take\n", check.stdout)

    def test_check_says_that_bfloat16_was_not_measured(self):
        check = thaw("check", TINY, "--set", "compute.precision=BFLOAT16")
        if check.returncode == 2 and "has no kernels for BFLOAT16" in check.stderr:
            self.skipTest(check.stderr)
        self.assertIn("  how much of their speed kernels reach in bfloat16 was measured in f32\n", check.stdout)


if __name__ == "__main__":
    THAW = sys.argv.pop(1)
    unittest.main(verbosity=2)
