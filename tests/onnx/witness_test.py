"""Read -> train -> write: onnxruntime, `thaw infer` and the run's own evaluation agree on the exported model.

The experiment's data are IDX pictures that this test makes, as large as the canvas, so that what the network sees is
known to the bit. Runs in build/witness (`./dev test` makes it); skipped where that is not there.
"""

import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parents[2]
PYTHON = ROOT / "build" / "witness" / "bin" / "python"
SKIPPED = 77
THAW = ""
TOLERANCE = 1e-4
CLASSES, SAMPLES = 3, 40

EXPERIMENT = """
name: "witness"
data {{
  train {{ synthesis {{ canvas {{ height: {size} width: {size} channels: {channels} }}
    sprites {{ idx {{ images: "images" labels: "labels" }} }} }} }}
  validation {{ synthesis {{ canvas {{ height: {size} width: {size} channels: {channels} }}
    sprites {{ idx {{ images: "images" labels: "labels" }} }} }} }}
}}
model {{
  input {{ height: {size} width: {size} channels: {channels} }}
  layer {{ rescaling {{ scale: [{scale}] offset: [{offset}] }} }}
  layer {{ name: "trunk" onnx {{ path: "{path}" until: "{until}" {more} }} }}
  layer {{ global_average_pooling2d {{}} }}
  layer {{ name: "features" dense {{ units: 12 }} }}
  layer {{ batch_normalization {{ momentum: 0.9 }} }}
  layer {{ activation {{ function: RELU }} }}
  layer {{ name: "drop" dropout {{ rate: 0.25 }} }}
  layer {{ name: "class" dense {{ units: 3 activation: SOFTMAX }} }}
  layer {{ name: "box" from: "drop" dense {{ units: 4 activation: SIGMOID }} }}
}}
train {{
  epochs: {epochs} batch_size: 16
  optimizer {{ sgd {{ learning_rate: 0.02 momentum: 0.9 }} }}
  loss {{ output: "class" categorical_cross_entropy {{}} }}
  loss {{ output: "box" mean_squared_error {{}} }}
}}
metric {{ output: "class" accuracy {{}} }}
"""


