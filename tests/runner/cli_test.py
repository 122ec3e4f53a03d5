"""The program as a person or a script meets it: exit codes, last lines, what a second run does, what an error says."""

import json
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

THAW = ""
TINY = pathlib.Path(__file__).parent / "tiny.pbtxt"


def thaw(*words):
    return subprocess.run([THAW, *map(str, words)], capture_output=True, text=True, timeout=300, check=False)


class CliTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory(prefix="thaw_cli_")
        self.addCleanup(self._folder.cleanup)
        self.root = pathlib.Path(self._folder.name)

    def run_tiny(self, *words, runs="runs"):
        return thaw("run", TINY, "--runs", self.root / runs, *words)

    def shown(self, result):
        self.assertEqual(result.returncode, 0, result.stderr)
        last = result.stdout.rstrip().splitlines()[-1]
        self.assertTrue(last.startswith("run: "), last)
        return json.loads(thaw("show", last[5:], "--json").stdout)

    def hashes(self, result):
        shown = self.shown(result)
        return shown["weights_sha256"], shown["best_weights_sha256"], shown["metrics_sha256"]

    def test_same_command_twice_gives_the_same_bytes(self):
        self.assertEqual(self.hashes(self.run_tiny(runs="a")), self.hashes(self.run_tiny(runs="b")))

    def test_any_number_of_loader_threads_gives_the_same_bytes(self):
        one = self.hashes(self.run_tiny())
        for threads in (0, 3):
            other = self.run_tiny("--set", f"data.loader_threads={threads}", runs=f"with_{threads}")
            self.assertEqual(one, self.hashes(other))

    def test_another_seed_gives_other_bytes(self):
        self.assertNotEqual(self.hashes(self.run_tiny()), self.hashes(self.run_tiny("--set", "seed=2")))

    def test_a_finished_run_is_not_run_again(self):
        first = self.shown(self.run_tiny())
        again = self.run_tiny()
        self.assertIn("already done", again.stderr)
        self.assertEqual(first, self.shown(again))

    def test_the_resolved_file_runs_to_the_same_weights(self):
        first = self.run_tiny()
        folder = pathlib.Path(first.stdout.rstrip().splitlines()[-1][5:])
        again = thaw("run", folder / "experiment.pbtxt", "--runs", self.root / "again")
        self.assertEqual(self.hashes(first), self.hashes(again))

    def test_interrupt_checkpoints_and_the_same_command_goes_on(self):
        words = ["--set", "train.epochs=60"]
        whole = self.hashes(self.run_tiny(*words, runs="whole"))
        for stop in (signal.SIGINT, signal.SIGTERM):
            runs = stop.name
            process = subprocess.Popen(
                [THAW, "run", str(TINY), "--runs", str(self.root / runs), *words],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            while not list((self.root / runs).glob("tiny/*/checkpoints/step-*.safetensors")):
                time.sleep(0.005)
                self.assertIsNone(process.poll(), "ended before it could be stopped")
            process.send_signal(stop)
            _, errors = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 75, errors)
            self.assertIn(f"stopped by {stop.name} after step", errors)
            self.assertIn("the same command goes on from there", errors)
            self.assertEqual(whole, self.hashes(self.run_tiny(*words, runs=runs)))

    def test_a_large_state_is_written_now_and_then_and_goes_on_from_there(self):
        words = ["--set", "model.layer[features].dense.units=4096", "--set", "train.epochs=3"]
        whole = self.run_tiny(*words, runs="whole")
        [last] = (self.root / "whole").glob("tiny/*/checkpoints/step-*")  # 95 MB at each epoch's end would take too long
        self.assertEqual((last.name, b"kernel/m" in last.read_bytes()[:4096]), ("step-000000015.safetensors", False))
        process = subprocess.Popen([THAW, "run", str(TINY), "--runs", str(self.root / "killed"), *words],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while "epoch 2/3" not in process.stderr.readline():
            self.assertIsNone(process.poll(), "ended before it could be killed")
        process.kill()
        process.communicate()
        self.assertEqual(self.hashes(whole), self.hashes(self.run_tiny(*words, runs="killed")))

    def test_divergence_names_the_first_tensor_and_what_to_type(self):
        words = ["--set", "train.optimizer.adam.learning_rate=1000000", "--set", "train.loss[1].weight=1000000"]
        result = self.run_tiny(*words)
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertRegex(result.stderr, r"diverged at step \d+ of 20: \S+/\S+ became NaN or infinite \(learning rate 1e\+06\)")
        self.assertIn("--set train.optimizer.adam.learning_rate=1e+05", result.stderr)
        again = self.run_tiny(*words)
        self.assertEqual(again.returncode, 3)
        self.assertIn("diverged before, and would again", again.stderr)

    def test_early_stopping_ends_a_run_that_gets_no_better(self):
        shown = self.shown(self.run_tiny(
            "--set", "train.epochs=50", "--set", "train.optimizer.adam.learning_rate=1e-9",
            "--set", "train.early_stopping.patience=2", "--set", "train.early_stopping.min_delta=0.1"))
        self.assertEqual(shown["epochs_done"], 3)

    def test_a_second_process_is_refused(self):
        words = ["run", str(TINY), "--runs", str(self.root / "runs"), "--set", "train.epochs=1000"]
        process = subprocess.Popen([THAW, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not list((self.root / "runs").glob("tiny/*/checkpoints/step-*.safetensors")):
                time.sleep(0.01)
            second = thaw(*words)
            self.assertEqual(second.returncode, 2)
            self.assertIn("another thaw process is running this experiment", second.stderr)
        finally:
            process.kill()
            process.wait()

    def test_mistakes_are_found_before_anything_is_written(self):
        result = self.run_tiny("--set", "train.epoch=2")
        self.assertEqual(result.returncode, 2)
        self.assertIn("nearest: epochs", result.stderr)
        self.assertEqual(list(self.root.iterdir()), [])
        missing = thaw("run", self.root / "nowhere.pbtxt")
        self.assertEqual(missing.returncode, 2)
        self.assertIn("nowhere.pbtxt", missing.stderr)
        self.assertEqual(thaw("show", self.root / "nowhere").returncode, 2)
        self.assertEqual(thaw("run", TINY, "--device", "cuda").returncode, 2)

    def test_check_prints_the_plan_and_summary_gives_it_as_json(self):
        check = thaw("check", TINY)
        self.assertEqual(check.returncode, 0, check.stderr)
        self.assertIn("no mistakes found", check.stdout)
        summary = json.loads(thaw("summary", TINY, "--json").stdout)
        self.assertEqual(summary["parameters"], 3 * 3 * 16 + 16 + 11 * 11 * 16 * 16 + 16 + 16 * 3 + 3 + 16 * 4 + 4)
        self.assertLess(summary["arena_bytes"], summary["arena_bytes_without_reuse"])
        passes = thaw("summary", TINY, "--passes").stdout
        for name in ("fuse", "differentiate", "fuse_gradients", "remove_dead"):
            self.assertIn(f"== after {name} ", passes)
        self.assertIn("conv2d/Conv[", thaw("summary", TINY, "--plan").stdout)

    def test_a_report_of_one_and_of_several_runs(self):
        folders = []
        for seed in (1, 2):
            result = self.run_tiny("--set", f"seed={seed}")
            folders.append(result.stdout.rstrip().splitlines()[-1][5:])
            self.assertTrue(pathlib.Path(folders[-1], "report.html").read_text().rstrip().endswith("</html>"))
        page = self.root / "page.html"
        self.assertEqual(thaw("report", *folders, "-o", page).returncode, 0)
        self.assertTrue(page.read_text().rstrip().endswith("</html>"))

    def test_help_and_explain(self):
        self.assertIn("thaw run", thaw().stdout)
        self.assertIn("--set", thaw("run", "--help").stdout)
        self.assertIn("0.9", thaw("explain", "train.optimizer.adam.beta_1").stdout)
        wrong = thaw("explain", "train.optimizer.adm")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("adam", wrong.stderr)


class InferTest(unittest.TestCase):
    """thaw infer; tests/onnx/relu.onnx is y = relu(x) of a 2x2 x, tests/onnx/x.npy is [[-1, 2], [-3, 4]]."""

    MODEL = pathlib.Path(__file__).parents[1] / "onnx" / "relu.onnx"
    X = pathlib.Path(__file__).parents[1] / "onnx" / "x.npy"

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="thaw_infer_")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def test_writes_each_output(self):
        out = self.root / "out"
        result = thaw("infer", self.MODEL, self.X, "-o", out)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout, f"{out}/output_0.npy  y  float32 2x2\n")
        self.assertEqual(struct.unpack("<4f", (out / "output_0.npy").read_bytes()[-16:]), (0, 2, 0, 4))

    def test_says_what_does_not_fit(self):
        model, x = self.MODEL, self.X
        wide = self.root / "wide.npy"
        wide.write_bytes(x.read_bytes().replace(b"(2, 2)", b"(1, 4)"))
        out = self.root / "out"
        for words, message in [
            ([self.root / "gone.onnx", x], f"{self.root}/gone.onnx: no such file"),
            ([x, x], f"{x}: is not an ONNX model (a serialized ModelProto)"),
            ([model], f"{model}: takes 1 tensors, not 0:\n  x: float32 2x2"),
            ([model, x, x], f"{model}: takes 1 tensors, not 2:\n  x: float32 2x2"),
            ([model, wide], f'{model}: input "x": is 2x2 in the model, the given tensor 1x4'),
            ([model, model], f"{model}: a tensor is read from a .npy file or from a .pb file (an ONNX TensorProto)"),
        ]:
            result = thaw("infer", *words, "-o", out)
            self.assertEqual((result.returncode, result.stderr.rstrip()), (2, message))
            self.assertFalse(out.exists(), message)

    def test_computes_in_other_precisions(self):
        out = self.root / "out"
        for words, said in [
            (["bf16"], ""),
            (
                ["int8", "--calibrate", self.X, self.X],
                "int8 beside fp32, on the calibration tensors: y is off by up to 0 % of its largest value, "
                "0 % root mean square; another class in 0 of 4\n",
            ),
        ]:
            result = thaw("infer", self.MODEL, self.X, "-o", out, "--precision", *words)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertEqual(result.stdout, f"{out}/output_0.npy  y  float32 2x2\n" + said)
            self.assertEqual(struct.unpack("<4f", (out / "output_0.npy").read_bytes()[-16:]), (0, 2, 0, 4))

    def test_says_what_int8_needs(self):
        see = "\n  see: thaw help infer"
        model, x, out = self.MODEL, self.X, self.root / "out"
        line = self.root / "line.npy"
        line.write_bytes(x.read_bytes().replace(b"(2, 2)", b"(4,)  "))
        for words, message in [
            (["--precision", "fp16"], 'thaw: infer: --precision takes fp32, bf16 or int8, not "fp16"' + see),
            (
                ["--precision", "int8"],
                "thaw: infer: --precision int8 needs tensors that show how large numbers get, such as a few hundred "
                "training pictures: --calibrate TENSOR.npy..." + see,
            ),
            (["--calibrate", x], "thaw: infer: --calibrate is for --precision int8" + see),
            (
                ["--precision", "int8", "--calibrate", x, line],
                f"{model}: the tensors to calibrate on must be of one shape; number 2 is 4, the first 2x2",
            ),
            (["--precision", "int8", "--calibrate", self.root / "gone.npy"], f"{self.root}/gone.npy: no such file"),
        ]:
            result = thaw("infer", model, x, "-o", out, *words)
            self.assertEqual((result.returncode, result.stderr.rstrip()), (2, message))
            self.assertFalse(out.exists(), message)

    def test_asks_for_a_folder(self):
        result = thaw("infer", self.MODEL, self.X)
        self.assertEqual(result.returncode, 2)
        self.assertIn("infer needs a folder to write to, as in: thaw infer MODEL.onnx input.npy -o outputs", result.stderr)


if __name__ == "__main__":
    THAW = sys.argv.pop(1)
    unittest.main()
