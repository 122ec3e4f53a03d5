#!/usr/bin/env python3
"""The kinds of classification on the command line: outputs of files, class weights, and what a report and `show` say.

usage: classification_test.py THAW
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

THAW = None
HERE = pathlib.Path(__file__).parent
TINY = HERE / "tiny.pbtxt"
DRAWN = HERE.parent / "train"  # binary.pbtxt, multi_class.pbtxt, multi_label.pbtxt


def thaw(*words):
    return subprocess.run([THAW, *map(str, words)], capture_output=True, text=True, timeout=600)


class Classification(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def run_file(self, file, *words):
        result = thaw("run", file, "--runs", self.root / "runs", *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        return pathlib.Path(result.stdout.rstrip().splitlines()[-1][5:])

    def refused(self, *words):
        result = thaw(*words)
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        return result.stderr.rstrip()

    def test_an_output_of_a_file_may_be_of_two_classes(self):
        run = self.run_file(DRAWN / "binary.pbtxt", "--set", "train.epochs=1")
        self.assertEqual(thaw("export", run, "-o", self.root / "binary.onnx").returncode, 0)
        file = self.root / "again.pbtxt"
        file.write_text(f"""
base: "{DRAWN / "binary.pbtxt"}"
name: "again"
model {{
  layer {{ name: "label" onnx {{ path: "binary.onnx" }} }}
}}
""")
        self.assertEqual(thaw("check", file).returncode, 0)
        words = [word for split in ("train", "validation")
                 for word in ("--set", f"data.{split}.synthesis.glyphs.characters=012")]
        said = "\n".join(
            f'{file}:5:3: model.layer[0]: "label" has 1 unit, a yes or no between two classes, but the {split} data has 3 '
            "classes\n  expected units: 3 with activation: SOFTMAX and categorical_cross_entropy; or, where a sample may be "
            "of several classes, units: 3" for split in ("train", "validation"))
        self.assertEqual(self.refused("check", file, *words), said)
        said = self.refused("check", file, "--set", "data.train.synthesis.objects.max=2")
        self.assertIn('data.train.synthesis.objects.max: cannot be 2: "label" is compared with the class of one object\n'
                      "  expected 1, or target: CLASS_SET", said)

    def test_class_weights_are_one_for_each_class(self):
        file = self.root / "weighted.pbtxt"
        file.write_text(f"""
base: "{TINY}"
train {{ class_weight {{
  weights {{ weight: [1, 2] }}
}} }}
""")
        self.assertEqual(self.refused("check", file),
                         f"{file}:4:13: train.class_weight.weights.weight: has 2 numbers, but the train data has 3 classes\n"
                         "  expected one number for each class, in their order")

    def test_reports_and_show_tell_of_each_kind(self):
        runs = {}
        for kind, verdict in (("binary", "Finds the class of "), ("multi_class", "Finds the class of "),
                              ("multi_label", "Is right about ")):
            run = runs[kind] = self.run_file(DRAWN / f"{kind}.pbtxt", "--set", "train.epochs=2")
            page = (run / "report.html").read_text()
            for part in ("roc-label-figure", "pr-label-figure", "calibration-label-figure", "confusion-label"):
                self.assertIn(f'id="{part}"', page, kind)
            self.assertEqual('class="matrix"' in page, kind != "multi_label")
            self.assertTrue(thaw("show", run).stdout.startswith(verdict))
            shown = json.loads(thaw("show", run, "--json").stdout)
            self.assertIn("label/roc_auc", shown["validation"])
            self.assertNotIn("label/roc_auc", shown["train"])
            self.assertIn("label/f1_macro", shown["train"])
        result = thaw("report", *runs.values(), "-o", self.root / "all.html")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("ROC AUC", (self.root / "all.html").read_text())


if __name__ == "__main__":
    THAW = sys.argv.pop(1)
    unittest.main()