def thaw(*words, **environment):
    result = subprocess.run([THAW, *map(str, words)], capture_output=True, text=True, timeout=300, check=False,
                            env={**os.environ, **environment})
    if result.returncode != 0:
        raise AssertionError(f"thaw {words}: {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


def small_model(batch="N"):
    """Two convolutions, one of them depthwise, a residual sum, torch's way of flattening, a tail that thaw does not know.

    Its normalizations share fresh statistics, as exporters write them.
    """
    draws = np.random.default_rng(7)
    weights, nodes = [], []

    def weight(name, *shape):
        weights.append(numpy_helper.from_array(draws.normal(0, 0.4, shape).astype(np.float32), name))
        return name

    def node(op, inputs, output, **attributes):
        nodes.append(helper.make_node(op, inputs, [output], name=f"{output}_node", **attributes))
        return output

    for name, value in (("zeros", 0), ("ones", 1)):
        weights.append(numpy_helper.from_array(np.full(8, value, np.float32), name))
    weights.append(numpy_helper.from_array(np.array([0, -1], np.int64), "rows"))
    x = node("Conv", ["x", weight("first.weight", 8, 3, 3, 3), weight("first.bias", 8)], "first", pads=[1, 1, 1, 1])
    x = node("BatchNormalization", [x, "ones", "zeros", "zeros", "ones"], "first_norm")
    trunk = node("Relu", [x], "first_relu")
    x = node("Conv", [trunk, weight("second.weight", 8, 1, 3, 3)], "second", pads=[1, 1, 1, 1], group=8)
    x = node("BatchNormalization", [x, weight("second.scale", 8), "zeros", "zeros", "ones"], "second_norm", momentum=0.8)
    x = node("HardSwish", [x], "second_act")
    x = node("Add", [x, trunk], "sum")
    x = node("MaxPool", [x], "pooled", kernel_shape=[2, 2], strides=[2, 2])
    x = node("Dropout", [x], "dropped")
    # (N, 8, h, w) -> (N, 8 h w) -> (N, 8, h, w), with the extents taken from the tensor itself
    node("Shape", [x], "extents")
    x = node("Reshape", [x, "rows"], "flat")
    x = node("Reshape", [x, "extents"], "picture")
    node("NonZero", [x], "tail")
    graph = helper.make_graph(nodes, "small", [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [batch, 3, 16, 16])],
                              [helper.make_tensor_value_info("tail", onnx.TensorProto.INT64, None)], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


class Witness(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="thaw_witness_")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def make_data(self, size, channels):
        """Bright bars, at another place for each class, under noise. Returns what the network sees."""
        draws = np.random.default_rng(3)
        self.labels = np.arange(SAMPLES) % CLASSES
        pixels = draws.integers(1, 90, (SAMPLES, size, size), np.uint8)
        for picture, label in zip(pixels, self.labels):
            picture[:, label * size // 3:(label + 1) * size // 3] += 120
        (self.root / "images").write_bytes(struct.pack(">4I", 0x803, SAMPLES, size, size) + pixels.tobytes())
        (self.root / "labels").write_bytes(struct.pack(">2I", 0x801, SAMPLES) + self.labels.astype(np.uint8).tobytes())
        return np.repeat((pixels.astype(np.float32) / np.float32(255))[:, None], channels, axis=1)

    def run_experiment(self, **values):
        file = self.root / "experiment.pbtxt"
        file.write_text(EXPERIMENT.format(**values))
        return pathlib.Path(thaw("run", file, "--runs", self.root / "runs").rstrip().splitlines()[-1][5:])

    def exported(self, run, *words):
        path = self.root / "exported.onnx"
        thaw("export", run, "-o", path, *words)
        onnx.checker.check_model(onnx.load(path), full_check=True)
        return path

    def outputs_of(self, path, pictures):
        """By output name, from onnxruntime and from thaw infer."""
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        theirs = session.run(names, {session.get_inputs()[0].name: pictures})
        np.save(self.root / "x.npy", pictures)
        thaw("infer", path, self.root / "x.npy", "-o", self.root / "out")
        ours = [np.load(self.root / "out" / f"output_{k}.npy") for k in range(len(names))]
        return dict(zip(names, theirs)), dict(zip(names, ours))

    def check(self, pictures, **values):
        run = self.run_experiment(**values)
        shown = json.loads(thaw("show", run, "--json"))
        path = self.exported(run)
        for count in (SAMPLES, 7, 1):  # any number of samples
            theirs, ours = self.outputs_of(path, pictures[:count])
            self.assertEqual(sorted(theirs), ["box", "class"])
            for name, values in theirs.items():
                self.assertEqual(values.shape[0], count)
                self.assertLess(np.abs(values - ours[name]).max(), TOLERANCE, name)
        theirs, _ = self.outputs_of(path, pictures)
        self.assertGreater(theirs["class"].std(), 0.1)  # of a network that tells its pictures apart
        said = shown["best_validation"]
        truth = theirs["class"][np.arange(SAMPLES), self.labels]
        self.assertLess(abs(-np.log(truth).mean() - said["class/loss"]), TOLERANCE)
        self.assertEqual((theirs["class"].argmax(1) == self.labels).mean(), said["class/accuracy"])
        self.assertLess(abs(((theirs["box"] - [0, 0, 1, 1])**2).mean() - said["box/loss"]), TOLERANCE)

        metadata = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
        self.assertEqual(metadata["weights_sha256"], shown["best_weights_sha256"])
        self.assertEqual((metadata["experiment"], metadata["run_id"]), (shown["name"], shown["id"]))
        self.assertEqual(json.loads(metadata["class_names"]), ["0", "1", "2"])
        last = {entry.key: entry.value for entry in onnx.load(self.exported(run, "--weights", "last")).metadata_props}
        self.assertEqual(last["weights_sha256"], shown["weights_sha256"])
        return run, path

    def test_a_model_made_here(self):
        pictures = self.make_data(16, 3)
        onnx.save(small_model(), self.root / "small.onnx")
        run, path = self.check(pictures, size=16, channels=3, scale="2, 2.5, 3", offset="-1, -0.5, 0", path="small.onnx",
                               until="picture", more='constant: "ones"', epochs=40)
        model = onnx.load(path)
        weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        np.testing.assert_array_equal(weights["trunk/ones"], np.ones(8, np.float32))
        for changed, before in (("trunk/zeros", 0), ("trunk/first_norm_node/running_mean", 0),
                                ("trunk/second_norm_node/running_variance", 1)):
            self.assertGreater(np.abs(weights[changed] - before).max(), 1e-3, changed)

        # What was written is a layer again: the whole of it starts where the other ended.
        again = self.root / "again.pbtxt"
        text = (self.root / "experiment.pbtxt").read_text()
        head, tail = text.index("  layer"), text.index("train {\n  epochs")
        again.write_text(text[:head] + '  layer { name: "class" onnx { path: "exported.onnx" until: "class" } }\n}\n' +
                         text[tail:].replace("epochs: 40", "epochs: 1").replace("learning_rate: 0.02 momentum: 0.9",
                                                                             "learning_rate: 1e-9")
                         .replace('  loss { output: "box" mean_squared_error {} }\n', ""))
        self.exported(run)
        second = thaw("run", again, "--runs", self.root / "runs").rstrip().splitlines()[-1][5:]
        before = json.loads(thaw("show", run, "--json"))["best_validation"]["class/loss"]
        after = json.loads(thaw("show", second, "--json"))["validation"]["class/loss"]
        self.assertLess(before, 0.5)
        self.assertLess(abs(after - before), 0.05)  # not 0: its normalizations went on to follow the batches

    def test_a_model_that_fixes_its_batch(self):
        pictures = self.make_data(16, 3)[:16]
        onnx.save(small_model(batch=16), self.root / "small.onnx")
        path = self.exported(self.run_experiment(size=16, channels=3, scale="2", offset="-1", path="small.onnx",
                                                 until="picture", more="", epochs=1))
        shape = onnx.load(path).graph.input[0].type.tensor_type.shape
        self.assertEqual([dim.dim_value for dim in shape.dim], [16, 3, 16, 16])
        theirs, ours = self.outputs_of(path, pictures)
        for name, values in theirs.items():
            self.assertLess(np.abs(values - ours[name]).max(), TOLERANCE, name)

    def test_another_file_of_the_same_name_is_another_run(self):
        self.make_data(16, 3)
        values = {"size": 16, "channels": 3, "scale": "2", "offset": "-1", "path": "small.onnx", "until": "picture",
                  "more": "", "epochs": 1}
        model = small_model()
        onnx.save(model, self.root / "small.onnx")
        first = self.run_experiment(**values)
        self.assertEqual(self.run_experiment(**values), first)
        model.graph.initializer[0].raw_data = np.full(8, 0.5, np.float32).tobytes()
        onnx.save(model, self.root / "small.onnx")
        self.assertNotEqual(self.run_experiment(**values), first)
        failed = subprocess.run([THAW, "export", str(first), "-o", str(self.root / "x.onnx")], capture_output=True,
                                text=True, check=False)
        self.assertEqual(failed.returncode, 2)
        self.assertIn("its network was built from small.onnx (SHA-256 ", failed.stderr)
        self.assertIn("another file (SHA-256 ", failed.stderr)
        self.assertFalse((self.root / "x.onnx").exists())

    def test_a_real_network(self):
        data = os.environ.get("THAW_DATA", "")
        if not data or not os.path.exists(os.path.join(data, "models/resnet20_cifar10.onnx")):
            self.skipTest("THAW_DATA has no models/resnet20_cifar10.onnx")
        self.check(self.make_data(32, 3), size=32, channels=3, scale="4.36681, 4.46429, 4.44444",
                   offset="-2.1179, -2.03571, -1.80444", path="models/resnet20_cifar10.onnx", until="layer3.2.relu2",
                   more='constant: "*.shortcut_const.weight"', epochs=3)


if __name__ == "__main__":
    if not PYTHON.exists():
        print(f"skipped: {PYTHON} is not there; ./dev test makes it where PyPI can be reached")
        sys.exit(SKIPPED)
    if pathlib.Path(sys.prefix) != PYTHON.parents[1]:
        os.execv(PYTHON, [str(PYTHON), "-B", *sys.argv])
    import numpy as np
    import onnx
    import onnxruntime
    from onnx import helper, numpy_helper
    THAW = os.path.abspath(sys.argv.pop(1))
    unittest.main()
