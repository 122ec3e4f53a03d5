"""Strategies of `transfer` from end to end: the rules that a run keeps, what stays frozen, stages, early stopping."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

THAW = ""
HERE = pathlib.Path(__file__).parent

ON_TOP = """
base: "{tiny}"
name: "on-top"
model {{
  layer {{ name: "trunk" onnx {{ path: "tiny.onnx" until: "features/Relu" }} }}
  layer {{ name: "classification" from: "trunk" dense {{ units: 3 activation: SOFTMAX }} }}
  layer {{ name: "bounding_box" from: "trunk" dense {{ units: 4 }} }}
}}
transfer {{ {transfer} }}
"""


def thaw(*words):
    environment = {key: value for key, value in os.environ.items() if key != "THAW_DATA"}
    return subprocess.run([THAW, *map(str, words)], capture_output=True, text=True, timeout=300, check=False,
                          env=environment)


class Strategies(unittest.TestCase):
    """On a network that was trained, exported and is now the trunk of another."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="thaw_transfer_")
        cls.root = pathlib.Path(cls.folder.name)
        cls.addClassCleanup(cls.folder.cleanup)
        pretrained = thaw("run", HERE / "tiny.pbtxt", "--runs", cls.root / "runs")
        assert pretrained.returncode == 0, pretrained.stderr
        exported = thaw("export", pretrained.stdout.rstrip().splitlines()[-1][5:], "-o", cls.root / "tiny.onnx")
        assert exported.returncode == 0, exported.stderr

    def file(self, transfer):
        file = self.root / "on_top.pbtxt"
        file.write_text(ON_TOP.format(tiny=HERE / "tiny.pbtxt", transfer=transfer))
        return file

    def run_with(self, transfer, *words):
        result = thaw("run", self.file(transfer), "--runs", self.root / "runs", *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        folder = pathlib.Path(result.stdout.rstrip().splitlines()[-1][5:])
        return result, folder, json.loads(thaw("show", folder, "--json").stdout)

    def test_each_keeps_rules_that_run_to_the_same_run(self):
        for transfer, frozen, says in [
            ("feature_extraction {}", 4, 'match: "trunk"\n      trainable: false\n      batch_norm: STORED_STATISTICS'),
            ("fine_tune { stage_decay: 0.5 }", 0, 'match: "trunk/conv2d"\n      learning_rate_multiplier: 0.05'),
            ("warm_start {}", 0, 'match: "trunk"\n      trainable: true\n      batch_norm: BATCH_STATISTICS'),
            ("from_scratch {}", 0, 'match: "trunk"\n      reinitialize: true'),
            ("gradual_unfreezing {}", 0, 'stage {\n      at_epoch: 3\n      rule {\n        match: "trunk/conv2d"'),
        ]:
            with self.subTest(transfer):
                result, folder, shown = self.run_with(transfer)
                self.assertEqual(shown["strategy"], transfer.split()[0])
                self.assertEqual(shown["frozen_tensors"], frozen)
                self.assertEqual(f"frozen: {frozen} tensors unchanged, sha256 " in result.stderr, frozen > 0)
                self.assertEqual(shown["frozen_sha256"], shown["frozen_sha256_before"])
                resolved = (folder / "experiment.pbtxt").read_text()
                self.assertIn(says, resolved)
                copy = self.root / "resolved.pbtxt"
                copy.write_text(resolved)
                again = thaw("run", copy, "--runs", self.root / "runs")
                self.assertEqual((again.returncode, again.stderr), (0, "already done\n"))
                self.assertTrue(again.stdout.endswith(f"run: {folder}\n"), again.stdout)

    def test_frozen_weights_are_those_of_the_file(self):
        _, frozen, _ = self.run_with("feature_extraction {}")
        _, tuned, _ = self.run_with("warm_start {}")
        self.assertEqual(self.trunk_of(frozen), self.trunk_of(self.exported_again()))
        self.assertNotEqual(self.trunk_of(frozen), self.trunk_of(tuned))

    def exported_again(self):
        """A run of the same trunk whose rate is too small for f32 to notice."""
        return self.run_with("warm_start {}", "--set", "train.optimizer.adam.learning_rate=1e-30")[1]

    def trunk_of(self, folder):
        """What never changes lies in a file of its own, beside the best weights."""
        tensors = {}
        for path in (folder / "checkpoints/frozen.safetensors", folder / "checkpoints/best.safetensors"):
            data = path.read_bytes() if path.exists() else bytes(8)
            length = int.from_bytes(data[:8], "little")
            header = json.loads(data[8 : 8 + length] or "{}")
            tensors |= {name: data[8 + length + entry["data_offsets"][0] : 8 + length + entry["data_offsets"][1]]
                        for name, entry in header.items() if name.startswith("trunk/")}
        self.assertTrue(tensors)
        return tensors

    def test_stages_come_in_turn(self):
        result, _, shown = self.run_with(
            'gradual_unfreezing { stage { at_epoch: 2 unfreeze: "trunk/features" } '
            'stage { plateau { patience: 1 } unfreeze: "trunk/conv2d*" } }', "--set", "train.early_stopping.min_delta=9")
        self.assertEqual([(stage["stage"], stage["epoch"], stage["reason"]) for stage in shown["stages"]],
                         [(1, 2, "at epoch 2"), (2, 3, "no improvement for 1 epoch")])
        trained = [stage["trainable_parameters"] for stage in shown["stages"]]
        head = 16 * 3 + 3 + 16 * 4 + 4
        features = 11 * 11 * 16 * 16 + 16
        self.assertEqual(trained, [head + features, head + features + 3 * 3 * 16 + 16])
        self.assertIn(f"stage 1 (at epoch 2): {trained[0]:,} parameters are trained\n", result.stderr)

    def test_mistakes_have_places(self):
        result = thaw("check", self.file('rules { rule { match: "trunk/featurs" trainable: false } }'))
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertEqual(result.stderr.rstrip(),
                         f"{self.root}/on_top.pbtxt:9:27: transfer.rules.rule[0].match: \"trunk/featurs\" matches no "
                         "weights\n  expected the name of a layer with weights, of one inside it, or of a parameter; * "
                         "stands for any characters; nearest: trunk/features")

    def test_check_tells_before(self):
        said = thaw("check", self.file('gradual_unfreezing { stage { at_epoch: 2 unfreeze: "trunk/features" } }')).stdout
        self.assertIn("\ntransfer: gradual_unfreezing\n"
                      "  trunk/conv2d to trunk/features (31,152 parameters): frozen\n"
                      "  classification (51 parameters): trained\n"
                      "  bounding_box (68 parameters): trained\n"
                      "  at epoch 2: trunk/features trained, at 0.1 of the learning rate, stored statistics\n", said)


class EarlyStopping(unittest.TestCase):
    def test_waits_for_the_last_stage(self):
        with tempfile.TemporaryDirectory(prefix="thaw_transfer_") as root:
            result = thaw("run", HERE / "early_stop_in_stages.pbtxt", "--runs", root)
            self.assertEqual(result.returncode, 0, result.stderr)
            folder = result.stdout.rstrip().splitlines()[-1][5:]
            shown = json.loads(thaw("show", folder, "--json").stdout)
            self.assertEqual(shown["epochs_done"], 6, "patience of 2 from epoch 5 on, when the stage begins")
            self.assertEqual(shown["stages"][0]["epoch"], 5)
            self.assertEqual(shown["frozen_tensors"], 1)


if __name__ == "__main__":
    THAW = os.path.abspath(sys.argv.pop(1))
    unittest.main()
