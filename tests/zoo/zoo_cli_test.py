"""The zoo on the command line: `thaw zoo`, a network's rows in `thaw summary`, a run with one from end to end."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

THAW = ""

EXPERIMENT = """name: "zoo"
data {{ train {{ synthesis {{
  canvas {{ height: {size} width: {size} channels: 3 }}
  glyphs {{ characters: "01" size: 10 scale_min: 0.8 scale_max: 1 slant: 0 rotation: 0 thickness_max: 2 }}
  samples: 16
}} }} }}
model {{
  input {{ height: {size} width: {size} channels: 3 }}
  layer {{ name: "backbone" zoo {{ {zoo} }} }}
  layer {{ global_average_pooling2d {{}} }}
  layer {{ name: "class" dense {{ units: 2 activation: SOFTMAX }} }}
}}
train {{ epochs: 1 batch_size: 8 optimizer {{ adam {{}} }} loss {{ output: "class" categorical_cross_entropy {{}} }} }}
"""


def thaw(*words):
    return subprocess.run([THAW, *map(str, words)], capture_output=True, text=True, timeout=300, check=False)


def out(*words):
    result = thaw(*words)
    if result.returncode != 0:
        raise AssertionError(f"thaw {words}: {result.returncode}\n{result.stderr}")
    return result.stdout


class ZooCliTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="thaw_zoo_")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def file(self, zoo, size=32):
        path = self.root / "zoo.pbtxt"
        path.write_text(EXPERIMENT.format(zoo=zoo, size=size))
        return path

    def test_lists_networks_with_sizes_and_cut_points(self):
        text = out("zoo")
        self.assertRegex(text, r"\nresnet50 +Keras +224x224 +23,587,712 +25,636,712 +7\.75\n")
        self.assertIn("\nresnet50: pixels x of 0..1 become BGR, 255 x - (103.939, 116.779, 123.68)\n  cut at "
                      "conv1_relu (64 x 112 x 112), conv2_block3_out (256 x 56 x 56), conv3_block4_out (512 x 28 x 28), "
                      "conv4_block6_out (1024 x 14 x 14), conv5_block3_out (2048 x 7 x 7)\n", text)
        networks = {network["name"]: network for network in json.loads(out("zoo", "--json"))}
        self.assertEqual(len(networks), 21)
        inception = networks["inception_v3"]
        self.assertEqual((inception["input_size"], inception["least_size"]), (299, 75))
        self.assertEqual(inception["parameters_with_top"], 23851784)
        self.assertEqual([cut["name"] for cut in inception["cut_points"]][-3:], ["mixed2", "mixed7", "mixed10"])
        self.assertEqual([cut["name"] for cut in networks["mobilenet_v2"]["cut_points"]],
                         ["expanded_conv_project_BN", "block_2_add", "block_5_add", "block_12_add", "out_relu"])

    def test_lists_the_layers_of_one(self):
        text = out("zoo", "vgg16")
        self.assertIn("vgg16, as in Keras, for pictures of 224x224 (at least 32x32); pixels x of 0..1 become BGR", text)
        self.assertRegex(text, r"\nblock1_conv1 +Conv2D 3x3, 64 filters, same, relu +64 x 224 x 224 +cut +1,792 +")
        self.assertRegex(text, r"\nfc1 +Dense 4096, relu +4096 +classifier +102,764,544 +")
        layers = {layer["name"]: layer for layer in json.loads(out("zoo", "inception_v3", "--json"))["layers"]}
        self.assertEqual(layers["mixed7"]["output_shape"], "768 x 17 x 17")
        self.assertTrue(layers["mixed7"]["passage"])
        self.assertFalse(layers["activation_60"]["passage"])
        self.assertEqual(layers["batch_normalization"]["parameters"], 96)

    def test_unknown_names_are_told(self):
        result = thaw("zoo", "resnet5")
        self.assertEqual((result.returncode, result.stderr),
                         (2, 'thaw: the zoo has no network "resnet5"; nearest: resnet50\n  see: thaw zoo\n'))

    def test_a_summary_shows_what_is_inside(self):
        path = self.file('name: "mobilenet_v1_025" until: "conv_pw_2_relu"')
        text = out("summary", path)
        self.assertRegex(text, r"\nbackbone +Zoo mobilenet_v1_025, until conv_pw_2_relu +32 x 8 x 8 +1,392 ")
        self.assertRegex(text, r"\n  backbone/conv_dw_2 +DepthwiseConv2D 3x3, strides 2x2 +16 x 8 x 8 +144 ")
        summary = json.loads(out("summary", path, "--json"))
        outer = [layer for layer in summary["layers"] if layer["depth"] == 0]
        inner = [layer for layer in summary["layers"] if layer["depth"] == 1]
        self.assertEqual([layer["name"] for layer in outer], ["backbone", "global_average_pooling2d", "class"])
        self.assertEqual(sum(layer["parameters"] for layer in inner), outer[0]["parameters"])
        self.assertEqual(sum(layer["trainable_parameters"] for layer in inner), outer[0]["trainable_parameters"])
        self.assertEqual(summary["parameters"], sum(layer["parameters"] for layer in outer))
        self.assertEqual(inner[2], {
            "name": "backbone/conv1_bn", "type": "BatchNormalization", "from": "backbone/conv1",
            "output_shape": "8 x 16 x 16", "parameters": 32, "trainable_parameters": 16, "trainable": True,
            "flops": inner[2]["flops"], "depth": 1})

    def test_the_cut_inception_is_as_keras_has_it(self):
        summary = json.loads(out("summary", self.file('name: "inception_v3" until: "mixed7"', 150), "--json"))
        self.assertEqual((summary["layers"][0]["output_shape"], summary["layers"][0]["parameters"]),
                         ("768 x 7 x 7", 8975264))

    def test_runs_and_becomes_an_onnx_model(self):
        run = out("run", self.file('name: "resnet50" until: "conv2_block1_out"'), "--runs", self.root / "runs")
        folder = run.rstrip().splitlines()[-1][5:]
        self.assertEqual(json.loads(out("show", folder, "--json"))["status"], "done")
        page = pathlib.Path(folder, "report.html").read_text()
        self.assertIn("<details><summary>The 19 layers inside backbone</summary>", page)
        out("export", folder, "-o", self.root / "zoo.onnx")
        again = self.root / "again.pbtxt"
        again.write_text(EXPERIMENT.format(zoo="", size=32).replace("zoo {  }", 'onnx { path: "zoo.onnx" until: '
                                                                  '"backbone/conv2_block1_out/Relu" }'))
        summary = json.loads(out("summary", again, "--data", self.root, "--json"))
        self.assertEqual(summary["layers"][0]["output_shape"], "256 x 8 x 8")
        self.assertGreater(sum(layer["depth"] for layer in summary["layers"]), 10)


if __name__ == "__main__":
    THAW = sys.argv.pop(1)
    unittest.main()
