"""Training on pictures from files through the command line: what is said on the way, and what the report shows of it."""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

THAW = ""

EXPERIMENT = """
name: "pets"
data {
  train {
    image_folder { path: "pets" }
    augmentation { random_rotation {} }
    augmentation { mixup {} }
    skip_unreadable: true
  }
  validation_split: 0.25
}
model {
  input { height: 8 width: 8 channels: 3 }
  layer { flatten {} }
  layer { name: "kind" dense { units: 2 activation: SOFTMAX } }
}
train {
  epochs: 2
  batch_size: 4
  optimizer { sgd { learning_rate: 0.1 } }
  loss { output: "kind" categorical_cross_entropy {} }
}
metric { output: "kind" accuracy {} }
"""


def thaw(*words):
    return subprocess.run([THAW, *map(str, words)], capture_output=True, text=True, timeout=300, check=False)


def bmp(colour, side=10):
    """A picture of one colour (blue, green, red) with a mark that tells it from others."""
    rows = b"".join(bytes(colour) * side + b"\0" * (-3 * side % 4) for _ in range(side))
    return (b"BM" + struct.pack("<IHHI", 54 + len(rows), 0, 0, 54) +
            struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, 0, len(rows), 0, 0, 0, 0) + rows)


class PicturesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="thaw_pictures_")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.file = self.root / "pets.pbtxt"
        self.file.write_text(EXPERIMENT, encoding="utf-8")
        for number in range(12):
            self.write(f"pets/cat & <i>mouse/{number}.bmp", bmp((255 - number, 0, 40)))
            self.write(f"pets/dog/{number}.bmp", bmp((0, 255 - number, 90)))

    def write(self, name, data):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def test_trains_and_reports(self):
        self.write("pets/dog/torn.bmp", b"BM")
        warning = ("train data: image folder pets: left out 1 picture that cannot be read:\n"
                   "    dog/torn.bmp: truncated: ends within its header")
        check = thaw("check", self.file)
        self.assertEqual(check.returncode, 0, check.stderr)
        self.assertEqual(check.stderr, f"warning: {warning}\n")
        run = thaw("run", self.file, "--runs", self.root / "runs")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn(f"warning: {warning}\n", run.stderr)
        folder = pathlib.Path(run.stdout.rstrip().splitlines()[-1][5:])
        shown = json.loads(thaw("show", folder, "--json").stdout)
        self.assertEqual(shown["warnings"], [warning])
        self.assertEqual(shown["status"], "done")
        page = (folder / "report.html").read_text(encoding="utf-8")
        self.assertIn("Done to samples at random: turned by up to 15°; mixed with another sample, shares drawn from "
                      "Beta(0.2, 0.2).", page)
        self.assertIn("dog/torn.bmp: truncated: ends within its header", page)
        self.assertIn('<th scope="row">cat &amp; &lt;i&gt;mouse</th><td class="n">9</td>', page)
        self.assertIn("<td>image folder pets, 18 of 25 pictures, scaled to 8x8</td>", page)
        self.assertRegex(page, r"<figcaption>(dog|cat &amp; &lt;i&gt;mouse) [0-9.]+\u00a0% \+ (dog|cat)")
        self.assertNotIn("<i>mouse", page)

    def test_judges_by_training_pictures_as_they_are(self):
        text = EXPERIMENT.replace("validation_split: 0.25", "")
        self.file.write_text(text, encoding="utf-8")
        run = thaw("run", self.file, "--runs", self.root / "runs")
        self.assertEqual(run.returncode, 0, run.stderr)
        # Every picture is of one colour: turned or mixed, it would not be.
        samples = pathlib.Path(run.stdout.rstrip().splitlines()[-1][5:]) / "samples"
        plain = list(samples.glob("train-*.png"))
        self.assertEqual(len(plain), 24)
        self.assertLess(max(path.stat().st_size for path in plain),
                        min(path.stat().st_size for path in samples.glob("seen-train-*.png")))

    def test_threads_and_names_change_nothing(self):
        shown = []
        for words in ([], ["--set", "data.loader_threads=3"], ["--set", "data.loader_threads=0"]):
            run = thaw("run", self.file, "--runs", self.root / f"runs{len(shown)}", *words)
            self.assertEqual(run.returncode, 0, run.stderr)
            shown.append(json.loads(thaw("show", run.stdout.rstrip().splitlines()[-1][5:], "--json").stdout))
        self.assertEqual(len({one["weights_sha256"] for one in shown}), 1)
        self.assertEqual(len({one["id"] for one in shown}), 1)

    def test_refuses_a_picture_that_is_in_both_sets(self):
        text = EXPERIMENT.replace("validation_split: 0.25", 'validation { image_folder { path: "others" } }')
        self.file.write_text(text, encoding="utf-8")
        self.write("others/dog/copy.bmp", bmp((0, 255 - 7, 90)))
        check = thaw("check", self.file)
        self.assertEqual(check.returncode, 2)
        self.assertIn(f"{self.file}:10:3: data.validation: 1 of 1 pictures are in the training data too, pixel for pixel:\n"
                      "    dog/copy.bmp is dog/7.bmp of the training data\n"
                      "  expected pictures that training has not seen; data.allow_leakage: true makes this a warning\n",
                      check.stderr)
        self.assertEqual(thaw("check", self.file, "--set", "data.allow_leakage=true").returncode, 0)

    def test_says_once_what_the_pictures_of_a_split_have(self):
        self.file.write_text(EXPERIMENT.replace('image_folder { path: "pets" }', 'image_list { path: "pets.csv" }'),
                             encoding="utf-8")
        lines = [f"pets/dog/{number}.bmp,dog|wet" for number in range(12)]
        lines += [f"pets/cat & <i>mouse/{number}.bmp,dog" for number in range(12)]
        self.write("pets.csv", "\n".join(["image,label", *lines]).encode())
        check = thaw("check", self.file)
        self.assertEqual(check.returncode, 2)
        self.assertEqual(check.stderr,
                         f"{self.file}:5:5: data.train.image_list: has pictures with 2 labels, but \"kind\" is compared "
                         "with the one class of each\n"
                         "  expected one label a picture, or target: CLASS_SET (with binary_cross_entropy)\n")

    def test_decodes_nothing_for_an_experiment_that_is_refused(self):
        self.write("pets/dog/torn.bmp", b"BM")
        text = EXPERIMENT.replace("    skip_unreadable: true\n", "").replace(
            "augmentation { mixup {} }", "augmentation { mixup {} }\n    augmentation { random_flip {} }")
        self.file.write_text(text, encoding="utf-8")
        check = thaw("check", self.file)
        self.assertEqual(check.returncode, 2)
        self.assertEqual(check.stderr,
                         f"{self.file}:7:20: data.train.augmentation[1].mixup: mixes whole samples, so nothing can come "
                         "after it\n  expected it last in the list, once\n")


if __name__ == "__main__":
    THAW = sys.argv.pop(1)
    unittest.main()
