"""What `thaw export` writes, and what it says where it cannot."""

import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock

THAW = ""
TINY = pathlib.Path(__file__).parent / "tiny.pbtxt"


def thaw(*words):
    return subprocess.run([THAW, *map(str, words)], capture_output=True, text=True, timeout=300, check=False)


class ExportTest(unittest.TestCase):
    """tests/onnx/witness_test.py compares the numbers of models with onnxruntime; here they are layers again."""

    LAYER = """
base: "{tiny}"
name: "on-top"
model {{
  layer {{ name: "trunk" onnx {{ path: "{path}" until: "{until}" }} }}
  layer {{ name: "classification" from: "trunk" dense {{ units: 3 activation: SOFTMAX }} }}
  layer {{ name: "bounding_box" from: "trunk" dense {{ units: 4 }} }}
}}
"""

    def setUp(self):
        environment = unittest.mock.patch.dict(os.environ)
        environment.start()
        self.addCleanup(environment.stop)
        os.environ.pop("THAW_DATA", None)  # messages list the folders that were searched
        folder = tempfile.TemporaryDirectory(prefix="thaw_export_")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def run_file(self, file, *words):
        result = thaw("run", file, "--runs", self.root / "runs", *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.rstrip().splitlines()[-1][5:]

    def on_top(self, until="features/Relu", path="tiny.onnx"):
        file = self.root / "on_top.pbtxt"
        file.write_text(self.LAYER.format(tiny=TINY, path=path, until=until))
        return file

    def refused(self, *words):
        result = thaw(*words)
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        return result.stderr.rstrip()

    def test_writes_what_is_a_layer_again(self):
        run = self.run_file(TINY)
        shown = json.loads(thaw("show", run, "--json").stdout)
        model = self.root / "tiny.onnx"
        result = thaw("export", run, "-o", model)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout,
                         f"model: {model}\n"
                         f"  weights: best, epoch {shown['best_epoch']}, SHA-256 {shown['best_weights_sha256']}\n"
                         "  input:  image float32 Nx1x24x24\n"
                         "  output: bounding_box float32 Nx4\n"
                         "  output: classification float32 Nx3\n")
        first = model.read_bytes()
        thaw("export", run, "-o", model)
        self.assertEqual(model.read_bytes(), first)
        last = thaw("export", run, "-o", self.root / "last.onnx", "--weights", "last").stdout
        self.assertIn(f"  weights: last, step 20, SHA-256 {shown['weights_sha256']}\n", last)

        summary = json.loads(thaw("summary", self.on_top(), "--json").stdout)
        trunk = 3 * 3 * 16 + 16 + 11 * 11 * 16 * 16 + 16
        self.assertEqual([layer["parameters"] for layer in summary["layers"] if layer["depth"] == 0],
                         [trunk, 16 * 3 + 3, 16 * 4 + 4])
        self.assertEqual(summary["trainable_parameters"], summary["parameters"])
        again = self.run_file(self.on_top())
        self.assertEqual(json.loads(thaw("show", again, "--json").stdout)["status"], "done")
        self.assertEqual(thaw("export", again, "-o", self.root / "again.onnx").returncode, 0)

        moved = self.root / "elsewhere"
        moved.mkdir()
        model.rename(moved / "tiny.onnx")
        said = self.refused("export", again, "-o", self.root / "none.onnx")
        self.assertRegex(said, rf"^{again}: its network was built from tiny.onnx \(SHA-256 [0-9a-f]{{64}}\), which is not "
                               rf"there any more; give its folder with --data:\n(.*\n)*  {self.root}/tiny.onnx: no such file$")
        self.assertFalse((self.root / "none.onnx").exists())
        other = hashlib.sha256(b"other").hexdigest()
        model.write_bytes(b"other")
        said = self.refused("export", again, "-o", self.root / "none.onnx", "--data", self.root / "nowhere")
        self.assertEqual(said, f"{again}: its network was built from tiny.onnx (SHA-256 {hashlib.sha256(first).hexdigest()}), "
                               "which is not there any more; give its folder with --data:\n"
                               f"  {self.root}/nowhere/tiny.onnx: no such file\n"
                               f"  {self.root}/tiny.onnx: another file (SHA-256 {other})")
        model.unlink()
        self.assertEqual(thaw("export", again, "-o", self.root / "found.onnx", "--data", moved).returncode, 0)
        self.assertEqual((self.root / "found.onnx").read_bytes(), (self.root / "again.onnx").read_bytes())

    def test_exports_what_was_measured(self):
        run = self.run_file(TINY)
        name = "/".join(pathlib.Path(run).parts[-2:])
        for to, look in (("tensorboard", "tensorboard --logdir"),
                         ("mlflow", "MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri")):
            place = self.root / to / "inner"
            for _ in range(2):  # the second time it replaces what the first one wrote
                result = thaw("export", run, "--to", to, "-o", place)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertEqual(result.stdout, f"{to}: {place}\n  tiny, run {name[5:]}: done\n  look: {look} {place}\n")
            files = [file for file in place.rglob("*") if file.is_file()]
            self.assertFalse([file for file in files if file.name.startswith(".")])
            self.assertEqual(len([file for file in files if file.match("events.out.tfevents.*")]),
                             3 if to == "tensorboard" else 0)
            self.assertEqual(len(list(place.rglob("metrics/validation/loss"))), 1 if to == "mlflow" else 0)
        file = self.root / "file"
        file.write_text("")
        self.assertEqual(self.refused("export", run, "--to", "mlflow", "-o", file),
                         f"{file}: a file is there already; an export for TensorBoard or MLflow is a folder")
        self.assertEqual(self.refused("export", self.root, "--to", "mlflow", "-o", self.root / "x"),
                         f"{self.root}: not a run folder: it holds no record.binpb")

    def test_a_sweep_has_no_network(self):
        sweep = self.root / "runs" / "many" / "sweep-0123456789ab"
        (sweep / "journal").mkdir(parents=True)
        self.assertEqual(self.refused("export", sweep, "-o", self.root / "x.onnx"),
                         f"{sweep}: a sweep has no network of its own: export the run of one of its members, or what they "
                         "measured with --to tensorboard or --to mlflow")

    def test_says_what_there_is_not_to_export(self):
        nowhere = self.root / "nowhere"
        self.assertIn(str(nowhere), self.refused("export", nowhere, "-o", self.root / "x.onnx"))
        words = ["--set", "train.epochs=1000", "--set", "train.checkpoint.every_steps=1",
                 "--set", "data.train.synthesis.samples=100000"]
        process = subprocess.Popen([THAW, "run", str(TINY), "--runs", str(self.root / "runs"), *words],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not list((self.root / "runs").glob("tiny/*/checkpoints/step-*.safetensors")):
                time.sleep(0.01)
        finally:
            process.kill()
            process.wait()
        run = next((self.root / "runs").glob("tiny/*"))
        self.assertEqual(self.refused("export", run, "-o", self.root / "x.onnx"),
                         f"{run}: has no best weights yet: no epoch was finished; --weights last takes those of its newest "
                         "checkpoint")
        last = thaw("export", run, "-o", self.root / "x.onnx", "--weights", "last")
        self.assertEqual(last.returncode, 0, last.stderr)
        for checkpoint in (run / "checkpoints").iterdir():
            checkpoint.unlink()
        command = f"thaw run {TINY} " + " ".join(words) + f" --runs {self.root}/runs"
        for which, name in (("best", "best weights"), ("last", "checkpoint")):
            self.assertEqual(self.refused("export", run, "-o", self.root / "y.onnx", "--weights", which),
                             f"{run}: has no {name} yet: no epoch was finished; run it first: {command}")

    def test_a_layer_whose_file_is_missing_or_no_model(self):
        file = self.on_top()
        place = f"{file}:5:32: model.layer[0].onnx.path: "
        said = self.refused("check", file)
        self.assertTrue(said.startswith(place + "tiny.onnx: no such file; looked for "), said)
        self.assertIn(f"{self.root}/tiny.onnx", said)
        (self.root / "tiny.onnx").mkdir()
        self.assertEqual(self.refused("check", file, "--data", self.root), place + f"{self.root}/tiny.onnx: is no file")
        (self.root / "tiny.onnx").rmdir()
        (self.root / "tiny.onnx").write_text("nothing of the kind")
        self.assertEqual(self.refused("check", file, "--data", self.root),
                         place + f"{self.root}/tiny.onnx: is not an ONNX model (a serialized ModelProto)")


    def test_says_that_the_outputs_of_a_file_do_not_fit_their_losses(self):
        self.assertEqual(thaw("export", self.run_file(TINY), "-o", self.root / "tiny.onnx").returncode, 0)
        file = self.root / "both.pbtxt"
        file.write_text(f"""
base: "{TINY}"
name: "both"
model {{
  layer {{ name: "classification" onnx {{ path: "tiny.onnx" until: "classification" }} }}
  layer {{ name: "bounding_box" from: "image" onnx {{ path: "tiny.onnx" until: "classification" }} }}
}}
""")
        words = [word for split in ("train", "validation")
                 for word in ("--set", f"data.{split}.synthesis.glyphs.characters=0123")]
        self.assertEqual(self.refused("check", file, *words),
                         f'{file}:5:3: model.layer[0]: "classification" gives 3 for a sample, but the train data has 4 '
                         "classes\n  expected 4 values\n"
                         f'{file}:6:3: model.layer[1]: "bounding_box" gives 3 for a sample, but is compared with a box\n'
                         "  expected 4 values")

    def test_says_which_weights_a_run_lacks(self):
        run = self.run_file(TINY)
        experiment = pathlib.Path(run, "experiment.pbtxt")
        self.assertIn("units: 16", experiment.read_text())
        experiment.write_text(experiment.read_text().replace("units: 16", "units: 8"))
        self.assertEqual(self.refused("export", run, "-o", self.root / "x.onnx"),
                         f"{run}: its weights lack features/kernel of 8x1936")


if __name__ == "__main__":
    THAW = sys.argv.pop(1)
    unittest.main()
