"""How well `thaw check` foresees what runs take: predicted / measured, for networks of different kinds.

    python3 tests/bench/predict.py [--thaw build/release/thaw] [--kernels] [--only NAME]

Not a test: times depend on the machine, which must be quiet. --kernels lists each slow
kernel too; the numbers in ops/roofline.cpp come from it.
"""
import argparse
import collections
import json
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DIGITS = "experiments/localization/digits.pbtxt"
SHORT = ["train.epochs=2", "data.train.synthesis.samples=4096", "data.validation.synthesis.samples=512"]
OWN = "tests/bench/predicted/"
CASES = [
    ("digits, batch 64", DIGITS, SHORT),
    ("digits, batch 16", DIGITS, SHORT + ["train.batch_size=16"]),
    ("digits, batch 256", DIGITS, SHORT + ["train.batch_size=256"]),
    ("digits, 1 thread", DIGITS, SHORT + ["compute.threads=1"]),
    ("deep stack", OWN + "deep_stack.pbtxt", []),
    ("wide dense", OWN + "wide_dense.pbtxt", []),
    ("large canvas", OWN + "large_canvas.pbtxt", []),
    ("narrow", OWN + "narrow.pbtxt", []),
]


def measure(thaw, path, overrides, runs):
    words = [str(thaw), "run", str(ROOT / path), "--runs", runs, "--profile"]
    for override in overrides:
        words += ["--set", override]
    out = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    folder = out.strip().splitlines()[-1].removeprefix("run: ")
    shown = subprocess.run([str(thaw), "show", folder, "--json"], check=True, capture_output=True, text=True).stdout
    return json.loads(shown)


def step_seconds(shown):
    """A training step as the run spent it, loading included; the profiled steps are a few of them."""
    time = shown["time"]
    parts = ("data_wait_s", "forward_s", "backward_s", "update_s", "other_s")
    return sum(time[part] for part in parts) / shown["step"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--thaw", default=ROOT / "build/release/thaw", type=pathlib.Path)
    parser.add_argument("--kernels", action="store_true")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    print(f"{'':20} {'kernels':>16} {'step':>16} {'run':>16} {'memory':>18}   (predicted/measured)")
    operators = collections.defaultdict(lambda: [0.0, 0.0])
    for name, path, overrides in CASES:
        if arguments.only not in name:
            continue
        with tempfile.TemporaryDirectory() as runs:
            shown = measure(arguments.thaw.resolve(), path, overrides, runs)
        foreseen, kernels = shown["prediction"], shown["profile"]["kernels"]
        pairs = [
            (sum(k["predicted_s"] or 0 for k in kernels) * 1e3, sum(k["min_s"] for k in kernels) * 1e3, "ms"),
            (foreseen["step_s"] * 1e3, step_seconds(shown) * 1e3, "ms"),
            (foreseen["run_s"], shown["time"]["wall_s"], "s"),
            (foreseen["peak_memory_bytes"] / 2**20, shown["peak_rss_bytes"] / 2**20, "MiB"),
        ]
        print(f"{name:20} " + " ".join(f"{p:7.3g}/{m:.3g} {p / m:.2f} {unit}".rjust(18) for p, m, unit in pairs))
        for kernel in kernels:
            key = "Reorder" if kernel["is_reorder"] else kernel["op"]
            operators[key][0] += kernel["predicted_s"] or 0
            operators[key][1] += kernel["min_s"]
            if arguments.kernels and (kernel["min_s"] > 5e-5 or (kernel["predicted_s"] or 0) > 5e-5):
                print(f"    {kernel['name']:60} {kernel['predicted_s'] * 1e6:8.0f} us / {kernel['min_s'] * 1e6:8.0f} us "
                      f"{kernel['predicted_s'] / kernel['min_s']:6.2f}")
    print()
    for name, (predicted, measured) in sorted(operators.items(), key=lambda item: -item[1][1])[:16]:
        print(f"{name:32} {predicted * 1e3:8.3f} ms / {measured * 1e3:8.3f} ms  {predicted / measured:5.2f}")


if __name__ == "__main__":
    main()
