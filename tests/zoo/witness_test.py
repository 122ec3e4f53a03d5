"""Compares the zoo with Keras and torchvision: names of layers and tensors, shapes, and results for equal weights.

    witness_test.py THAW ZOO_FORWARD [NETWORK...]

$THAW_ZOO_WITNESS names a Python that has keras, torch and torchvision; without it the test is skipped (exit code 77).
Pictures have odd and unequal sides, so that paddings that depend on the size are told apart. What Keras and torchvision
have no layer for (thaw's names for a block's sum and the like) is not compared.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile

SKIPPED = 77
CLASSES = 7
TOLERANCE = 1e-5  # of the spread of a network's numbers
NUMBERS_OUT = ("resnet18", "resnet34", "squeezenet1_0", "squeezenet1_1")  # torchvision's end before the softmax
SIZES = {"inception_v3": (107, 150), "vgg16": (33, 64), "vgg19": (33, 64), "resnet20": (32, 32), "resnet32": (32, 32),
         "resnet44": (32, 32), "resnet56": (32, 32)}

EXPERIMENT = """name: "witness"
data {{ train {{ synthesis {{ canvas {{ height: {height} width: {width} channels: 3 }} glyphs {{}} }} }} }}
model {{
  input {{ height: {height} width: {width} channels: 3 }}
  layer {{ name: "net" zoo {{ name: "{name}" include_top: true classes: {classes} }} }}
}}
train {{ epochs: 1 optimizer {{ sgd {{}} }} loss {{ output: "net" categorical_cross_entropy {{}} }} }}
"""


def write_safetensors(path, tensors):
    header, parts, place = {}, [], 0
    for name, value in tensors.items():
        end = place + value.nbytes
        header["net/" + name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [place, end]}
        parts.append(value)
        place = end
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for part in parts:
            file.write(part.tobytes())


def run_ours(zoo_forward, paths):
    """{layer: output shape} of the network's layers; the result goes to the last of the paths."""
    result = subprocess.run([zoo_forward, *paths], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise AssertionError(result.stderr)
    lines = [line.split(" ", 1) for line in result.stdout.splitlines()]
    return {name.removeprefix("net/"): tuple(map(int, shape.split("x"))) for name, shape in lines}


def is_same(ours, theirs):
    """A row of channels and a picture of one pixel are the same here: Keras and torchvision each have both."""
    strip = lambda shape: tuple(side for side in shape or (0,) if side != 1)
    return strip(ours) == strip(theirs)


def differences(name, zoo_forward):
    import numpy as np
    import witness_networks
    size = SIZES.get(name, (65, 96))
    rng = np.random.default_rng(len(name))
    witness = witness_networks.build(name, size, CLASSES, rng)
    pixels = rng.uniform(0, 1, (2, 3, *size)).astype(np.float32)
    pixels[1] *= np.linspace(0, 1, size[1], dtype=np.float32)
    with tempfile.TemporaryDirectory() as folder:
        paths = {part: os.path.join(folder, part) for part in ("e.pbtxt", "w.safetensors", "x.npy", "y.npy")}
        with open(paths["e.pbtxt"], "w") as file:
            file.write(EXPERIMENT.format(name=name, height=size[0], width=size[1], classes=CLASSES))
        write_safetensors(paths["w.safetensors"], witness.tensors)
        np.save(paths["x.npy"], pixels)
        found = run_ours(zoo_forward, paths.values())
        ours, theirs = np.load(paths["y.npy"]), witness.run(pixels)
    wrong = [f"{layer}: {found.get(layer)}, not {shape}" for layer, shape in witness.layers.items()
             if not is_same(found.get(layer), shape)]
    if name not in NUMBERS_OUT:  # a softmax hides its input: back to that, but for a number that all have in common
        ours, theirs = (row - row.mean(1, keepdims=True) for row in (np.log(ours), np.log(theirs)))
    spread = float(theirs.max() - theirs.min())
    error = float(np.abs(ours - theirs).max()) / spread
    if not 0.1 < spread < 80:
        wrong.append(f"the classes' numbers spread over {spread:.1e}: nothing is compared")
    seen = float(np.abs(theirs[0] - theirs[1]).max()) / spread
    if not seen > 0.01:
        wrong.append(f"two pictures differ by {seen:.1e} of the spread: hardly anything of them is compared")
    if not error < TOLERANCE:
        wrong.append(f"results differ by {error:.1e} of their spread")
    unlike = sorted(set(found) - set(witness.layers))
    print(f"{name}: {len(witness.layers)} layers, {len(witness.tensors)} tensors, largest difference {error:.1e} of "
          f"{spread:.3g}, between two pictures {seen:.1e}"
          f"; ours alone: {', '.join(unlike) or 'none'}", flush=True)
    return [f"{name}: {line}" for line in wrong]


def main():
    python = os.environ.get("THAW_ZOO_WITNESS")
    if not python:
        print("skipped: $THAW_ZOO_WITNESS names no Python that has keras, torch and torchvision")
        return SKIPPED
    if importlib.util.find_spec("keras") is None:
        return subprocess.run([python, "-B", *sys.argv], check=False).returncode
    thaw, zoo_forward = sys.argv[1:3]
    networks = sys.argv[3:] or [entry["name"] for entry in json.loads(
        subprocess.run([thaw, "zoo", "--json"], check=True, capture_output=True, text=True).stdout)]
    wrong = [line for name in networks for line in differences(name, zoo_forward)]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
