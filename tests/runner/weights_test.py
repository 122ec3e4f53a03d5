"""Pretrained weights in whole runs: from files written here, from another experiment that is run first, killed, waited for."""

import json
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

THAW = ""
DATA = """
data {
  train { synthesis { canvas { height: 24 width: 24 } samples: SAMPLES
    glyphs { characters: "012" size: 9 scale_max: 1 rotation: 0 slant: 0 thickness_max: 1 } } }
}
train { epochs: 3 batch_size: 8 optimizer { sgd { learning_rate: RATE } } loss { output: "OUT" categorical_cross_entropy {} } }
"""
NET = """
model {
  input { height: 24 width: 24 channels: 1 }
  layer { name: "conv" conv2d { filters: 2 kernel_size: 3 } }
  layer { flatten {} }
  layer { name: "OUT" dense { units: 3 activation: SOFTMAX } }
  WEIGHTS
}
"""


def experiment(name, weights="", out="out", samples=32, rate=0.01):
    text = f'name: "{name}"' + DATA + NET
    for word, value in [("WEIGHTS", weights), ("OUT", out), ("SAMPLES", str(samples)), ("RATE", str(rate))]:
        text = text.replace(word, value)
    return text


def write_safetensors(path, tensors):
    """tensors: (name, dtype, shape, bytes) in the order of the data. Written from the format's description alone."""
    header, at = {}, 0
    for name, dtype, shape, data in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data for _, _, _, data in tensors))


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    return {name: (entry["shape"], data[8 + length + entry["data_offsets"][0]:8 + length + entry["data_offsets"][1]])
            for name, entry in header.items()}


def started_count(folder):
    """How often a process began or went on with a run: each writes one such event."""
    shown = json.loads(subprocess.check_output([THAW, "show", str(folder), "--json"], text=True))
    return 1 + shown["resumed"]


class WeightsTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory(prefix="thaw_weights_")
        self.addCleanup(self._folder.cleanup)
        self.root = pathlib.Path(self._folder.name)
        self.runs = self.root / "runs"

    def write(self, name, *arguments, **words):
        path = self.root / f"{name}.pbtxt"
        path.write_text(experiment(name, *arguments, **words))
        return path

    def command(self, path, *words):
        return [THAW, "run", str(path), "--runs", str(self.runs), *words]

    def run_it(self, path, *words, code=0):
        result = subprocess.run(self.command(path, *words), capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return result

    def hashes(self, result):
        folder = result.stdout.rstrip().splitlines()[-1][5:]
        shown = json.loads(subprocess.check_output([THAW, "show", folder, "--json"], text=True))
        return shown["weights_sha256"], shown["metrics_sha256"]

    def test_half_precision_from_a_file_written_elsewhere(self):
        kernel = [0.5, -1.25, 2.0 ** -24] * 6
        halves = struct.pack("<18e", *kernel)
        doubles = struct.pack("<2d", 0.1, -3.0)
        head = struct.pack(f"<{3 * 968}f", *[0.001 * (i % 7) for i in range(3 * 968)])
        bias = b"".join(struct.pack("<f", value)[2:] for value in (1.0, -2.0, 0.5))  # bfloat16: a float's upper half
        write_safetensors(self.root / "mixed.safetensors",
                          [("net.conv.weight", "F16", [2, 1, 3, 3], halves), ("net.conv.bias", "F64", [2], doubles),
                           ("net.out.weight", "F32", [3, 968], head), ("net.out.bias", "BF16", [3], bias),
                           ("net.steps", "I64", [], struct.pack("<q", 7))])
        write_safetensors(self.root / "plain.safetensors",
                          [("conv/kernel", "F32", [2, 1, 3, 3], struct.pack("<18f", *kernel)),
                           ("conv/bias", "F32", [2], struct.pack("<2f", 0.1, -3.0)),
                           ("out/kernel", "F32", [3, 968], head),
                           ("out/bias", "F32", [3], struct.pack("<3f", 1.0, -2.0, 0.5))])
        mixed = self.write("mixed", r'''weights { safetensors: "mixed.safetensors" allow_unexpected: "*steps"
            rename { from: "^net\\.(\\w+)\\." to: "$1/" } rename { from: "weight" to: "kernel" } }''')
        plain = self.write("plain", 'weights { safetensors: "plain.safetensors" }')
        result = self.run_it(mixed)
        self.assertIn("weights: 4 loaded, 1 left over from mixed.safetensors for the model\n", result.stderr)
        self.assertEqual(self.hashes(result), self.hashes(self.run_it(plain)))

    def test_weights_go_from_run_to_file_to_run_to_the_bit(self):
        first = self.run_it(self.write("first"))
        folder = pathlib.Path(first.stdout.rstrip().splitlines()[-1][5:])
        tensors = read_safetensors(folder / "checkpoints/best.safetensors")
        write_safetensors(self.root / "copy.safetensors",
                          [(name, "F32", shape, data) for name, (shape, data) in reversed(sorted(tensors.items()))])
        by_file = self.run_it(self.write("by_file", 'weights { safetensors: "copy.safetensors" }'))
        by_run = self.run_it(self.write("by_run", f'weights {{ run: "{folder}" }}'))
        by_name = self.run_it(self.write("by_name", 'weights { experiment: "first.pbtxt" }'))
        self.assertEqual(self.hashes(by_file), self.hashes(by_run))
        self.assertEqual(self.hashes(by_file), self.hashes(by_name))
        subprocess.run([THAW, "export", folder, "-o", self.root / "first.onnx"], check=True, capture_output=True, timeout=60)
        by_onnx = self.run_it(self.write("by_onnx", 'weights { onnx: "first.onnx" }'))
        self.assertIn("weights: 4 loaded from first.onnx for the model\n", by_onnx.stderr)
        self.assertEqual(self.hashes(by_file), self.hashes(by_onnx))
        self.assertNotEqual(self.hashes(by_file), self.hashes(self.run_it(self.write("fresh"))))
        self.assertNotIn("== first", by_name.stderr)

    def test_checking_runs_nothing(self):
        self.write("first")
        main = self.write("main", 'weights { experiment: "first.pbtxt" }')
        result = subprocess.run([THAW, "check", str(main), "--runs", str(self.runs)], capture_output=True, text=True,
                                timeout=300, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(f"to be run first: {self.root}/first.pbtxt (it has not been run)\n", result.stdout)
        self.assertIn("    loaded  conv/kernel  conv/kernel  2x1x3x3\n", result.stdout)
        self.assertFalse(self.runs.exists())

    def test_an_experiment_is_run_first_and_once(self):
        first = self.write("first")
        main = self.write("main", 'weights { experiment: "first.pbtxt" }')
        result = self.run_it(main, "--set", "train.epochs=2")
        self.assertTrue(result.stderr.startswith(f"== first {first}, whose weights are needed (it has not been run)\n"))
        self.assertIn("weights: 4 loaded from experiment first.pbtxt for the model\n", result.stderr)
        self.assertEqual(result.stdout.count("run: "), 1)
        self.assertEqual(len(list(self.runs.glob("first/*/report.html"))), 1)
        self.assertNotIn("== first", self.run_it(main).stderr)
        self.assertEqual(len(list(self.runs.glob("first/*"))), 1)

    def test_mistakes_are_found_before_anything_is_run(self):
        self.write("first")
        main = self.write("main", 'weights { experiment: "first.pbtxt" layer: "con" }')
        result = self.run_it(main, code=2)
        self.assertIn('model.weights[0].layer[0]: "con" matches no layer with parameters', result.stderr)
        self.assertFalse(self.runs.exists())

    def test_what_diverges_ends_the_command(self):
        first = self.write("first", rate=1e6)
        main = self.write("main", 'weights { experiment: "first.pbtxt" }')
        for _ in range(2):
            result = self.run_it(main, code=3)
            self.assertTrue(result.stderr.endswith(f"{main}: not begun: it needs the weights of {first}\n"), result.stderr)
        self.assertEqual(list(self.runs.glob("main/*")), [])

    def interrupted(self, command, number):
        """Sends the signal once the pretraining has finished an epoch; how the process ended."""
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in process.stderr:
            if line.startswith("epoch 1/"):
                process.send_signal(number)
                break
        process.stderr.read()
        process.stderr.close()
        return process.wait(timeout=300)

    def test_killed_in_the_middle(self):
        first = self.write("first", samples=4000)
        main = self.write("main", 'weights { experiment: "first.pbtxt" }')
        undisturbed = self.hashes(self.run_it(main))
        for number, code in [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 75), (signal.SIGTERM, 75)]:
            shutil.rmtree(self.runs)
            self.assertEqual(self.interrupted(self.command(main), number), code)
            self.assertEqual(list(self.runs.glob("main/*")), [])
            result = self.run_it(main)
            self.assertTrue(result.stderr.startswith(
                f"== first {first}, whose weights are needed (it was not finished: it goes on where it was)\n"))
            self.assertEqual(self.hashes(result), undisturbed)

    def test_two_at_once_share_it(self):
        first = self.write("first", samples=4000)
        mains = [self.write(f"main_{i}", 'weights { experiment: "first.pbtxt" }') for i in range(2)]
        leader = subprocess.Popen(self.command(mains[0]), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not list(self.runs.glob("first/*/record.binpb")):
            time.sleep(0.01)
        result = self.run_it(mains[1])
        self.assertEqual(leader.wait(timeout=300), 0)
        self.assertIn(f"waiting for another process (pid {leader.pid}), which runs first\n", result.stderr)
        self.assertIn("already done\n", result.stderr)
        self.assertEqual(started_count(next(self.runs.glob("first/*"))), 1)
        self.assertTrue(first.exists())

    def test_who_waits_takes_over_from_who_was_killed(self):
        self.write("first", samples=4000)
        mains = [self.write(f"main_{i}", 'weights { experiment: "first.pbtxt" }') for i in range(2)]
        undisturbed = self.hashes(self.run_it(mains[1]))
        shutil.rmtree(self.runs)
        leader = subprocess.Popen(self.command(mains[0]), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not list(self.runs.glob("first/*/record.binpb")):
            time.sleep(0.01)
        follower = subprocess.Popen(self.command(mains[1]), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in follower.stderr:
            if line.startswith("waiting for another process"):
                leader.kill()
                break
        leader.wait(timeout=300)
        stdout, stderr = follower.communicate(timeout=300)
        self.assertEqual(follower.returncode, 0, stderr)
        self.assertEqual(self.hashes(subprocess.CompletedProcess([], 0, stdout, stderr)), undisturbed)

    def test_waiting_can_be_interrupted(self):
        self.write("first", samples=4000)
        mains = [self.write(f"main_{i}", 'weights { experiment: "first.pbtxt" }') for i in range(2)]
        leader = subprocess.Popen(self.command(mains[0]), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(leader.wait)
        self.addCleanup(leader.kill)
        while not list(self.runs.glob("first/*/record.binpb")):
            time.sleep(0.01)
        follower = subprocess.Popen(self.command(mains[1]), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in follower.stderr:
            if line.startswith("waiting for another process"):
                follower.send_signal(signal.SIGINT)
                break
        rest = follower.stderr.read()
        follower.stderr.close()
        self.assertEqual(follower.wait(timeout=300), 75)
        self.assertTrue(rest.startswith("stopped while waiting for another process\n"), rest)


if __name__ == "__main__":
    THAW = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
