#!/usr/bin/env python3
"""Tests of the engine_bench program, whose path is the one argument: its messages and the line that bench.py reads."""

import json
import os
import subprocess
import sys
import unittest

PROGRAM = sys.argv.pop()
SMALL = ["--batch", "2", "--pixels", "32", "--steps", "1", "--warmup", "0"]


def engine_bench(*arguments, **variables):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, env={**os.environ, **variables})


class EngineBench(unittest.TestCase):
    def assert_refused(self, arguments, message, **variables):
        result = engine_bench(*arguments, **variables)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertEqual(result.stderr, f"engine_bench: {message}\n")

    def test_what_it_cannot_do(self):
        self.assert_refused(["vgg"], 'no network "vgg": there are fcn8, resnet50 and unet')
        self.assert_refused([], 'no network "": there are fcn8, resnet50 and unet')
        self.assert_refused(["unet", "--fast"], "unrecognised option '--fast'")
        self.assert_refused(["unet", "--steps", "0"], "--steps must be at least 1, --warmup not negative")
        self.assert_refused(["unet", "--warmup", "-1"], "--steps must be at least 1, --warmup not negative")
        message = "--precision int8 is for --inference"
        self.assert_refused(["unet", *SMALL, "--precision", "int8"], message)
        self.assert_refused(["unet", "--precision", "fp8"], "--precision fp8: there are fp32, bf16 and int8")

    def test_bf16_on_a_processor_without_kernels_for_it(self):
        self.assert_refused(
            ["unet", *SMALL, "--precision", "bf16"],
            "--precision bf16: this processor (sse41) has no kernels for it; they need AVX-512",
            ONEDNN_MAX_CPU_ISA="SSE41",
        )

    def test_a_training_step_in_one_line(self):
        result = engine_bench("resnet50", *SMALL, "--threads", "1")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        line = json.loads(result.stdout)
        told = {key: line[key] for key in ("program", "network", "mode", "precision", "batch", "pixels", "threads")}
        self.assertEqual(
            told,
            {
                "program": "thaw",
                "network": "resnet50",
                "mode": "training",
                "precision": "fp32",
                "batch": 2,
                "pixels": 32,
                "threads": 1,
            },
        )
        self.assertEqual(line["parameters"], 25_557_032)
        self.assertEqual(set(line["seconds_per_step"]), {"median", "min", "max"})
        self.assertAlmostEqual(line["gflop_per_second"] * line["seconds_per_step"]["median"], line["gflop_per_step"])
        # Weights and velocities are held at the least.
        self.assertGreater(line["peak_rss_bytes"], 8 * line["parameters"])
        self.assertGreater(line["peak_rss_bytes"], line["weight_bytes"])
        self.assertGreater(line["arena_bytes_without_reuse"], line["arena_bytes"])
        # Random labels of 1000 classes: about ln 1000.
        self.assertTrue(5 < line["first_loss"] < 10, line["first_loss"])

    def test_bf16_computes_much_the_same(self):
        lines = {}
        for precision in ("fp32", "bf16"):
            result = engine_bench("unet", *SMALL, "--precision", precision)
            if precision == "bf16" and "has no kernels for it" in result.stderr:
                self.skipTest(result.stderr)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            lines[precision] = json.loads(result.stdout)
            self.assertEqual(lines[precision]["precision"], precision)
        losses = [line["first_loss"] for line in lines.values()]
        self.assertLess(abs(losses[1] / losses[0] - 1), 0.02)
        self.assertNotEqual(*losses)

    def test_inference_keeps_its_folded_weights(self):
        result = engine_bench("resnet50", *SMALL, "--inference")
        line = json.loads(result.stdout)
        self.assertEqual((line["mode"], result.stderr), ("inference", ""))
        self.assertGreater(line["constant_bytes"], 80 << 20)  # nearly all of its 102 MB
        self.assertEqual(line["first_logit"], line["last_logit"])

    def test_plan_and_times_come_before_the_line(self):
        lines = engine_bench("unet", *SMALL, "--plan", "--times").stdout.splitlines()
        self.assertTrue(any(line.startswith("down1_conv1/Conv: ") for line in lines), lines[:3])
        self.assertTrue(lines[-2].startswith("seconds a step: forward "), lines[-2])
        self.assertEqual(json.loads(lines[-1])["network"], "unet")


if __name__ == "__main__":
    unittest.main()
